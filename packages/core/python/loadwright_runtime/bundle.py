"""The data files of a bundle."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from .errors import SetupError


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
    """``arrivals`` of ``load.json``: requests are due whether or not those before are answered."""

    kind: str
    """``constant`` or ``poisson``"""
    start_rate: float
    stages: tuple[ArrivalStage, ...]
    maximum_in_flight: int
    """Of all workers together. An arrival beyond it waits."""


@dataclass(frozen=True)
class LoadPlan:
    """``load.json``: what the virtual users do."""

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


@dataclass(frozen=True)
class Bundle:
    """The folder that Locust runs."""

    directory: Path
    host: str
    config: dict[str, Any]
    load: LoadPlan

    @property
    def payloads_file(self) -> Path:
        return self.directory / "payloads.jsonl"


def read_bundle(directory: Path) -> Bundle:
    """Reads ``target.json`` and ``load.json``. Raises :class:`SetupError` when they are not Loadwright's."""
    target = _read(directory / "target.json")
    load = _read(directory / "load.json")
    try:
        host = check_host(target["host"])
        wait = load["waitTime"]
        plan = LoadPlan(
            users=load["users"],
            spawn_rate=load["spawnRate"],
            duration_seconds=load["durationSeconds"],
            stages=tuple(Stage(stage["durationSeconds"], stage["users"]) for stage in load.get("stages", ())),
            start_users=load.get("startUsers", 0),
            minimum_wait_seconds=wait["minimumSeconds"],
            maximum_wait_seconds=wait["maximumSeconds"],
            payload_order=load["payloadOrder"],
            arrivals=_arrivals(load["arrivals"]) if "arrivals" in load else None,
        )
        return Bundle(directory, host, target["config"], plan)
    except KeyError as error:
        raise SetupError(
            f"the bundle in {directory} lacks {error} in its data files: render it again."
        ) from None


def _arrivals(arrivals: dict[str, Any]) -> ArrivalPlan:
    return ArrivalPlan(
        kind=arrivals["kind"],
        start_rate=arrivals["startRate"],
        stages=tuple(
            ArrivalStage(stage["durationSeconds"], stage["ratePerSecond"]) for stage in arrivals["stages"]
        ),
        maximum_in_flight=arrivals["maxInFlight"],
    )


def check_host(host: str) -> str:
    """A base URL without a trailing slash, or a :class:`SetupError`."""
    parts = urlsplit(host)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
        raise SetupError(f"the host must be a base URL such as https://host.example, not {host!r}.")
    return host.rstrip("/")


def _read(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_bytes())
    except FileNotFoundError:
        raise SetupError(f"{path} does not exist: a bundle is a whole folder, copy all of it.") from None
    except ValueError as error:
        raise SetupError(f"{path} is not valid JSON ({error}): render the bundle again.") from None
    if content.get("version") != 1:
        raise SetupError(
            f"{path} has version {content.get('version')!r}, this runtime reads 1: render it again."
        )
    return content
