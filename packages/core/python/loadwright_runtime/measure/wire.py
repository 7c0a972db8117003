"""How rows travel and rest: as numbers, bytes and texts that msgpack makes short."""

from array import array
from collections.abc import Iterable
from typing import Any

from .failures import Failure
from .histogram import Histogram
from .metrics import BUILT_IN
from .rows import COUNTS, SERVICE, Code, Row, Trend
from .sums import BILLION, RowSum, TrendSum, counts_of

Key = tuple[str, str]
"""Method and name. Both empty: what belongs to no request."""

VERSION = 2
"""Of the form in which rows travel: master and workers run the same package, or they are refused."""

MOST_BUCKETS = 8192
"""Of a histogram: the bucket of the greatest value that a metric takes lies below."""

_NUMBERS = {name: number for number, name in enumerate(BUILT_IN)}
_NAMES = tuple(BUILT_IN)

# Up to so many empty buckets for each full one, a histogram is shorter, and added faster, with all of them.
_SPARSE = 12
# By the size of a lane in bytes.
_TYPE_CODES = {1: "B", 2: "H", 4: "I"}
_LONGEST_TEXT = 1000
# More than any test has, and less than what would make sums of many senseless.
_MOST = 10**15
_LANE_BYTES = 8


def pack_rows(rows: Iterable[tuple[int, Key, Row]]) -> list[Any]:
    """Of what a process has measured: what :func:`unpack_rows` reads."""
    names: dict[Key, list[Any]] = {}
    for second, key, row in rows:
        trends: list[Any] = []
        if row.service.buckets:
            trends += (_NUMBERS[SERVICE], _pack_trend(row.service))
        for name, trend in row.trends.items():
            trends += (_NUMBERS.get(name, name), _pack_trend(trend))
        counts = [getattr(row, name) for name in COUNTS]
        rest = _pack_rest(row.failures, row.counters, row.rates)
        names.setdefault(key, []).append([second, counts, trends, _pack_codes(row.codes), rest])
    return [[method, name, of_name] for (method, name), of_name in names.items()]


def unpack_rows(packed: Any) -> list[tuple[int, Key, RowSum]]:
    """Raises ``ValueError``, ``TypeError`` or another exception for what :func:`pack_rows` has not made."""
    rows = []
    for method, name, of_name in packed:
        key = _text(method), _text(name)
        for second, counts, trends, codes, rest in of_name:
            if type(second) is not int or not 0 <= second < 10**8:
                raise ValueError("not a second")
            rows.append((second, key, _unpack(counts, trends, codes, rest)))
    return rows


def pack_sum(row: RowSum) -> list[Any]:
    """A row that rests."""
    trends: list[Any] = []
    for name, trend in row.trends.items():
        first, counts = counts_of(trend.lanes)
        size = next(size for size in (1, 2, 4, 8) if max(counts) < 256**size)
        code = _TYPE_CODES.get(size, "Q")
        data = array(code, counts).tobytes()
        total = trend.total.to_bytes((trend.total.bit_length() + 7) // 8, "little")
        trends += (_NUMBERS.get(name, name), [total, trend.minimum, trend.maximum, first, size, data])
    counts = [getattr(row, name) for name in COUNTS]
    return [counts, trends, _pack_codes(row.codes), _pack_rest(row.failures, row.counters, row.rates)]


def unpack_sum(packed: Any) -> RowSum:
    return _unpack(*packed)


def _pack_codes(codes: dict[Code, int]) -> list[Any]:
    return [part for pair in codes.items() for part in pair]


def _pack_rest(failures: Any, counters: Any, rates: Any) -> list[Any] | None:
    if not failures and not counters and not rates:
        return None
    return [
        [[failure.kind, failure.reason, count] for failure, count in failures.items()],
        dict(counters),
        {name: list(rate) for name, rate in rates.items()},
    ]


def _pack_trend(trend: Trend) -> list[Any]:
    return [trend.total, trend.minimum, trend.maximum, *_pack_histogram(trend.buckets)]


def _pack_histogram(buckets: Histogram) -> tuple[int, int, Any]:
    """First bucket, bytes of a lane and lanes; or first bucket, 0 and distances with counts."""
    first, last = min(buckets), max(buckets)
    size = last - first + 1
    if size > _SPARSE * len(buckets):
        flat, before = [], first
        for bucket, count in sorted(buckets.items()):
            flat += (bucket - before, count)
            before = bucket
        return first, 0, flat
    greatest = max(buckets.values())
    lane = 1 if greatest < 256 else 2 if greatest < 65536 else 4
    lanes = array(_TYPE_CODES[lane], bytes(lane * size))
    for bucket, count in buckets.items():
        lanes[bucket - first] = count
    return first, lane, lanes.tobytes()


def _unpack(counts: Any, trends: Any, codes: Any, rest: Any) -> RowSum:
    row = RowSum()
    for name, value in zip(COUNTS, counts, strict=True):
        setattr(row, name, _natural(value))
    for code, count in zip(codes[::2], codes[1::2], strict=True):
        row.codes[_code(code)] = _natural(count)
    for name, trend in zip(trends[::2], trends[1::2], strict=True):
        known = _NAMES[_natural(name)] if type(name) is int else _text(name)
        row.trends[known] = _unpack_trend(*trend)
    if rest is not None:
        failures, counters, rates = rest
        for kind, reason, count in failures:
            row.failures[Failure(_text(kind), _text(reason))] = _natural(count)
        for name, count in counters.items():
            row.counters[_text(name)] = _natural(count)
        for name, (hits, total) in rates.items():
            if _natural(hits) > _natural(total):
                raise ValueError("not a rate")
            row.rates[_text(name)] = hits, total
    return row


def _unpack_trend(total: Any, minimum: Any, maximum: Any, first: Any, lane: Any, data: Any) -> TrendSum:
    if not 0.0 <= minimum <= maximum < float("inf"):
        raise ValueError("not a trend")
    trend = TrendSum()
    trend.minimum, trend.maximum = float(minimum), float(maximum)
    trend.total = int.from_bytes(total, "little") if type(total) is bytes else round(total * BILLION)
    if trend.total < 0:
        raise ValueError("not a trend")
    counts = _unpack_lanes(data, lane) if lane else _unpack_distances(data)
    if _natural(first) + len(counts) // _LANE_BYTES > MOST_BUCKETS:
        raise ValueError("not a histogram")
    trend.lanes = int.from_bytes(counts, "little") << first * _LANE_BYTES * 8
    return trend


def _unpack_lanes(data: Any, lane: Any) -> bytearray:
    if type(data) is not bytes or lane not in (1, 2, 4, 8) or len(data) % lane:
        raise ValueError("not a histogram")
    size = len(data) // lane
    if size > MOST_BUCKETS:
        raise ValueError("not a histogram")
    wide = bytearray(size * _LANE_BYTES)
    for byte in range(lane):
        wide[byte::_LANE_BYTES] = data[byte::lane]
    return wide


def _unpack_distances(flat: Any) -> bytearray:
    distances, counts = flat[::2], flat[1::2]
    wide = bytearray((sum(map(_small, distances)) + 1) * _LANE_BYTES)
    if len(wide) > MOST_BUCKETS * _LANE_BYTES:
        raise ValueError("not a histogram")
    lanes, bucket = memoryview(wide).cast("Q"), 0
    for distance, count in zip(distances, counts, strict=True):
        bucket += distance
        lanes[bucket] = _natural(count)
    return wide


def _small(value: Any) -> int:
    if type(value) is not int or not 0 <= value < MOST_BUCKETS:
        raise ValueError("not a histogram")
    return value


def _natural(value: Any) -> int:
    if type(value) is not int or not 0 <= value <= _MOST:
        raise ValueError("not a count")
    return value


def _code(value: Any) -> Code:
    if type(value) is int and 0 <= value < 1000:
        return value
    return _text(value)


def _text(value: Any) -> str:
    if type(value) is not str or len(value) > _LONGEST_TEXT:
        raise ValueError("not a text")
    return value
