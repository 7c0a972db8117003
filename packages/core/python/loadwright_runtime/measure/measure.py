"""What the requests of a process measure, until it is handed on."""

import time
from collections.abc import Callable, Iterator

from ..http.http1 import Headers, ProtocolError
from .clock import clock_offset
from .counters import Counters
from .failures import Failure
from .rows import COMMON_STATUS, RESPONSE, Row

NEVER = float("inf")
_clock = time.perf_counter


class NameMeasure:
    """The requests of one method and name, by the second in which they were due."""

    __slots__ = (
        "_from", "_measure", "_rows", "_second", "at_hand", "method", "metrics", "name",
    )  # fmt: skip

    def __init__(self, measure: "Measure", method: str, name: str):
        self.method = method
        self.name = name
        self._measure = measure
        self.metrics = measure.metrics
        self.clear()

    def clear(self) -> None:
        self._rows: dict[int, Row] = {}
        self._forget()

    def row(self, second: int) -> Row:
        """:param second: since the test began; what was due before counts for the first one"""
        second = max(second, 0)
        if second != self._second:
            began = self._measure.began
            row = self._rows.get(second)
            if row is None:
                row = self._rows[second] = Row(began + second + 1)
            self._second, self.at_hand = second, row
            self._from = began + second if second else -NEVER
        return self.at_hand

    def begin(self, due: float) -> Row:
        """
        Counts a request that is due: it must end in one call of :meth:`succeeded` or :meth:`failed`.

        :param due: on the clock of ``time.perf_counter``
        :returns: where its end counts; ``sent`` of it is counted by whoever sends
        """
        row = self.at_hand
        if not self._from <= due < row.until:
            row = self.row(int(due - self._measure.began))
        row.due += 1
        if self.metrics.made is not None:
            self.take_made(row)
        return row

    def take_made(self, row: Row) -> None:
        """Gives the request that begins what was measured while it was made."""
        made, self.metrics.made = self.metrics.made, None
        row.add_metrics(made)

    def succeeded(self, row: Row, now: float, seconds: float, body_bytes: int, status: int) -> None:
        """
        :param now: on the clock of ``time.perf_counter``
        :param seconds: from just before the first byte was handed to the kernel to the answer's last byte
        """
        row.bytes += body_bytes
        if status != COMMON_STATUS:
            row.count_code(status)
        microseconds = int(seconds * 1e6)
        # The text of Trend.add: a call of its own would cost as much as all the rest.
        shift = microseconds.bit_length() - 8
        bucket = microseconds if shift <= 0 else (shift << 7) + (microseconds >> shift)
        service = row.service
        buckets = service.buckets
        buckets[bucket] = buckets.get(bucket, 0) + 1
        service.total += seconds
        if seconds < service.minimum:
            service.minimum = seconds
        if seconds > service.maximum:
            service.maximum = seconds
        # Most end in the second in which they were due: how many is known when they are handed on.
        if now >= row.until:
            row.ended_later += 1
            self._measure.row_of_second(int(now - self._measure.began)).ended += 1

    def failed(
        self,
        row: Row,
        now: float,
        seconds: float,
        failure: Failure,
        body_bytes: int = 0,
        status: int | None = None,
    ) -> None:
        """
        As :meth:`succeeded`, of a request that failed, sent or not.

        :param status: None when there was no answer, or not the whole of one
        """
        code = failure.kind if status is None else status
        if code != COMMON_STATUS:
            row.count_code(code)
        row.failed += 1
        row.bytes += body_bytes
        row.failures[failure] += 1
        row.service.add(seconds)
        for name, of in self.metrics.missed_by_failures.items():
            if of is None or self.name in of:
                row.rates.setdefault(name, [0, 0])[1] += 1
        run = self._measure.row_of_second(int(now - self._measure.began))
        run.ended += 1
        run.ended_failed += 1

    def responded(self, row: Row, seconds: float) -> None:
        """Open model: from when the request was due to its end."""
        row.trend(RESPONSE).add(max(0.0, seconds))

    def take(self, current: int) -> Iterator[tuple[int, Row]]:
        """What came since the last time, by second. Rows of the past that nobody waits for are let go."""
        for second, row in list(self._rows.items()):
            if not row.is_empty:
                yield second, row.take()
            if row.pending <= 0 and second < current:
                del self._rows[second]
                if second == self._second:
                    self._forget()

    def _forget(self) -> None:
        """No row is at hand: the next request looks for its own."""
        self._second = -1
        self._from = NEVER
        self.at_hand = Row()


class Measure:
    """Everything that the requests of a process measure."""

    def __init__(self, counters: Counters) -> None:
        self.began = counters.began
        """When the test began in this process, on the clock of ``time.perf_counter``."""
        self.in_flight: Callable[[], tuple[int, float]] = lambda: (0, 0.0)
        """How many requests are on their way, and the age of the oldest in seconds."""
        self.metrics = counters.metrics
        self._names: dict[tuple[str, str], NameMeasure] = {}
        self._counters = counters
        self._is_over = False
        self._run = self.of("", "")
        self._run_second = -1
        self._run_row = Row()
        early = counters.take_early()
        if not early.is_empty:
            self.row_of_run().add_metrics(early)
        self.metrics.row_of_run = self.row_of_run

    def of(self, method: str, name: str) -> NameMeasure:
        key = (method, name)
        measure = self._names.get(key)
        if measure is None:
            measure = self._names[key] = NameMeasure(self, method, name)
        return measure

    def row_of_second(self, second: int) -> Row:
        """The row of the whole run: what belongs to no request."""
        if second != self._run_second:
            self._run_second = second
            self._run_row = Row() if self._is_over else self._run.row(second)
        return self._run_row

    def row_of_run(self) -> Row:
        return self.row_of_second(int(_clock() - self.began))

    def dropped(self, due: float) -> None:
        """A request that was due, and is never sent."""
        row = self.row_of_second(int(due - self.began))
        row.due += 1
        row.dropped += 1

    def phase(self, name: str, seconds: float) -> None:
        """:param name: of a built-in metric, such as ``http_req_connecting``"""
        self.row_of_run().trend(name).add(max(0.0, seconds))

    def count(self, name: str, number: int = 1) -> None:
        """Adds to a counter of the generator's own."""
        self.row_of_run().counters[name] += number

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
        """A test begins: what ends from now on and was due before belongs to no test."""
        self.began = self._counters.began
        self._is_over = False
        self._run_second = -1
        # Connections hold on to the objects, so they stay.
        for measure in self._names.values():
            measure.clear()

    def end(self) -> None:
        """The load is over, and all its requests have ended: what is recorded from now on belongs to none."""
        self._is_over = True
        self._run_second = -1

    def take(self) -> list[tuple[int, tuple[str, str], Row]]:
        """What came since the last time: second, method and name, and row."""
        current = int(_clock() - self.began)
        taken = []
        for key, measure in self._names.items():
            if measure is not self._run:
                for second, row in measure.take(current):
                    taken.append((second, key, row))
                    self._run.row(second).ended += row.succeeded - row.ended_later
        taken += [(second, ("", ""), row) for second, row in self._run.take(current)]
        # Rows of the past are let go.
        self._run_second = -1
        return taken
