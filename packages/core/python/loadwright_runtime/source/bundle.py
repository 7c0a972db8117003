"""The data files of a bundle."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from ..load.load_plan import LoadError, LoadPlan, read_load
from . import json_text
from .errors import SetupError
from .payloads import PayloadPart


@dataclass(frozen=True)
class Bundle:
    """The folder that Locust runs."""

    directory: Path
    host: str
    config: dict[str, Any]
    load: LoadPlan
    tls: dict[str, str] = field(default_factory=dict)
    """``ca`` and ``certificate``, in PEM. The private key is no part of a bundle."""
    other_hosts: tuple[str, ...] = ()
    """Where a test may send its requests in place of ``host``, if whoever starts it says so."""
    payload_parts: tuple[PayloadPart, ...] = ()
    """What the payloads consist of, when they come from several sources."""

    @property
    def payloads_file(self) -> Path:
        return self.directory / "payloads.jsonl"

    @property
    def schedule_file(self) -> Path:
        """Of payloads that are a trace: when each is due."""
        return self.directory / "schedule.csv"


def read_bundle(directory: Path) -> Bundle:
    """Reads ``target.json`` and ``load.json``. Raises :class:`SetupError` when they are not Loadwright's."""
    # A body in it is sent with its numbers as they were written.
    target = _read(directory / "target.json", json_text.loads)
    load = _read(directory / "load.json")
    try:
        # With the load: which of its hosts a test has is no part of what a fleet is deployed with.
        host = check_host(load.pop("host", target["host"]))
        hosts = tuple(check_host(other) for other in target.get("hosts", []))
        return Bundle(
            directory,
            host,
            target["config"],
            read_load(load),
            target.get("tls", {}),
            other_hosts=hosts,
            payload_parts=_parts(target.get("payloads", [])),
        )
    except KeyError as error:
        raise SetupError(
            f"the bundle in {directory} lacks {error} in its target.json: render it again."
        ) from None
    except LoadError as error:
        raise SetupError(f"{directory / 'load.json'}: {error}: render the bundle again.") from None


def _parts(documents: list[dict[str, Any]]) -> tuple[PayloadPart, ...]:
    parts: list[PayloadPart] = []
    for document in documents:
        start = parts[-1].rows.stop if parts else 0
        rows = range(start, start + document["rows"])
        parts.append(PayloadPart(rows, document["weight"], document["order"], document.get("of")))
    return tuple(parts)


def check_host(host: str) -> str:
    """A base URL without a trailing slash, or a :class:`SetupError`."""
    parts = urlsplit(host)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
        raise SetupError(f"the host must be a base URL such as https://host.example, not {host!r}.")
    return host.rstrip("/")


def _read(path: Path, loads: Callable[[bytes], Any] = json.loads) -> dict[str, Any]:
    try:
        content = loads(path.read_bytes())
    except FileNotFoundError:
        raise SetupError(f"{path} does not exist: a bundle is a whole folder, copy all of it.") from None
    except ValueError as error:
        raise SetupError(f"{path} is not valid JSON ({error}): render the bundle again.") from None
    if content.get("version") != 1:
        raise SetupError(
            f"{path} has version {content.get('version')!r}, this runtime reads 1: render it again."
        )
    return content
