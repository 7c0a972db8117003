"""What is kept of single answers: connected with Locust, with the reports of workers and with the web UI."""

import json
from collections.abc import Callable
from typing import Any

from flask import Blueprint, Response, request

from . import failures
from .failure_samples import samples
from .request_log import log


def connect(environment: Any, contribute: Callable[[str, Callable, Callable], None]) -> None:
    """:param contribute: adds a part to the reports of workers: key, taken there, merged on the master"""
    contribute("failureSamples", samples.take, samples.merge)
    contribute("requestLog", log.take, log.merge)
    environment.events.test_start.add_listener(_begin)


def add_route(routes: Blueprint) -> None:
    """``GET /loadwright/requests?after=``: the log of requests, for whoever writes it to a file."""

    @routes.get("/requests")
    def requests() -> Response:
        after = request.args.get("after", "0")
        if not (after.isascii() and after.isdigit()):
            return Response("after must be a number of rows", 400)
        document = log.after(int(after))
        return Response(json.dumps(document, separators=(",", ":")), mimetype="application/json")


def _begin(**_: Any) -> None:
    failures.reasons.clear()
    samples.clear()
