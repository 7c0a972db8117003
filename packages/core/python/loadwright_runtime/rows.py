"""What is measured of one second, and of one method and name: everything in it adds up over workers."""

from collections import Counter
from typing import Any

from .failures import Failure
from .histogram import Histogram, bucket_of, merge


class Trend:
    """A distribution of values of 0 or more."""

    __slots__ = ("buckets", "maximum", "minimum", "total")

    def __init__(self) -> None:
        self.buckets: Histogram = {}
        self.total = 0.0
        self.minimum = float("inf")
        self.maximum = 0.0

    @property
    def count(self) -> int:
        return sum(self.buckets.values())

    def add(self, value: float) -> None:
        bucket = bucket_of(value)
        self.buckets[bucket] = self.buckets.get(bucket, 0) + 1
        self.total += value
        if value < self.minimum:
            self.minimum = value
        if value > self.maximum:
            self.maximum = value

    def merge(self, other: "Trend") -> None:
        merge(self.buckets, other.buckets)
        self.total += other.total
        self.minimum = min(self.minimum, other.minimum)
        self.maximum = max(self.maximum, other.maximum)


class Row:
    """
    The requests that were due in one second under one name. A connection holds the row of its request, so
    that the end counts for the second in which the request was due, however late it comes.
    """

    __slots__ = (
        "bytes", "counters", "dropped", "due", "ended", "ended_failed", "failed", "failures", "pending",
        "rates", "sent", "service", "succeeded", "trends",
    )  # fmt: skip

    def __init__(self) -> None:
        self.pending = 0
        """Requests that are due and have not ended."""
        self.clear()

    def clear(self) -> None:
        self.due = self.sent = self.succeeded = self.failed = self.dropped = self.bytes = 0
        self.ended = self.ended_failed = 0
        """Of the whole run's row: requests of all names that ended in this second."""
        self.service = Trend()
        """Seconds from just before the first byte is handed to the kernel to the answer's last byte."""
        self.trends: dict[str, Trend] = {}
        self.counters: Counter[str] = Counter()
        self.rates: dict[str, list[int]] = {}
        """Hits and total."""
        self.failures: Counter[Failure] = Counter()

    @property
    def is_empty(self) -> bool:
        return not (
            self.due
            or self.sent
            or self.succeeded
            or self.failed
            or self.dropped
            or self.ended
            or self.trends
            or self.counters
            or self.rates
        )

    def trend(self, name: str) -> Trend:
        trend = self.trends.get(name)
        if trend is None:
            trend = self.trends[name] = Trend()
        return trend

    def take(self) -> "Row":
        """What came since the last time, as a row of its own; this one begins anew."""
        taken = Row()
        for name in _MOVED:
            setattr(taken, name, getattr(self, name))
        self.clear()
        return taken

    def merge(self, other: "Row") -> None:
        for name in _COUNTS:
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.service.merge(other.service)
        for name, trend in other.trends.items():
            self.trend(name).merge(trend)
        self.counters.update(other.counters)
        self.failures.update(other.failures)
        for name, (hits, total) in other.rates.items():
            rate = self.rates.setdefault(name, [0, 0])
            rate[0] += hits
            rate[1] += total

    def failures_by_kind(self) -> dict[str, int]:
        kinds: Counter[str] = Counter()
        for failure, count in self.failures.items():
            kinds[failure.kind] += count
        return dict(kinds)


_COUNTS = ("due", "sent", "succeeded", "failed", "dropped", "bytes", "ended", "ended_failed")
_MOVED = (*_COUNTS, "service", "trends", "counters", "rates", "failures")


def pack(row: Row) -> list[Any]:
    """As it travels and rests: numbers and texts alone, zeros and distances short."""
    trends = dict(row.trends)
    if row.service.buckets:
        trends[SERVICE] = row.service
    return [
        [getattr(row, name) for name in _COUNTS],
        {name: _pack_trend(trend) for name, trend in trends.items()},
        [[failure.kind, failure.reason, count] for failure, count in row.failures.items()],
        dict(row.counters),
        row.rates,
    ]


def unpack(packed: Any) -> Row:
    """Raises ``ValueError``, ``TypeError`` or ``KeyError`` for what :func:`pack` has not made."""
    counts, trends, failures, counters, rates = packed
    row = Row()
    for name, count in zip(_COUNTS, counts, strict=True):
        setattr(row, name, _natural(count))
    for name, trend in trends.items():
        if name == SERVICE:
            row.service = _unpack_trend(trend)
        else:
            row.trends[_text(name)] = _unpack_trend(trend)
    for kind, reason, count in failures:
        row.failures[Failure(_text(kind), _text(reason))] += _natural(count)
    for name, count in counters.items():
        row.counters[_text(name)] = _natural(count)
    for name, (hits, total) in rates.items():
        row.rates[_text(name)] = [_natural(hits), _natural(total)]
    return row


SERVICE = "http_req_service"
RESPONSE = "http_req_response"


def _pack_trend(trend: Trend) -> list[Any]:
    flat, before = [], 0
    for bucket, count in sorted(trend.buckets.items()):
        flat += (bucket - before, count)
        before = bucket
    return [trend.total, trend.minimum, trend.maximum, flat]


def _unpack_trend(packed: Any) -> Trend:
    total, minimum, maximum, flat = packed
    trend = Trend()
    trend.total, trend.minimum, trend.maximum = float(total), float(minimum), float(maximum)
    if not trend.total >= 0 or not 0 <= trend.minimum <= trend.maximum < float("inf") or len(flat) % 2:
        raise ValueError("not a trend")
    bucket = 0
    for distance, count in zip(flat[::2], flat[1::2], strict=True):
        bucket += _natural(distance)
        trend.buckets[bucket] = _natural(count)
    return trend


# More than any test has, and less than what would make sums of many senseless.
_MOST = 10**15


def _natural(value: Any) -> int:
    if type(value) is not int or not 0 <= value <= _MOST:
        raise ValueError("not a count")
    return value


def _text(value: Any) -> str:
    if type(value) is not str or len(value) > 1000:
        raise ValueError("not a name")
    return value
