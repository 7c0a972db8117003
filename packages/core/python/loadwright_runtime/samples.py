"""One sample a second while a load runs, stamped by the master: a command that slept reads what it missed."""

import time
from collections.abc import Callable
from typing import Any

import gevent
from locust.runners import (
    STATE_CLEANUP,
    STATE_RUNNING,
    STATE_SPAWNING,
    STATE_STOPPING,
    MasterRunner,
)

from .counters import Counters, Load
from .histogram import Histogram, milliseconds_of

_ACTIVE = (STATE_SPAWNING, STATE_RUNNING, STATE_CLEANUP, STATE_STOPPING)
_clock = time.perf_counter


class Sampler:
    """Of the test that runs, or ran last. On a master or a lone process."""

    def __init__(self, environment: Any, counters: Counters, is_over: Callable[[], bool] = lambda: False):
        """
        :param is_over: whether all workers have handed over their last figures
        """
        self.samples: list[dict[str, Any]] = []
        self._environment = environment
        self._counters = counters
        self._is_over = is_over
        self._began: float | None = None
        self._lag: Histogram = {}
        environment.events.test_start.add_listener(self._begin)
        self._greenlet = gevent.spawn(self._run)

    def _begin(self, **_: Any) -> None:
        self.samples, self._lag, self._began = [], {}, _clock()

    def _run(self) -> None:
        while True:
            began = self._began
            elapsed = 0.0 if began is None else _clock() - began
            gevent.sleep(1 - elapsed % 1)
            if began is not None and began == self._began:
                self._sample(round(_clock() - began))

    def _sample(self, second: int) -> None:
        runner = self._environment.runner
        if runner.state not in _ACTIVE or self._is_over():
            return
        nodes = list(runner.clients.values()) if isinstance(runner, MasterRunner) else []
        loads = [self._counters.loads.get(node.id, Load(0, 0.0)) for node in nodes]
        loads = loads or [Load(*self._counters.load())]
        self.samples.append(
            {
                "second": second,
                "time": time.time(),
                "users": runner.user_count,
                "inFlight": sum(load.in_flight for load in loads),
                "oldestSeconds": max(load.oldest_seconds for load in loads),
                "workers": [
                    {"id": node.id, "state": node.state, "cpuPercent": node.cpu_usage} for node in nodes
                ],
                "lagP99": self._lag_p99(),
            }
        )

    def _lag_p99(self) -> float | None:
        """Of what came since the last sample, in milliseconds."""
        trend = self._counters.figures.run().trends.get("loop_lag")
        if trend is None:
            return None
        new = {bucket: count - self._lag.get(bucket, 0) for bucket, count in trend.buckets.items()}
        self._lag = dict(trend.buckets)
        rank, seen = sum(new.values()) * 0.99, 0
        for bucket in sorted(new):
            seen += new[bucket]
            if seen and seen >= rank:
                return milliseconds_of(bucket)
        return None
