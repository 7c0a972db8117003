"""Takes what was measured to where it is added up, in a process that sends requests."""

import time
from typing import Any

import gevent
from locust.runners import WorkerRunner

from ..http.drain import Drain
from ..load.gate import gate
from ..load.stillness import stillness
from ..locust.locust_statistics import LocustStatistics
from .counters import Counters
from .measure import Measure

_TICK_SECONDS = 0.05
_TICKS_A_FLUSH = 4


class Flusher:
    """A lone process adds up five times a second, a worker with its reports. The loop's lag is measured."""

    def __init__(self, environment: Any, measure: Measure, counters: Counters, drain: Drain):
        self._environment = environment
        self._measure = measure
        self._counters = counters
        self._drain = drain
        counters.load = lambda: measure.in_flight()
        counters.take_rows = measure.take
        self._is_worker = isinstance(environment.runner, WorkerRunner)
        if not self._is_worker:
            LocustStatistics(environment, counters)
        environment.events.test_start.add_listener(lambda **_: measure.clear())
        environment.events.test_stop.add_listener(self._on_stop)
        self._ticked_at = time.perf_counter()
        self._is_sending = False
        self._greenlet = gevent.spawn(self._run)

    def close(self) -> None:
        self._greenlet.kill(block=False)

    def flush(self) -> None:
        """Hands over what was measured so far. A worker does so with its reports."""
        if not self._is_worker:
            self._counters.settle()

    def _on_stop(self, **_: Any) -> None:
        # Locust has stopped all users, whose last requests are still on their way.
        self._drain.wait()
        self._look()
        self._measure.end()
        if self._is_worker:
            # Before it says that it is ready: what came later could be lost, or count for the next test.
            self._environment.runner._send_stats()
        else:
            self.flush()

    def _run(self) -> None:
        while True:
            for _ in range(_TICKS_A_FLUSH):
                self._ticked_at = time.perf_counter()
                self._is_sending = gate.is_open or not self._drain.is_empty
                gevent.sleep(_TICK_SECONDS)
                self._measure.phase("loop_lag", self._look())
            self.flush()

    def _look(self) -> float:
        """How late the loop is, in seconds."""
        now = time.perf_counter()
        late, self._ticked_at = now - self._ticked_at - _TICK_SECONDS, now
        if self._is_sending:
            stillness.add(late)
        return late
