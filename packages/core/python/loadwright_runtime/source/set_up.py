"""Work that grows with the data, before a worker is ready: in slices, so that its heartbeats go on."""

import time
from collections.abc import Callable
from typing import Any

import gevent
from locust.runners import STATE_INIT, MasterRunner, WorkerNode, WorkerNodes, WorkerRunner

_MESSAGE = "loadwright_set_up"
# Heartbeats come once a second, and three may be missed.
_SLICE_SECONDS = 0.05
_REPORT_SECONDS = 0.5

Progress = Callable[[str, float], None]
"""Text for people, and the share that is done, from 0 to 1."""


def let_others_run() -> None:
    """
    Lets all greenlets run that may, also those that waited for a time or for a socket. ``gevent.sleep(0)``
    looks at timers and sockets once in fifty calls only (``CALLBACK_CHECK_COUNT`` of gevent's loop).
    """
    gevent.sleep(0.001)


def no_progress(text: str, share: float) -> None:
    """Where nobody waits."""


class SetUp:
    """On a worker: reports how far it is. On a master: which workers may be given users."""

    def __init__(self, environment: Any):
        self._runner = environment.runner
        self._slice_end = time.monotonic() + _SLICE_SECONDS
        self._reported_at = 0.0
        self._workers: dict[str, tuple[str, float]] = {}
        if isinstance(self._runner, MasterRunner):
            self._runner.register_message(_MESSAGE, self._on_message)
            options = environment.parsed_options
            if options is not None and options.headless:
                self._runner.clients = _Prepared(self._runner.clients, self)
                environment.events.test_start.add_listener(self._runner.clients.end_waiting)

    def progress(self, text: str, share: float) -> None:
        """Lets heartbeats and messages through now and then."""
        now = time.monotonic()
        if now < self._slice_end:
            return
        if now - self._reported_at >= _REPORT_SECONDS:
            self._reported_at = now
            self._tell(text, share)
        let_others_run()
        self._slice_end = time.monotonic() + _SLICE_SECONDS

    def done(self) -> None:
        """The worker may be given users."""
        self._tell("", 1.0)

    def is_ready(self, worker_id: str) -> bool:
        """On a master: whether a worker has all it needs."""
        return self._workers.get(worker_id, ("", 0.0))[1] >= 1.0

    def statistics(self) -> dict[str, Any]:
        """``setUp`` of ``MasterStatistics``."""
        if not isinstance(self._runner, MasterRunner):
            return {"done": True, "workers": []}
        waiting = [
            {"id": node.id, "text": text, "fraction": share}
            for node in self._runner.clients.values()
            if node.state == STATE_INIT and not self.is_ready(node.id)
            for text, share in [self._workers.get(node.id, ("starting", 0.0))]
        ]
        return {"done": not waiting, "workers": waiting}

    def _tell(self, text: str, share: float) -> None:
        if isinstance(self._runner, WorkerRunner):
            self._runner.send_message(_MESSAGE, {"text": text, "share": share})

    def _on_message(self, msg: Any, **_: Any) -> None:
        self._workers[msg.node_id] = str(msg.data["text"])[:200], float(msg.data["share"])


class _Prepared(WorkerNodes):
    """
    The workers of a master that starts by itself, as soon as so many as it expects are ready: Locust counts
    those that still read their data, and their share of the load would be missing at first.
    """

    def __init__(self, nodes: WorkerNodes, set_up: SetUp):
        self._worker_nodes = nodes._worker_nodes
        self._set_up = set_up
        self._is_waiting = True

    def end_waiting(self, **_: Any) -> None:
        """The test has begun."""
        self._is_waiting = False

    @property
    def ready(self) -> list[WorkerNode]:
        ready = super().ready
        is_waited_for = self._is_waiting and not all(self._set_up.is_ready(node.id) for node in ready)
        return [] if is_waited_for else ready
