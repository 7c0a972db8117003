"""How what was measured travels: from each worker to the master, with Locust's statistics."""

import logging
import math
import secrets
import time
from collections.abc import Callable
from typing import Any, NamedTuple

from locust.runners import MasterRunner, WorkerRunner

from .clock import ClockOffset
from .figures import Figures
from .metrics import Metrics
from .rows import Row
from .sums import RowSum
from .wire import VERSION, Key, pack_rows, unpack_rows

# An option that Locust does not know: the master passes it on to the workers with each order to start users.
_OPTION = "loadwright_test"
_REPORT_KEY = "loadwright"
# Whoever floods the port must not fill the log as well.
_MOST_WARNINGS = 100
_logger = logging.getLogger(__name__)
_clock = time.perf_counter

Rows = list[tuple[int, Key, Row]]


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
        self.metrics.row_of_run = lambda: self._early
        self.figures = Figures()
        """On a master or a lone process."""
        self.began = _clock()
        """When the test began in this process, on the clock of ``time.perf_counter``."""
        self.clock_offset: ClockOffset | None = None
        """Of this process, as exactly as it was measured so far."""
        self.clock_offsets: dict[str, ClockOffset] = {}
        """Of each worker. On a master only."""
        self.loads: dict[str, Load] = {}
        """Of each worker, as it last said. On a master only."""
        self.refused_reports = 0
        """Reports that came twice, or that no worker of this master sends: they change no figure."""
        self.missing_reports = 0
        """Reports of this test that were never merged: what they reported is in no figure."""
        self.load: Callable[[], tuple[int, float]] = lambda: (0, 0.0)
        """Requests on their way in this process, and the age of the oldest in seconds."""
        self.take_rows: Callable[[], Rows] = list
        """What the process has measured since the last time."""
        self._early = Row()
        """What is recorded before the process sends requests."""
        self._test: str | None = None
        """Which test it is: a report of the one before may come late."""
        self._number = 0
        """Of reports of the test. On a worker only."""
        self._numbers: dict[str, int] = {}
        """The last report of each worker. On a master only."""
        self._contributions: dict[str, Contribution] = {}
        self._environment: Any = None
        self._runner: Any = None

    def contribute(self, key: str, take: Callable[[], Any], merge: Callable[[str, Any], None]) -> None:
        """
        Adds to what workers report.

        :param take: on a worker: what came since the last time, as numbers, texts, lists and dictionaries;
            None: nothing
        :param merge: on a master or a lone process: takes it, with the id of the worker; raises for what
            ``take`` has not made
        """
        self._contributions[key] = Contribution(take, merge)

    def take_early(self) -> Row:
        early, self._early = self._early, Row()
        return early

    def settle(self) -> None:
        """Brings the figures up to date. On a master or a lone process."""
        if not isinstance(self._runner, (MasterRunner, WorkerRunner)):
            rows = self.take_rows()
            if rows:
                self.figures.add(unpack_rows(pack_rows(rows)))
            for take, merge in self._contributions.values():
                data = take()
                if data is not None:
                    merge("", data)
        self.figures.settle()

    def totals(self) -> dict[str, int]:
        """All counters by name. On a master or a lone process."""
        self.settle()
        early = RowSum()
        early.counters = dict(self._early.counters)
        early.merge(self.figures.total())
        return early.counters

    def connect(self, environment: Any) -> None:
        """Lets it travel with Locust's statistics. Locust's own reset does not concern it."""
        events = environment.events
        self._environment, self._runner = environment, environment.runner
        if isinstance(environment.runner, WorkerRunner):
            events.report_to_master.add_listener(self._report)
        else:
            events.worker_report.add_listener(self._receive)
        events.test_start.add_listener(self._clear)

    def refuse(self, client_id: Any, why: str) -> None:
        """Writes down that something came that no worker of this master sends."""
        self.refused_reports += 1
        if self.refused_reports <= _MOST_WARNINGS:
            _logger.warning("a report of %.100r was refused: %s", client_id, why)
        if self.refused_reports == _MOST_WARNINGS:
            _logger.warning("more refused reports are counted, but no longer logged")

    def _report(self, data: dict[str, Any], **_: Any) -> None:
        self._number += 1
        data[_REPORT_KEY] = {
            "version": VERSION,
            "test": self._test,
            "number": self._number,
            "rows": pack_rows(self.take_rows()),
            "metrics": self.metrics.own(),
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
            report = data.get(_REPORT_KEY)
            if report is not None:  # A worker without this runtime has Locust's statistics only.
                self._merge(client_id, report)
        except Exception as error:
            self.refuse(client_id, f"{type(error).__name__}: {error}"[:200])

    def _merge(self, client_id: str, report: Any) -> None:
        # One that was lost, or that leaves at the end of a test to come back, is none of the clients.
        if isinstance(self._runner, MasterRunner) and client_id not in self._runner.worker_indexes:
            raise ValueError("not a worker of this master")
        if report["version"] != VERSION:
            raise ValueError("the worker has another version of the bundle")
        if report["test"] != self._test:
            if report["rows"]:
                raise ValueError("of another test")
            return
        number = report["number"]
        if type(number) is not int or number <= self._numbers.get(client_id, 0):
            raise ValueError("it came before")
        definitions = self.metrics.check(report["metrics"])
        rows = unpack_rows(report["rows"])
        offset = _offset(report["clockOffset"])
        load = _load(*report["load"])
        self.metrics.take_over(definitions)
        has = self.metrics.has
        for _, _, row in rows:
            if not has("trend", row.trends) or not has("rate", row.rates):
                raise ValueError("metrics that are not declared")
        # From here on nothing can fail.
        missing = number - self._numbers.get(client_id, 0) - 1
        self._numbers[client_id] = number
        if missing:
            self.missing_reports += missing
            _logger.warning("%d reports of %.100r are missing", missing, client_id)
        if rows:
            self.figures.add(rows)
        if offset is not None:
            self.clock_offsets[client_id] = offset
        self.loads[client_id] = load
        for key, data in report["more"].items():
            if key in self._contributions:
                self._contributions[key].merge(client_id, data)

    def _clear(self, **_: Any) -> None:
        self.began = _clock()
        self.figures.clear()
        self.loads.clear()
        self.missing_reports = 0
        self._early = Row()
        self._number = 0
        self._numbers.clear()
        options = self._environment.parsed_options
        if isinstance(self._runner, WorkerRunner):
            self._test = getattr(options, _OPTION, None)
        elif options is not None:
            self._test = secrets.token_hex(4)
            setattr(options, _OPTION, self._test)


def _offset(value: Any) -> ClockOffset | None:
    if value is None:
        return None
    seconds, uncertainty = value
    if not math.isfinite(seconds) or not 0 <= uncertainty < math.inf:
        raise ValueError("not a clock's offset")
    return ClockOffset(float(seconds), float(uncertainty))


def _load(in_flight: Any, oldest_seconds: Any) -> Load:
    if type(in_flight) is not int or in_flight < 0 or not 0 <= oldest_seconds < math.inf:
        raise ValueError("not a load")
    return Load(in_flight, float(oldest_seconds))
