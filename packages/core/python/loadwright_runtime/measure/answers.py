"""What is kept of single answers: connected with Locust, with the reports of workers and with the web UI."""

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ..source.request import Request, Response
from . import failures
from .failure_samples import samples
from .failures import Failure
from .request_log import log

if TYPE_CHECKING:
    import flask


def ended(
    request: Request,
    second: int,
    response: Response | None,
    seconds: float,
    body_bytes: int,
    failure: Failure | None,
) -> None:
    """
    To be called at the end of each failure, and of every request while they are logged.

    :param second: in which it was due, since the start of the test
    :param response: None when there was none, or not the whole of one
    :param seconds: from the first byte sent to the end, whatever that was
    """
    if failure is not None:
        samples.collect(request, response, failure, seconds)
    if log.is_on and not log.skips():
        log.add(request, second, None if response is None else response.status, seconds, body_bytes, failure)


def connect(environment: Any, contribute: Callable[[str, Callable, Callable], None]) -> None:
    """:param contribute: adds a part to the reports of workers: key, taken there, merged on the master"""
    contribute("failureSamples", samples.take, samples.merge)
    contribute("requestLog", log.take, log.merge)
    environment.events.test_start.add_listener(_begin)


def add_route(routes: "flask.Blueprint") -> None:
    """``GET /loadwright/requests?after=``: the log of requests, for whoever writes it to a file."""
    # Not above: what sends requests must not need a web server.
    import flask

    @routes.get("/requests")
    def requests() -> flask.Response:
        after = flask.request.args.get("after", "0")
        if not (after.isascii() and after.isdigit()):
            return flask.Response("after must be a number of rows", 400)
        document = log.after(int(after))
        return flask.Response(json.dumps(document, separators=(",", ":")), mimetype="application/json")


def _begin(**_: Any) -> None:
    failures.reasons.clear()
    samples.clear()
