"""What the virtual users do: ``load.json`` of a bundle, or the load that one test comes with."""

import json
from dataclasses import dataclass, field
from typing import Any

from ..source.errors import SetupError

_MOST_USERS = 1_000_000
# Seconds, or requests a second.
_MOST_OF_ANYTHING = 1_000_000_000


class LoadError(SetupError):
    """A load that cannot be carried out. The message names the field."""


@dataclass(frozen=True)
class Stage:
    """The number of users moves in a straight line to ``users``; a duration of 0 is a jump."""

    duration_seconds: float
    users: int


@dataclass(frozen=True)
class ArrivalStage:
    """The rate moves in a straight line to ``rate``; a duration of 0 is a jump."""

    duration_seconds: float
    rate: float
    """Requests a second of all workers together."""


@dataclass(frozen=True)
class ArrivalPlan:
    """When requests are due, whether or not those before are answered."""

    kind: str
    """``constant``, ``poisson``, or ``trace``: at the times of the bundle's ``schedule.csv``"""
    start_rate: float
    stages: tuple[ArrivalStage, ...]
    maximum_in_flight: int
    """Of all workers together. An arrival beyond it waits."""
    speed: float = 1.0
    """How often faster than recorded a trace is replayed."""


@dataclass(frozen=True)
class LoadPlan:
    """``LoadPlan`` of @loadwright/core."""

    users: int
    spawn_rate: float
    duration_seconds: float
    stages: tuple[Stage, ...]
    start_users: int
    minimum_wait_seconds: float
    maximum_wait_seconds: float
    payload_order: str
    arrivals: ArrivalPlan | None = None
    """None: the closed model, in which each user waits for its answers."""
    graceful_stop_seconds: float = 30.0
    """How long a request may still take whose user, or whose load, has ended."""
    log_requests: float = 0.0
    """Share of the requests that are logged one by one, from 0 to 1."""
    document: dict[str, Any] = field(default_factory=dict, compare=False)
    """What it was read from."""


def parse_load(text: str | bytes, payload_order: str | None = None) -> LoadPlan:
    """
    :param payload_order: of a load that names none; without it one must be named
    :raises LoadError: names the field, what was found there and what is allowed
    """
    try:
        document = json.loads(text, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise LoadError(f"not valid JSON ({error})") from None
    if isinstance(document, dict) and payload_order is not None:
        document.setdefault("payloadOrder", payload_order)
    return read_load(document)


def read_load(document: Any) -> LoadPlan:
    """As :func:`parse_load`, of what was parsed."""
    fields = _Fields(document, "")
    fields.one_of("version", (1,))
    wait = fields.object("waitTime")
    low = wait.number("minimumSeconds")
    plan = LoadPlan(
        users=fields.integer("users", 1, _MOST_USERS),
        spawn_rate=fields.number("spawnRate", more_than=0),
        duration_seconds=fields.number("durationSeconds", more_than=0),
        stages=tuple(
            Stage(stage.number("durationSeconds"), stage.integer("users", 0, _MOST_USERS))
            for stage in fields.objects("stages", optional=True)
        ),
        start_users=fields.integer("startUsers", 0, _MOST_USERS, default=0),
        minimum_wait_seconds=low,
        maximum_wait_seconds=wait.number("maximumSeconds", at_least=low),
        payload_order=fields.one_of("payloadOrder", ("sequential", "random")),
        arrivals=_arrivals(fields.object("arrivals")) if fields.has("arrivals") else None,
        graceful_stop_seconds=fields.number("gracefulStopSeconds", default=30.0),
        log_requests=fields.number("logRequests", at_most=1, default=0.0),
        document=document,
    )
    if plan.stages and plan.arrivals:
        raise LoadError("stages and arrivals: found both, expected one")
    fields.refuse_others()
    return plan


def _arrivals(fields: "_Fields") -> ArrivalPlan:
    kind = fields.one_of("kind", ("constant", "poisson", "trace"))
    is_trace = kind == "trace"
    return ArrivalPlan(
        kind=kind,
        start_rate=fields.number("startRate"),
        stages=tuple(
            ArrivalStage(stage.number("durationSeconds"), stage.number("ratePerSecond"))
            for stage in fields.objects("stages", optional=is_trace, may_be_empty=is_trace)
        ),
        maximum_in_flight=fields.integer("maxInFlight", 1, _MOST_USERS),
        speed=fields.number("speed", more_than=0) if is_trace else 1.0,
    )


class _Fields:
    """The fields of an object in JSON. Each is checked when it is read."""

    def __init__(self, value: Any, path: str):
        if not isinstance(value, dict):
            raise LoadError(f"{path or 'the load'}: expected an object")
        self._value = value
        self._path = path
        self._read: set[str] = set()
        self._inner: list[_Fields] = []

    def has(self, name: str) -> bool:
        return name in self._value

    def number(
        self,
        name: str,
        at_least: float = 0,
        more_than: float | None = None,
        at_most: float = _MOST_OF_ANYTHING,
        default: float | None = None,
    ) -> float:
        if default is not None and not self.has(name):
            return default
        value = self._get(name)
        low = at_least if more_than is None else more_than
        is_right = type(value) in (int, float) and low <= value <= at_most
        if not is_right or value == more_than:
            limit = f"at least {at_least:g}" if more_than is None else f"more than {more_than:g}"
            self._refuse(name, value, f"a number, {limit} and at most {at_most}")
        return value

    def integer(self, name: str, low: int, high: int, default: int | None = None) -> int:
        if default is not None and not self.has(name):
            return default
        value = self._get(name)
        if type(value) is not int or not low <= value <= high:
            self._refuse(name, value, f"a whole number from {low} to {high}")
        return value

    def one_of(self, name: str, allowed: tuple[Any, ...]) -> Any:
        value = self._get(name)
        if value not in allowed or isinstance(value, bool):
            self._refuse(name, value, " or ".join(map(str, allowed)))
        return value

    def object(self, name: str) -> "_Fields":
        return self._within(self._get(name), self._name(name))

    def objects(self, name: str, optional: bool = False, may_be_empty: bool = False) -> list["_Fields"]:
        if optional and not self.has(name):
            return []
        value = self._get(name)
        if not isinstance(value, list) or (not value and not may_be_empty):
            self._refuse(name, value, "a list that is not empty")
        return [self._within(item, f"{self._name(name)}[{index}]") for index, item in enumerate(value)]

    def refuse_others(self) -> None:
        """A field that nobody reads would be ignored in silence."""
        for fields in self._inner:
            fields.refuse_others()
        unknown = sorted(set(self._value) - self._read)
        if unknown:
            raise LoadError(f"{self._name(unknown[0][:50])}: unknown field")

    def _within(self, value: Any, path: str) -> "_Fields":
        fields = _Fields(value, path)
        self._inner.append(fields)
        return fields

    def _get(self, name: str) -> Any:
        self._read.add(name)
        if name not in self._value:
            raise LoadError(f"{self._name(name)}: missing")
        return self._value[name]

    def _name(self, name: str) -> str:
        return f"{self._path}.{name}" if self._path else name

    def _refuse(self, name: str, value: Any, expected: str) -> None:
        raise LoadError(f"{self._name(name)}: found {json.dumps(value)[:50]}, expected {expected}")


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")
