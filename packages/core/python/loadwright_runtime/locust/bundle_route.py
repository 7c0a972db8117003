"""``GET /loadwright/bundle`` of a master: what it runs, for whoever wonders why it refuses a test."""

import hashlib
import json
from pathlib import Path
from typing import Any

import gevent
from flask import Blueprint, Response
from locust.runners import STATE_RUNNING, STATE_SPAWNING


def add_route(routes: Blueprint, environment: Any, directory: Path) -> None:
    """
    Answers ``target``, the content of ``target.json``, and ``files``, their SHA-256 by path. Nothing of a
    bundle is secret.
    """

    @routes.get("/bundle")
    def bundle() -> Response:
        if environment.runner.state in (STATE_SPAWNING, STATE_RUNNING):
            return Response("a test is running: payloads are not to be read meanwhile", 409)
        # In a thread: of large payloads it takes seconds, in which workers are to be heard.
        files = gevent.get_hub().threadpool.apply(_digests, (directory,))
        target = json.loads((directory / "target.json").read_text(encoding="utf-8"))
        document = json.dumps({"target": target, "files": files}, separators=(",", ":"))
        return Response(document, mimetype="application/json")


def _digests(directory: Path) -> dict[str, str]:
    digests = {}
    for path in sorted(directory.rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts:
            with path.open("rb") as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
            digests[path.relative_to(directory).as_posix()] = digest
    return digests
