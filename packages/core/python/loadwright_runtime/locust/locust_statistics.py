"""Hands the figures on to Locust's own statistics, many requests at once, for its web UI and its files."""

import time
from typing import Any

import gevent
from locust.runners import STATE_RUNNING, STATE_SPAWNING, MasterRunner
from locust.stats import StatsError

from ..measure.counters import Counters
from ..measure.failures import Failure, RequestFailedError
from ..measure.histogram import milliseconds_of
from ..measure.rows import SERVICE
from ..measure.sums import RowSum

# As long as users of other kinds take to be in the statistics of the master.
_INTERVAL_SECONDS = 1.0


class LocustStatistics:
    """
    On a master or a lone process. Workers give Locust no statistics of Loadwright's requests: the master
    would spend most of its time on adding them up once more. Locust may reset its statistics at any time.
    """

    def __init__(self, environment: Any, counters: Counters):
        self._environment = environment
        self._counters = counters
        counters.figures.on_news = self._hand_over
        self._is_master = isinstance(environment.runner, MasterRunner)
        if self._is_master:
            environment.events.worker_report.add_listener(self._on_report)
            environment.runner.greenlet.spawn(self._run)

    def _run(self) -> None:
        while True:
            gevent.sleep(_INTERVAL_SECONDS)
            self._counters.settle()

    def _on_report(self, **_: Any) -> None:
        # The last ones of a test: whoever waits for the end reads Locust's statistics at once.
        if self._environment.runner.state not in (STATE_SPAWNING, STATE_RUNNING):
            self._counters.settle()

    def _hand_over(self, method: str, name: str, row: RowSum) -> None:
        """:param row: what came under a name since the last time"""
        service = row.trends.get(SERVICE)
        if service is None:
            return
        now = time.time()
        # The requests ended since the last time, and reports took their time: half of it ago on average.
        second = int(now - _INTERVAL_SECONDS if self._is_master else now)
        stats = self._environment.stats
        times = [(milliseconds_of(bucket), count) for bucket, count in service.pairs()]
        number = row.succeeded + row.failed
        for entry in (stats.total, stats.entries[(name, method)]):
            last = entry.last_request_timestamp
            if entry.use_response_times_cache and last and second > int(last):
                entry._cache_response_times(second - 1)
            entry.num_requests += number
            entry.num_reqs_per_sec[second] += number
            entry.last_request_timestamp = now
            entry.total_response_time += service.total / 1e6
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
