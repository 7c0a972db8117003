"""The open model in a test: begins and ends with it, and is split over the workers that are there."""

import time
from collections.abc import Callable
from typing import Any

import gevent
from gevent.event import Event
from locust.runners import STATE_RUNNING, STATE_SPAWNING, MasterRunner, WorkerRunner

from ..http.endpoint import Endpoint
from ..source.errors import SetupError
from .arrivals import Share
from .ending import LEAVING_MESSAGE
from .gate import gate
from .generator import Generator
from .load_plan import ArrivalPlan
from .open_model import ArrivalLoop
from .replay import ReplayLoop
from .schedule import read_schedule
from .user import LoadwrightUser

_MESSAGE = "loadwright_arrivals"
_LOOK_SECONDS = 0.25
# A new split holds only after all workers must have heard of it, or arrivals would be sent twice or never.
_NOTICE_SECONDS = 0.5
# A worker that does not begin within this time is left out.
_PATIENCE_SECONDS = 3.0
# A master that hears of a worker that leaves answers at once; one that does not in this time is gone itself.
_ANSWER_SECONDS = 3.0

_clock = time.perf_counter
_ACTIVE = (STATE_SPAWNING, STATE_RUNNING)


def connect(environment: Any, on_begin: Callable[[], None]) -> None:
    """
    Lets arrivals begin and end with each test that has them.

    :param on_begin: called when the schedule of a test begins; not on workers
    """
    runner, events = environment.runner, environment.events
    if isinstance(runner, MasterRunner):
        Splitter(runner, on_begin)
        return
    run = OpenRun(environment)
    if isinstance(runner, WorkerRunner):
        runner.register_message(_MESSAGE, run.on_message)
        # Called before what ends the load: in reverse order.
        events.quitting.add_listener(run.on_quitting)
    else:
        events.test_start.add_listener(lambda **_: run.begin_alone(on_begin))
    events.test_stopping.add_listener(run.on_stopping)


def user_class(environment: Any) -> type[LoadwrightUser]:
    """Whose requests arrive. Raises :class:`SetupError` when that is not clear."""
    user_classes = [kind for kind in environment.user_classes if issubclass(kind, LoadwrightUser)]
    if len(user_classes) != 1:
        raise SetupError(
            "with an arrival rate the Locust file must have exactly one class of LoadwrightUser."
        )
    return user_classes[0]


def loop_of(endpoint: Endpoint, plan: ArrivalPlan) -> ArrivalLoop:
    """What sends the arrivals of a plan: those of a trace by the schedule of the bundle."""
    if plan.kind != "trace":
        return ArrivalLoop(endpoint, plan)
    return ReplayLoop(endpoint, LoadwrightUser.load_plan, read_schedule(LoadwrightUser.bundle.schedule_file))


class OpenRun:
    """The arrivals of this process, in one test after the other."""

    def __init__(self, environment: Any):
        self._environment = environment
        self._loop: ArrivalLoop | None = None
        self._is_relieved = Event()
        """Set when others send what this process sent."""

    def begin_alone(self, on_begin: Callable[[], None]) -> None:
        """In a process without workers."""
        plan = LoadwrightUser.load_plan.arrivals
        if plan is not None:
            self._begin(plan, 0.0, Share())
            on_begin()

    def on_message(self, environment: Any, msg: Any, **_: Any) -> None:
        share = Share(msg.data["index"], msg.data["count"], msg.data["from"])
        plan = LoadwrightUser.load_plan.arrivals
        if self._loop is not None:
            self._loop.split_again(share)
            if share.count == 0:
                gevent.spawn_later(share.from_seconds - msg.data["elapsed"], self._is_relieved.set)
        elif plan is not None and share.count > 0:
            self._begin(plan, msg.data["elapsed"], share)

    def on_quitting(self, **_: Any) -> None:
        """In the middle of a load: hands over what this worker sends, so that nothing of it is left out."""
        if not gate.is_open:
            return
        self._environment.runner.send_message(LEAVING_MESSAGE)
        if self._loop is not None:
            self._is_relieved.wait(_ANSWER_SECONDS)

    def _begin(self, plan: ArrivalPlan, elapsed: float, share: Share) -> None:
        """:param elapsed: seconds since the test began"""
        began = _clock() - elapsed
        endpoint = user_class(self._environment).endpoint(self._environment)
        loop = loop_of(endpoint, plan)
        Generator.of(self._environment, LoadwrightUser.counters).waiting = lambda: loop.waiting
        self._loop = loop
        end = began + LoadwrightUser.load_plan.duration_seconds
        gate.open(gate.grace_seconds, end - _clock())
        loop.begin(began, share)

    def on_stopping(self, **_: Any) -> None:
        loop, self._loop = self._loop, None
        if loop is None:
            return
        loop.close()
        Generator.of(self._environment, LoadwrightUser.counters).waiting = lambda: (0, None)


class Splitter:
    """On the master: gives each worker its share, and again when there are others."""

    def __init__(self, runner: MasterRunner, on_begin: Callable[[], None]):
        self._runner = runner
        self._on_begin = on_begin
        self._workers: list[str] = []
        self._began = 0.0
        self._leaving: set[str] = set()
        self._waiting_since: float | None = None
        runner.environment.events.test_start.add_listener(self._reset)
        runner.register_message(LEAVING_MESSAGE, self._on_leaving)
        runner.greenlet.spawn(self._run)

    def _reset(self, **_: Any) -> None:
        self._workers, self._waiting_since = [], None
        self._leaving.clear()

    def _on_leaving(self, msg: Any, **_: Any) -> None:
        # A share that comes after the end of a load would begin it again.
        is_active = self._runner.state in _ACTIVE
        if not is_active or msg.node_id not in self._workers or len(self._workers) == 1:
            return
        self._leaving.add(msg.node_id)
        self._look()
        elapsed = _clock() - self._began
        none = {"index": 0, "count": 0, "elapsed": elapsed, "from": elapsed + _NOTICE_SECONDS}
        self._runner.send_message(_MESSAGE, none, msg.node_id)

    def _run(self) -> None:
        while True:
            gevent.sleep(_LOOK_SECONDS)
            if self._runner.state in _ACTIVE and LoadwrightUser.load_plan.arrivals:
                self._look()

    def _look(self) -> None:
        clients = self._runner.clients
        active = [
            client.id for client in clients.spawning + clients.running if client.id not in self._leaving
        ]
        if not self._workers:
            if self._waiting_since is None:
                self._waiting_since = _clock()
            if not active or (clients.ready and _clock() - self._waiting_since < _PATIENCE_SECONDS):
                return
            self._began = _clock()
        # In a fixed order, so that a worker keeps its share when nothing changes.
        active.sort(key=self._runner.get_worker_index)
        if not active or active == self._workers:
            return
        begins = not self._workers
        if begins:
            self._on_begin()
        self._workers = active
        elapsed = _clock() - self._began
        for index, worker in enumerate(active):
            share = {"index": index, "count": len(active), "elapsed": elapsed}
            self._runner.send_message(
                _MESSAGE, {**share, "from": 0.0 if begins else elapsed + _NOTICE_SECONDS}, worker
            )
