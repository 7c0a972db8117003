"""How what was measured travels: from each worker to the master, with Locust's statistics."""

import logging
from collections.abc import Callable
from typing import Any, NamedTuple

from locust.runners import MasterRunner, WorkerRunner

from .clock import ClockOffset
from .figures import Figures, packed, unpacked
from .metrics import Metrics
from .rows import Row

_REPORT_KEY = "loadwright"
_logger = logging.getLogger(__name__)

Rows = list[tuple[int, str, str, Row]]


class Load(NamedTuple):
    """What a worker has on its way."""

    in_flight: int
    oldest_seconds: float


class Contribution(NamedTuple):
    """What another module adds to the reports."""

    take: Callable[[], Any]
    merge: Callable[[str, Any], None]


class Counters:
    """On a worker: what came since its last report. On a master or a lone process: the whole test."""

    def __init__(self) -> None:
        self.metrics = Metrics()
        self._early = Row()
        """What is recorded before the process sends requests."""
        self.metrics.row_of_run = lambda: self._early
        self.figures = Figures()
        """On a master or a lone process."""
        self.clock_offset: ClockOffset | None = None
        """Of this process, as exactly as it was measured so far."""
        self.clock_offsets: dict[str, ClockOffset] = {}
        """Of each worker. On a master only."""
        self.loads: dict[str, Load] = {}
        """Of each worker, as it last said. On a master only."""
        self.refused_reports = 0
        """Reports of somebody who is no worker of this master, or that no worker sends."""
        self.load: Callable[[], tuple[int, float]] = lambda: (0, 0.0)
        """Requests on their way in this process, and the age of the oldest in seconds."""
        self._pending: Rows = []
        self._told_metrics: set[str] = set()
        self._contributions: dict[str, Contribution] = {}
        self._runner: Any = None

    def contribute(self, key: str, take: Callable[[], Any], merge: Callable[[str, Any], None]) -> None:
        """
        Adds to what workers report.

        :param take: on a worker: what came since the last time, as numbers, texts, lists and dictionaries;
            None: nothing
        :param merge: on a master or a lone process: takes it, with the id of the worker
        """
        self._contributions[key] = Contribution(take, merge)

    def hand_over(self, rows: Rows) -> None:
        """Takes what the process has measured."""
        if isinstance(self._runner, WorkerRunner):
            self._pending += rows
            return
        if rows:
            self.figures.add(rows)
        for take, merge in self._contributions.values():
            data = take()
            if data is not None:
                merge("", data)

    def totals(self) -> dict[str, int]:
        """All counters by name. On a master or a lone process."""
        return dict(self.figures.total().counters + self._early.counters)

    def connect(self, environment: Any) -> None:
        """Lets it travel with Locust's statistics. Locust's own reset does not concern it."""
        events = environment.events
        self._runner = environment.runner
        if isinstance(environment.runner, WorkerRunner):
            events.report_to_master.add_listener(self._report)
        else:
            events.worker_report.add_listener(self._receive)
        events.test_start.add_listener(self._clear)

    def _report(self, data: dict[str, Any], **_: Any) -> None:
        rows, self._pending = _joined(self._pending), []
        names = self.metrics.definitions.keys() - self._told_metrics
        self._told_metrics |= names
        data[_REPORT_KEY] = {
            "rows": packed(rows),
            "metrics": {name: list(self.metrics.definitions[name]) for name in names},
            "clockOffset": self.clock_offset,
            "load": list(self.load()),
            "more": {
                key: taken
                for key, contribution in self._contributions.items()
                if (taken := contribution.take()) is not None
            },
        }

    def _receive(self, client_id: str, data: dict[str, Any], **_: Any) -> None:
        # Whatever comes over the port: it must neither end the master's listener nor change a figure by half.
        try:
            self._merge(client_id, data.get(_REPORT_KEY))
        except Exception as error:
            self.refused_reports += 1
            _logger.warning("a report of %r was refused: %s", str(client_id)[:100], type(error).__name__)

    def _merge(self, client_id: str, report: Any) -> None:
        if report is None:
            return  # Of a worker without this runtime: Locust has what it says.
        if isinstance(self._runner, MasterRunner) and client_id not in self._runner.clients:
            raise ValueError("not a worker of this master")
        rows = unpacked(report["rows"])
        offset = ClockOffset(*map(float, report["clockOffset"])) if report["clockOffset"] else None
        in_flight, oldest = report["load"]
        load = Load(int(in_flight), float(oldest))
        self.metrics.take_over(report["metrics"])
        if rows:
            self.figures.add(rows)
        if offset is not None:
            self.clock_offsets[client_id] = offset
        self.loads[client_id] = load
        for key, data in report["more"].items():
            if key in self._contributions:
                self._contributions[key].merge(client_id, data)

    def _clear(self, **_: Any) -> None:
        self.figures.clear()
        self.loads.clear()
        self._pending = []
        # A master that was restarted has heard of none.
        self._told_metrics = set()


def _joined(rows: Rows) -> Rows:
    """Those of the same second and name as one: they were taken five times a second."""
    joined: dict[tuple[int, str, str], Row] = {}
    for second, method, name, row in rows:
        known = joined.get((second, method, name))
        if known is None:
            joined[second, method, name] = row
        else:
            known.merge(row)
    return [(*key, row) for key, row in joined.items()]
