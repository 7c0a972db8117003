"""
Sums of what many processes measured. All in them are whole numbers or extremes, so that a sum does not depend
on the order in which reports come, and the sum of all rows is the total to the last digit.
"""

from collections.abc import Iterator

from .failures import Failure
from .rows import Code

_LANE_BITS = 64
_LANE_BYTES = 8
BILLION = 10**9


class TrendSum:
    """
    A histogram as one great number with 64 bits for each bucket: adding two histograms of a thousand buckets
    is one addition, of some microseconds. A master adds up those of a thousand workers each second.
    """

    __slots__ = ("lanes", "maximum", "minimum", "total")

    def __init__(self) -> None:
        self.lanes = 0
        self.total = 0
        """In billionths of the unit."""
        self.minimum = float("inf")
        self.maximum = 0.0

    def merge(self, other: "TrendSum") -> None:
        self.lanes += other.lanes
        self.total += other.total
        if other.minimum < self.minimum:
            self.minimum = other.minimum
        if other.maximum > self.maximum:
            self.maximum = other.maximum

    def pairs(self) -> list[tuple[int, int]]:
        """Bucket and count, sorted."""
        return pairs_of(self.lanes)

    @property
    def count(self) -> int:
        _, counts = counts_of(self.lanes)
        return sum(counts)


def counts_of(lanes: int) -> tuple[int, memoryview]:
    """The first bucket that is not empty, and the counts from there on."""
    if not lanes:
        return 0, memoryview(b"").cast("Q")
    first = ((lanes & -lanes).bit_length() - 1) // _LANE_BITS
    rest = lanes >> first * _LANE_BITS
    size = (rest.bit_length() + _LANE_BITS - 1) // _LANE_BITS
    return first, memoryview(rest.to_bytes(size * _LANE_BYTES, "little")).cast("Q")


def pairs_of(lanes: int) -> list[tuple[int, int]]:
    """Bucket and count of all buckets that are not empty, sorted."""
    first, counts = counts_of(lanes)
    return [(bucket, count) for bucket, count in enumerate(counts, first) if count]


class RowSum:
    """A row of several processes, or several rows."""

    __slots__ = (
        "bytes", "bytes_received", "bytes_sent", "changed_at", "codes", "counters", "dropped", "due", "ended",
        "ended_failed", "failed", "failures", "rates", "revision", "sent", "succeeded", "trends",
    )  # fmt: skip

    def __init__(self) -> None:
        self.due = self.sent = self.succeeded = self.failed = self.dropped = self.bytes = 0
        self.bytes_sent = self.bytes_received = 0
        self.ended = self.ended_failed = 0
        self.codes: dict[Code, int] = {}
        self.trends: dict[str, TrendSum] = {}
        self.counters: dict[str, int] = {}
        self.rates: dict[str, tuple[int, int]] = {}
        """Hits and total."""
        self.failures: dict[Failure, int] = {}
        self.revision = 0
        """Of the last change."""
        self.changed_at = 0
        """The newest second there was at the last change."""

    def merge(self, other: "RowSum") -> None:
        self.due += other.due
        self.sent += other.sent
        self.succeeded += other.succeeded
        self.failed += other.failed
        self.dropped += other.dropped
        self.bytes += other.bytes
        self.bytes_sent += other.bytes_sent
        self.bytes_received += other.bytes_received
        self.ended += other.ended
        self.ended_failed += other.ended_failed
        for code, count in other.codes.items():
            self.codes[code] = self.codes.get(code, 0) + count
        for name, trend in other.trends.items():
            own = self.trends.get(name)
            if own is None:
                own = self.trends[name] = TrendSum()
            own.merge(trend)
        for name, count in other.counters.items():
            self.counters[name] = self.counters.get(name, 0) + count
        for failure, count in other.failures.items():
            self.failures[failure] = self.failures.get(failure, 0) + count
        for name, (hits, total) in other.rates.items():
            own_hits, own_total = self.rates.get(name, (0, 0))
            self.rates[name] = own_hits + hits, own_total + total

    def failures_by_kind(self) -> dict[str, int]:
        kinds: dict[str, int] = {}
        for failure, count in self.failures.items():
            kinds[failure.kind] = kinds.get(failure.kind, 0) + count
        return kinds


def sum_of(rows: Iterator[RowSum]) -> RowSum:
    total = RowSum()
    for row in rows:
        total.merge(row)
    return total
