"""Counts and histograms beside Locust's statistics, kept in every worker and added up on the master."""

from collections import Counter
from typing import Any

from locust.runners import WorkerRunner

from .clock import ClockOffset
from .histogram import Histogram, merge

_REPORT_KEY = "loadwright"

Key = tuple[str, ...]
"""``("phase", name)``, ``("lag",)`` or ``("response", method, name)``"""


class Counters:
    """By name. On a worker: since its last report. On a master or a lone process: of the whole run."""

    def __init__(self):
        self._counts: Counter[str] = Counter()
        self.failure_kinds: Counter[str] = Counter()
        self.histograms: dict[Key, Histogram] = {}
        self.clock_offset: ClockOffset | None = None
        """Of this process, as exactly as it was measured so far."""
        self.clock_offsets: dict[str, ClockOffset] = {}
        """Of each worker. On a master only."""

    def add(self, name: str, count: int = 1) -> None:
        self._counts[name] += count

    def totals(self) -> dict[str, int]:
        return dict(self._counts)

    def histogram(self, *key: str) -> Histogram:
        return self.histograms.setdefault(key, {})

    def connect(self, environment: Any) -> None:
        """Lets them travel with Locust's statistics and be reset with them."""
        events = environment.events
        if isinstance(environment.runner, WorkerRunner):
            events.report_to_master.add_listener(self._report)
        else:
            events.worker_report.add_listener(self._merge)
            events.reset_stats.add_listener(self._reset)
        events.test_start.add_listener(self._reset)
        if environment.reset_stats:
            events.spawning_complete.add_listener(self._reset)

    def _report(self, data: dict[str, Any], **_: Any) -> None:
        data[_REPORT_KEY] = {
            "counts": self.totals(),
            "failureKinds": dict(self.failure_kinds),
            "clockOffset": self.clock_offset,
            "histograms": [[list(key), histogram] for key, histogram in self.histograms.items()],
        }
        self._reset()

    def _merge(self, client_id: str, data: dict[str, Any], **_: Any) -> None:
        report = data.get(_REPORT_KEY)
        if report:
            self._counts.update(report["counts"])
            self.failure_kinds.update(report["failureKinds"])
            if report["clockOffset"]:
                self.clock_offsets[client_id] = ClockOffset(*report["clockOffset"])
            for key, histogram in report["histograms"]:
                merge(self.histogram(*key), histogram)

    def _reset(self, **_: Any) -> None:
        self._counts.clear()
        self.failure_kinds.clear()
        # New ones: a report that is about to be sent may still hold the old.
        self.histograms = {}
