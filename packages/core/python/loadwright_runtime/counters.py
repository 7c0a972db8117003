"""Counters beside Locust's statistics, kept in every worker and added up on the master."""

from collections import Counter
from typing import Any

from locust.runners import WorkerRunner

_REPORT_KEY = "loadwright_counters"


class Counters:
    """Counts by name. On a worker: since its last report. On a master or a lone process: of the whole run."""

    def __init__(self):
        self._counts: Counter[str] = Counter()

    def add(self, name: str) -> None:
        self._counts[name] += 1

    def totals(self) -> dict[str, int]:
        return dict(self._counts)

    def connect(self, environment: Any) -> None:
        """Lets the counts travel with Locust's statistics and be reset with them."""
        events = environment.events
        if isinstance(environment.runner, WorkerRunner):
            events.report_to_master.add_listener(self._report)
        else:
            events.worker_report.add_listener(self._merge)
            events.test_start.add_listener(self._reset)
            events.reset_stats.add_listener(self._reset)

    def _report(self, data: dict[str, Any], **_: Any) -> None:
        data[_REPORT_KEY] = self.totals()
        self._counts.clear()

    def _merge(self, data: dict[str, Any], **_: Any) -> None:
        self._counts.update(data.get(_REPORT_KEY, {}))

    def _reset(self, **_: Any) -> None:
        self._counts.clear()
