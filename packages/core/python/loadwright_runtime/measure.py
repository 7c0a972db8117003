"""What the connections of a process measure, until it is handed on."""

import time
from collections import Counter

from .clock import clock_offset
from .counters import Counters
from .failures import Failure
from .histogram import Histogram, add
from .http1 import Headers, ProtocolError


class NameMeasure:
    """The requests of one method and name since the last hand-over. Times are in seconds."""

    __slots__ = (
        "bytes",
        "failures",
        "maximum",
        "method",
        "minimum",
        "name",
        "response_times",
        "times",
        "total",
    )

    def __init__(self, method: str, name: str):
        self.method = method
        self.name = name
        self.clear()

    def clear(self) -> None:
        self.times: Histogram = {}
        """From just before the request's first byte is handed to the kernel to the answer's last byte."""
        self.response_times: Histogram = {}
        """From when the request was due. Open model only."""
        self.total = 0.0
        self.minimum = float("inf")
        self.maximum = 0.0
        self.bytes = 0
        self.failures: Counter[Failure] = Counter()

    def record(self, seconds: float, body_bytes: int) -> None:
        microseconds = int(seconds * 1e6)
        # The text of histogram.bucket_of: a call of its own would cost as much as all the rest.
        shift = microseconds.bit_length() - 8
        bucket = microseconds if shift <= 0 else (shift << 7) + (microseconds >> shift)
        times = self.times
        times[bucket] = times.get(bucket, 0) + 1
        self.total += seconds
        self.bytes += body_bytes
        if seconds < self.minimum:
            self.minimum = seconds
        if seconds > self.maximum:
            self.maximum = seconds


class Measure:
    """Everything that the connections of a process measure."""

    def __init__(self, counters: Counters) -> None:
        self.names: dict[tuple[str, str], NameMeasure] = {}
        self._counters = counters

    def of(self, method: str, name: str) -> NameMeasure:
        key = (method, name)
        measure = self.names.get(key)
        if measure is None:
            measure = self.names[key] = NameMeasure(method, name)
        return measure

    def phase(self, name: str, seconds: float) -> None:
        """:param name: ``connect``, ``tls``, ``wait`` or ``firstByte``"""
        add(self._counters.histogram("phase", name), seconds)

    def count(self, name: str, number: int = 1) -> None:
        self._counters.add(name, number)

    def compare_clock(self, headers: Headers, seconds: float) -> None:
        """
        :param headers: of an answer that came just now
        :param seconds: how long it took
        """
        try:
            offset = clock_offset(headers.get("date"), time.time(), seconds)
        except ProtocolError:
            return  # It is nobody's task to judge what nobody needs of an answer.
        best = self._counters.clock_offset
        if offset is not None and (best is None or offset.uncertainty <= best.uncertainty):
            self._counters.clock_offset = offset

    def clear(self) -> None:
        # Connections hold on to the objects, so they stay.
        for measure in self.names.values():
            measure.clear()
