"""One sample a second while a load runs, stamped by the master: a command that slept reads what it missed."""

import time
from array import array
from bisect import bisect_right
from collections.abc import Callable
from typing import Any, NamedTuple

import gevent
from locust.runners import (
    STATE_CLEANUP,
    STATE_RUNNING,
    STATE_SPAWNING,
    STATE_STOPPING,
    MasterRunner,
)

from .counters import Counters, Load
from .histogram import milliseconds_of
from .sums import pairs_of

_ACTIVE = (STATE_SPAWNING, STATE_RUNNING, STATE_CLEANUP, STATE_STOPPING)
_clock = time.perf_counter
LAG = "loop_lag"


class _Sample(NamedTuple):
    """What a day of a thousand workers has room for: texts are shared while they stay the same."""

    revision: int
    second: int
    time: float
    users: int
    in_flight: int
    oldest_seconds: float
    lag_p99: float | None
    ids: tuple[str, ...]
    states: tuple[str, ...]
    cpu: array
    """Percent of a core."""

    def document(self) -> dict[str, Any]:
        return {
            "second": self.second,
            "time": self.time,
            "users": self.users,
            "inFlight": self.in_flight,
            "oldestSeconds": self.oldest_seconds,
            "workers": [
                {"id": worker, "state": state, "cpuPercent": round(cpu, 1)}
                for worker, state, cpu in zip(self.ids, self.states, self.cpu, strict=True)
            ],
            "lagP99": self.lag_p99,
        }


class Sampler:
    """Of the test that runs, or ran last. On a master or a lone process."""

    def __init__(self, environment: Any, counters: Counters, is_over: Callable[[], bool] = lambda: False):
        """
        :param is_over: whether all workers have handed over their last figures
        """
        self._samples: list[_Sample] = []
        self._environment = environment
        self._counters = counters
        self._is_over = is_over
        self._began: float | None = None
        self._lag = 0
        environment.events.test_start.add_listener(self._begin)
        self._greenlet = gevent.spawn(self._run)

    def between(self, after: int, upto: int, second: int = 0) -> list[dict[str, Any]]:
        """
        :param after: a revision of the figures, as in the last answer; 0: from the beginning
        :param upto: the revision of this answer
        :param second: samples up to there are left out as well
        """
        first, end = (
            bisect_right(self._samples, revision, key=lambda sample: sample.revision)
            for revision in (after, upto)
        )
        return [sample.document() for sample in self._samples[first:end] if sample.second > second]

    def _begin(self, **_: Any) -> None:
        self._samples, self._lag, self._began = [], 0, _clock()

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
        last = self._samples[-1] if self._samples else None
        # A timer may go off a little early, and then once more.
        if last is not None and second <= last.second:
            return
        nodes = list(runner.clients.values()) if isinstance(runner, MasterRunner) else []
        loads = [self._counters.loads.get(node.id, Load(0, 0.0)) for node in nodes]
        loads = loads or [Load(*self._counters.load())]
        ids = tuple(node.id for node in nodes)
        states = tuple(node.state for node in nodes)
        lag = self._lag_p99()
        figures = self._counters.figures
        figures.revision += 1
        self._samples.append(
            _Sample(
                figures.revision,
                second,
                time.time(),
                runner.user_count,
                sum(load.in_flight for load in loads),
                max(load.oldest_seconds for load in loads),
                lag,
                last.ids if last is not None and last.ids == ids else ids,
                last.states if last is not None and last.states == states else states,
                array("f", [node.cpu_usage for node in nodes]),
            )
        )

    def _lag_p99(self) -> float | None:
        """Of what came since the last sample, in milliseconds."""
        self._counters.settle()
        trend = self._counters.figures.run().trends.get(LAG)
        if trend is None:
            return None
        new, self._lag = pairs_of(trend.lanes - self._lag), trend.lanes
        rank, seen = sum(count for _, count in new) * 0.99, 0
        for bucket, count in new:
            seen += count
            if seen >= rank:
                return milliseconds_of(bucket)
        return None
