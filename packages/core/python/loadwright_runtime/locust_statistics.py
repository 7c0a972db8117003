"""Hands what was measured to Locust's own statistics, many requests at once, for its web UI and its files."""

import time
from typing import Any

import gevent
from locust.runners import WorkerRunner
from locust.stats import StatsError

from .counters import Counters
from .drain import Drain
from .failures import Failure, RequestFailedError
from .histogram import milliseconds_of
from .measure import Measure
from .rows import Row

_TICK_SECONDS = 0.05
_TICKS_A_FLUSH = 4


class LocustStatistics:
    """Locust's entries are added to five times a second. In between, the loop's lag is measured."""

    def __init__(self, environment: Any, measure: Measure, counters: Counters, drain: Drain):
        self._environment = environment
        self._measure = measure
        self._counters = counters
        self._drain = drain
        counters.load = lambda: measure.in_flight()
        environment.events.test_start.add_listener(lambda **_: measure.clear())
        environment.events.test_stop.add_listener(self._on_stop)
        self._greenlet = gevent.spawn(self._run)

    def close(self) -> None:
        self._greenlet.kill(block=False)

    def _on_stop(self, **_: Any) -> None:
        # Locust has stopped all users, whose last requests are still on their way.
        self._drain.wait()
        # What is flushed later than this would miss the last report of a worker that quits.
        self.flush()
        runner = self._environment.runner
        if isinstance(runner, WorkerRunner):
            # Before it says that it is ready: what came later could be lost, or count for the next test.
            runner._send_stats()

    def flush(self) -> None:
        now = time.time()
        # The requests ended since the last flush, so half of its interval ago on average.
        second = int(now - _TICK_SECONDS * _TICKS_A_FLUSH / 2)
        rows = self._measure.take()
        for _, method, name, row in rows:
            if row.service.buckets:
                self._hand_over(method, name, row, now, second)
        self._counters.hand_over(rows)

    def _hand_over(self, method: str, name: str, row: Row, now: float, second: int) -> None:
        stats, service = self._environment.stats, row.service
        times = [(_coarse(milliseconds_of(bucket)), count) for bucket, count in service.buckets.items()]
        number = row.succeeded + row.failed
        for entry in (stats.total, stats.entries[(name, method)]):
            last = entry.last_request_timestamp
            if entry.use_response_times_cache and last and second > int(last):
                entry._cache_response_times(second - 1)
            entry.num_requests += number
            entry.num_reqs_per_sec[second] += number
            entry.last_request_timestamp = now
            entry.total_response_time += service.total * 1000
            entry.total_content_length += row.bytes
            shortest = entry.min_response_time
            minimum = service.minimum * 1000
            entry.min_response_time = minimum if shortest is None else min(shortest, minimum)
            entry.max_response_time = max(entry.max_response_time, service.maximum * 1000)
            response_times = entry.response_times
            for milliseconds, count in times:
                response_times[milliseconds] += count
        for failure, count in row.failures.items():
            self._log_error(method, name, failure, count, second)

    def _log_error(self, method: str, name: str, failure: Failure, count: int, second: int) -> None:
        stats = self._environment.stats
        error = RequestFailedError(failure.reason)
        stats.log_error(method, name, error)
        more = count - 1
        for entry in (stats.total, stats.entries[(name, method)]):
            entry.num_failures += more
            entry.num_fail_per_sec[second] += more
        stats.errors[StatsError.create_key(method, name, error)].occurrences += more

    def _run(self) -> None:
        while True:
            for _ in range(_TICKS_A_FLUSH):
                before = time.perf_counter()
                gevent.sleep(_TICK_SECONDS)
                late = time.perf_counter() - before - _TICK_SECONDS
                self._measure.phase("loop_lag", late)
            self.flush()


def _coarse(milliseconds: float) -> float:
    """Two digits, as Locust itself keeps: its reports carry every distinct time twice, once a second."""
    return float(f"{milliseconds:.2g}")
