"""What a process measures of one second, and of one method and name, until it is reported."""

from collections import Counter

from .failures import Failure
from .histogram import Histogram, bucket_of

SERVICE = "http_req_service"
RESPONSE = "http_req_response"

COUNTS = (
    "due", "sent", "succeeded", "failed", "dropped", "bytes", "bytes_sent", "bytes_received",
    "ended", "ended_failed",
)  # fmt: skip
"""The counts of a row, in the order in which they travel."""


Code = int | str
"""
How a request ended: with the status code of its answer or, where there was no whole answer, with the kind of
its failure.
"""


COMMON_STATUS = 200
"""Of almost every answer of almost every test: how many there are is known when a row is handed on."""


class Trend:
    """A distribution of values of 0 or more."""

    __slots__ = ("buckets", "maximum", "minimum", "total")

    def __init__(self) -> None:
        self.buckets: Histogram = {}
        self.total = 0.0
        self.minimum = float("inf")
        self.maximum = 0.0

    def add(self, value: float) -> None:
        bucket = bucket_of(value)
        self.buckets[bucket] = self.buckets.get(bucket, 0) + 1
        self.total += value
        if value < self.minimum:
            self.minimum = value
        if value > self.maximum:
            self.maximum = value

    @property
    def count(self) -> int:
        return sum(self.buckets.values())

    def merge(self, other: "Trend") -> None:
        for bucket, count in other.buckets.items():
            self.buckets[bucket] = self.buckets.get(bucket, 0) + count
        self.total += other.total
        self.minimum = min(self.minimum, other.minimum)
        self.maximum = max(self.maximum, other.maximum)


class Row:
    """
    The requests that were due in one second under one name. A connection holds the row of its request, so
    that the end counts for the second in which the request was due, however late it comes.
    """

    __slots__ = (
        "_pending_before", "bytes", "bytes_received", "bytes_sent", "counters", "dropped", "due",
        "ended", "ended_failed", "ended_later", "failed", "failures", "rates", "sent", "service", "trends",
        "uncommon", "until",
    )  # fmt: skip

    def __init__(self, until: float = float("-inf")) -> None:
        """:param until: when its second is over, on the clock of ``time.perf_counter``"""
        self.until = until
        self._pending_before = 0
        """Of :attr:`pending` those that were due before the last :meth:`take`, less those that have ended."""
        self.clear()

    def clear(self) -> None:
        self.due = self.sent = self.failed = self.dropped = self.bytes = 0
        self.bytes_sent = self.bytes_received = 0
        """Of requests and answers, heads included, without what TLS adds."""
        self.uncommon: dict[Code, int] = {}
        """By code, the requests that ended, but for those with :data:`COMMON_STATUS`."""
        self.ended = self.ended_failed = 0
        """Of the whole run's row: requests of all names that ended in this second."""
        self.ended_later = 0
        """Of those that succeeded: after the second in which they were due."""
        self.service = Trend()
        """
        Seconds from just before the first byte is handed to the kernel to the answer's last byte, of each
        request that ended.
        """
        self.trends: dict[str, Trend] = {}
        self.counters: Counter[str] = Counter()
        self.rates: dict[str, list[int]] = {}
        """Hits and total."""
        self.failures: Counter[Failure] = Counter()

    @property
    def succeeded(self) -> int:
        """Not counted one by one: a load has some ten thousand a second."""
        return self.service.count - self.failed

    @property
    def codes(self) -> dict[Code, int]:
        """Each request that ended counts for one."""
        common = self.service.count - sum(self.uncommon.values())
        return {COMMON_STATUS: common, **self.uncommon} if common else dict(self.uncommon)

    def count_code(self, code: Code) -> None:
        """Of a request that ended with another code than :data:`COMMON_STATUS`."""
        self.uncommon[code] = self.uncommon.get(code, 0) + 1

    @property
    def pending(self) -> int:
        """Requests that are due and have not ended."""
        return self._pending_before + self.due - self.succeeded - self.failed - self.dropped

    @property
    def is_empty(self) -> bool:
        return not (
            self.due
            or self.sent
            or self.bytes_sent
            or self.bytes_received
            or self.service.buckets
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
        self._pending_before = self.pending
        self.clear()
        return taken

    def add_metrics(self, other: "Row") -> None:
        """Adds what a target has recorded."""
        for name, trend in other.trends.items():
            self.trend(name).merge(trend)
        self.counters.update(other.counters)
        for name, (hits, total) in other.rates.items():
            rate = self.rates.setdefault(name, [0, 0])
            rate[0] += hits
            rate[1] += total


_MOVED = (
    *(name for name in COUNTS if name != "succeeded"),
    *("ended_later", "service", "trends", "counters", "rates", "failures", "uncommon"),
)
