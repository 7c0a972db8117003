"""Metrics by name: what a target measures beside the time of its requests."""

import re
from collections.abc import Callable, Container, Iterable
from typing import Any, NamedTuple

from .rows import Row

_NAME = re.compile(r"[a-z][a-z0-9_]{0,62}")
_UNIT = re.compile(r"[^\x00-\x1f\x7f]{0,40}")
_MOST_METRICS = 200
_LONGEST_DESCRIPTION = 1000
_GREATEST = 1e12
_KINDS = ("trend", "counter", "rate")


class Definition(NamedTuple):
    kind: str
    """``trend``, ``counter`` or ``rate``"""
    unit: str
    description: str


BUILT_IN = {
    "http_req_service": Definition(
        "trend", "s", "from the first byte that is sent to the answer's last byte"
    ),
    "http_req_response": Definition("trend", "s", "from when the request was due to the answer's last byte"),
    "http_req_blocked": Definition("trend", "s", "until a connection was free or made"),
    "http_req_connecting": Definition("trend", "s", "making the TCP connection"),
    "http_req_tls_handshaking": Definition("trend", "s", "TLS handshake"),
    "http_req_first_byte": Definition("trend", "s", "from the first byte that is sent to the answer's first"),
    "loop_lag": Definition("trend", "s", "how late the event loop of a worker turned"),
}


class Metrics:
    """
    The metrics of a process. What is recorded while a request is made, and while its answer is read and
    checked, belongs to the request; all else to the whole run.

    Values are 0 or more; times are in seconds (unit ``s``), and shown in milliseconds.
    """

    def __init__(self) -> None:
        self.definitions: dict[str, Definition] = dict(BUILT_IN)
        self.at_hand: Row | None = None
        """The row of the request whose answer the target's code deals with."""
        self.is_making = False
        """Whether the target's code makes a request, which has no name yet."""
        self.made: Row | None = None
        """What was recorded meanwhile, until the request begins."""
        self.row_of_run: Callable[[], Row] = Row
        """Where goes what belongs to no request. Until the process sends requests: nowhere."""
        self.missed_by_failures: dict[str, Container[str] | None] = {}
        """Rates of which each request that fails is a miss, with the names of these; None: of every name."""

    def declare_trend(self, name: str, unit: str = "s", description: str = "") -> None:
        """A distribution: average, minimum, maximum and percentiles are shown."""
        self._declare(name, Definition("trend", unit, description))

    def declare_counter(self, name: str, unit: str = "", description: str = "") -> None:
        """A sum: its value, and its value a second are shown."""
        self._declare(name, Definition("counter", unit, description))

    def declare_rate(self, name: str, unit: str = "", description: str = "") -> None:
        """A share: how many of the recorded values were true."""
        self._declare(name, Definition("rate", unit, description))

    def trend(self, name: str, value: float, unit: str = "s", description: str = "") -> None:
        """Adds a value to a distribution, which is declared with the first one."""
        if name not in self.definitions:
            self.declare_trend(name, unit, description)
        self._require(name, "trend")
        if not 0 <= value <= _GREATEST:
            raise ValueError(f"{name}: found {value!r}, expected a number from 0 to {_GREATEST:.0e}")
        self._row().trend(name).add(value)

    def counter(self, name: str, number: int = 1, unit: str = "", description: str = "") -> None:
        """Adds a whole number to a sum."""
        if name not in self.definitions:
            self.declare_counter(name, unit, description)
        self._require(name, "counter")
        if type(number) is not int or not 0 <= number <= _GREATEST:
            raise ValueError(f"{name}: found {number!r}, expected a whole number from 0 to {_GREATEST:.0e}")
        self._row().counters[name] += number

    def count_each(self, names: Iterable[str]) -> None:
        """Adds one to each of several counters that are declared."""
        counters = self._row().counters
        for name in names:
            counters[name] += 1

    def rate(self, name: str, hit: bool, unit: str = "", description: str = "") -> None:
        """Adds one to a share, as a hit or as none."""
        if name not in self.definitions:
            self.declare_rate(name, unit, description)
        self._require(name, "rate")
        rate = self._row().rates.setdefault(name, [0, 0])
        rate[0] += bool(hit)
        rate[1] += 1

    def count_failures_as_misses(self, name: str, of: Container[str] | None = None) -> None:
        """
        Adds a miss to a share with each request that fails, however it does, so that the share is one of all
        requests: the target records those that succeed.

        :param of: names of the requests that are meant; None: all
        """
        self.missed_by_failures[name] = of

    def describe(self) -> dict[str, dict[str, str]]:
        """``metrics`` of ``MasterStatistics``: times in milliseconds."""
        return {
            name: {
                "kind": metric.kind,
                "unit": "ms" if metric.unit == "s" else metric.unit,
                "description": metric.description,
            }
            for name, metric in self.definitions.items()
        }

    def own(self) -> dict[str, list[str]]:
        """Those that are not built in, as they travel."""
        return {name: list(metric) for name, metric in self.definitions.items() if name not in BUILT_IN}

    def check(self, definitions: Any) -> dict[str, Definition]:
        """Those of a worker. Raises an ``Exception`` for what no worker sends."""
        checked = {}
        for name, (kind, unit, description) in definitions.items():
            definition = Definition(kind, unit, description)
            known = self.definitions.get(name)
            if known is None:
                _check(name, definition)
            elif known.kind != kind:
                raise ValueError("not the metric of that name")
            checked[name] = definition
        if len(self.definitions.keys() | checked.keys()) > _MOST_METRICS:
            raise ValueError("too many metrics")
        return checked

    def take_over(self, definitions: dict[str, Definition]) -> None:
        """Those of a worker, once they are checked."""
        for name, definition in definitions.items():
            self.definitions.setdefault(name, definition)

    def has(self, kind: str, names: Iterable[str]) -> bool:
        """Whether metrics of these names are of a kind."""
        return all(name in self.definitions and self.definitions[name].kind == kind for name in names)

    def _declare(self, name: str, definition: Definition) -> None:
        known = self.definitions.get(name)
        if known is None:
            _check(name, definition)
            if len(self.definitions) >= _MOST_METRICS:
                raise ValueError(f"{name}: there are {_MOST_METRICS} metrics already: names must not vary")
            self.definitions[name] = definition
        elif known.kind != definition.kind:
            raise ValueError(f"{name} is a {known.kind}, and cannot be a {definition.kind} too")
        elif name not in BUILT_IN:
            self.definitions[name] = definition

    def _require(self, name: str, kind: str) -> None:
        if self.definitions[name].kind != kind:
            raise ValueError(f"{name} is a {self.definitions[name].kind}, not a {kind}")

    def _row(self) -> Row:
        if self.at_hand is not None:
            return self.at_hand
        if not self.is_making:
            return self.row_of_run()
        if self.made is None:
            self.made = Row()
        return self.made


def _check(name: Any, definition: Definition) -> None:
    if type(name) is not str or not _NAME.fullmatch(name):
        raise ValueError(f"{name!r} is no name of a metric: use lower-case letters, digits and _")
    kind, unit, description = definition
    if kind not in _KINDS:
        raise ValueError(f"{name}: {kind!r} is no kind of a metric")
    if type(unit) is not str or not _UNIT.fullmatch(unit):
        raise ValueError(f"{name}: a unit is a text of at most 40 characters")
    if type(description) is not str or len(description) > _LONGEST_DESCRIPTION:
        raise ValueError(f"{name}: a description is a text of at most {_LONGEST_DESCRIPTION} characters")
