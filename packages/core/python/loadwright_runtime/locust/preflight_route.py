"""``POST /loadwright/preflight`` of a master: one of its workers makes one request."""

import itertools
import json
from collections.abc import Callable
from typing import Any

import gevent
from flask import Blueprint, Response, request
from gevent import Timeout
from gevent.event import AsyncResult
from locust.runners import (
    STATE_INIT,
    STATE_RUNNING,
    STATE_SPAWNING,
    STATE_STOPPING,
    MasterRunner,
    WorkerRunner,
)

from ..http.endpoint import Limits
from ..source.bundle import Bundle
from . import preflight_run

_ASK = "loadwright_preflight"
_ANSWER = "loadwright_preflight_answer"
_LOADED = (STATE_SPAWNING, STATE_RUNNING)
# Beyond the limits of the request itself: for the way there and back.
_GRACE_SECONDS = 15.0


class Preflight:
    """Asks, on a master or a lone process; answers, on a worker."""

    def __init__(self, environment: Any, bundle: Bundle, is_draining: Callable[[], bool]):
        """
        :param is_draining: whether workers have still to report what they did. To Locust itself, a test that
            lost a worker is stopping for good.
        """
        self._environment = environment
        self._is_draining = is_draining
        limits = Limits.of(bundle.config)
        # Those that a request needs the answers of are sent before it.
        requests = int(bundle.config.get("preflightRequests", 1))
        self._seconds = (limits.connect + limits.request) * requests + _GRACE_SECONDS
        self._numbers = itertools.count()
        self._asked: dict[int, AsyncResult] = {}
        runner = environment.runner
        if isinstance(runner, WorkerRunner):
            runner.register_message(_ASK, self._on_asked)
        elif isinstance(runner, MasterRunner):
            runner.register_message(_ANSWER, self._on_answer)

    def add_route(self, routes: Blueprint) -> None:
        """
        Form: ``path`` asks for that path of the host with GET, in place of the load's own request; ``host``
        is one of the bundle's.
        """

        @routes.post("/preflight")
        def preflight() -> Response:
            runner = self._environment.runner
            if runner.state in _LOADED or (runner.state == STATE_STOPPING and self._is_draining()):
                return Response("a test is running: its figures must not be mixed with a preflight", 409)
            path, host = request.form.get("path"), request.form.get("host")
            if not isinstance(runner, MasterRunner):
                return _json(preflight_run.make(self._environment, path, host))
            worker = next((node.id for node in runner.clients.values() if node.state == STATE_INIT), None)
            if worker is None:
                return Response("no worker is ready: wait until they are connected", 409)
            document = self._ask(worker, path, host)
            if document is None:
                return Response(f"worker {worker} did not answer within {self._seconds:g} s", 504)
            return _json(document)

    def _ask(self, worker: str, path: str | None, host: str | None) -> dict[str, Any] | None:
        number = next(self._numbers)
        answer = self._asked[number] = AsyncResult()
        try:
            data = {"number": number, "path": path, "host": host}
            self._environment.runner.send_message(_ASK, data, worker)
            return answer.get(timeout=self._seconds)
        except Timeout:
            return None
        finally:
            del self._asked[number]

    def _on_asked(self, msg: Any, **_: Any) -> None:
        # Not here: the greenlet that calls this hears the master.
        gevent.spawn(self._answer, msg.data["number"], msg.data["path"], msg.data["host"])

    def _answer(self, number: int, path: str | None, host: str | None) -> None:
        document = preflight_run.make(self._environment, path, host)
        self._environment.runner.send_message(_ANSWER, {"number": number, "document": document})

    def _on_answer(self, msg: Any, **_: Any) -> None:
        answer = self._asked.get(msg.data["number"])
        if answer is not None:
            answer.set(msg.data["document"])


def _json(document: dict[str, Any]) -> Response:
    return Response(json.dumps(document), mimetype="application/json")
