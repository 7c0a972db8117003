"""Which load a test has, and on the master when it ends."""

import time
from typing import Any

import gevent
from flask import Response, after_this_request, request
from gevent.event import Event
from locust.runners import (
    STATE_INIT,
    STATE_RUNNING,
    STATE_SPAWNING,
    STATE_STOPPED,
    STATE_STOPPING,
    MasterRunner,
    WorkerRunner,
)

from . import open_run
from .errors import SetupError
from .load_plan import LoadPlan, parse_load, read_load
from .load_shape import stages_shape
from .lost_workers import LostWorkers
from .user import LoadwrightUser

FIELD = "loadwright_load"
"""Of the form of ``POST /swarm``: a load as in ``load.json``. Payloads keep their order if it names none."""

# An option that Locust does not know: the master passes it on to the workers with each order to start users.
_OPTION = "loadwright_plan"
_START_SECONDS = 5.0
_STOP_SECONDS = 10.0
_FLUSH_SECONDS = 0.1


class LoadControl:
    """
    A test that comes with a load of its own (:data:`FIELD`) has that, and ends by itself after its duration;
    any other has that of the bundle, and ends when it is stopped.
    """

    def __init__(self, environment: Any, own: LoadPlan):
        self._environment = environment
        self._lost_workers = (
            LostWorkers(environment.runner) if isinstance(environment.runner, MasterRunner) else None
        )
        self._own = own
        self._own_shape = environment.shape_class
        self._next: LoadPlan | None = None
        """What the test that is about to start came with."""
        self._current: LoadPlan | None = None
        self._comes_with_load = False
        self._is_under_way = False
        self._started_at = 0.0
        self._ends_at: float | None = None
        self._ended_at: float | None = None
        self._timer: gevent.Greenlet | None = None
        self._has_started = Event()
        self._has_stopped = Event()
        self._has_stopped.set()
        self._told_to_stop: set[str] = set()
        """Ids of workers that have not yet obeyed: they leave, and come back."""
        events = environment.events
        events.test_start.add_listener(self._on_start)
        events.test_stopping.add_listener(self._on_stopping)
        events.test_stop.add_listener(self._on_stop)
        events.spawning_complete.add_listener(self._on_spawning_complete)
        events.worker_connect.add_listener(lambda client_id, **_: self._told_to_stop.discard(client_id))

    def take_form(self) -> Response | None:
        """Before each request to the web UI: takes the load that a test comes with, or refuses it."""
        if request.endpoint != "locust.swarm":
            return None
        text = request.form.get(FIELD)
        if text is None and self._environment.runner.state in (STATE_SPAWNING, STATE_RUNNING):
            return None  # Locust changes the number of users.
        refusal = self._refusal(text is not None)
        if refusal:
            return Response(refusal, 409)
        if self._lost_workers is not None:
            self._lost_workers.forget()
        self._restore_shape()
        if text is None:
            return None
        try:
            plan = parse_load(text, self._own.payload_order)
            if plan.arrivals:
                open_run.user_class(self._environment)
        except SetupError as error:
            return Response(f"{FIELD}: {error}", 400)
        self._next = plan
        self._environment.shape_class = self._shape(plan)
        self._has_started.clear()
        after_this_request(self._wait_for_start)
        return None

    def is_stopping(self, worker: Any) -> bool:
        """Whether a worker that Locust takes for ready has still to obey the last stop."""
        return worker.state == STATE_INIT and worker.id in self._told_to_stop

    def statistics(self) -> dict[str, Any]:
        """What ``MasterStatistics`` of @loadwright/core says of the test."""
        if self._current is None:
            return {}
        # When the last worker is lost Locust tells nobody that the test is over.
        if self._ended_at is None and self._environment.runner.state == STATE_STOPPED:
            self._ended_at = time.time()
        times = {"startedAt": self._started_at, "endsAt": self._ends_at, "endedAt": self._ended_at}
        known = {name: value for name, value in times.items() if value is not None}
        return {"test": {**known, "load": self._current.document}}

    def begin_time(self) -> None:
        """From now on the duration counts: with an arrival rate from the first moment of its schedule."""
        self._cancel()
        if self._comes_with_load and self._current is not None:
            seconds = self._current.duration_seconds
            self._ends_at = time.time() + seconds
            # Stages end by themselves: Locust's shape stops the test after the last one.
            if not self._current.stages:
                self._timer = gevent.spawn_later(seconds, self._end)

    def _refusal(self, has_load: bool) -> str | None:
        runner = self._environment.runner
        # Locust says "stopped" before it is done with stopping, and would stop what starts in between.
        if not self._has_stopped.wait(_STOP_SECONDS) and runner.state == STATE_STOPPING:
            return "the test before has not ended yet: its last requests are under way, try again"
        # After the waiting: of all who waited only one may start.
        if self._next is not None or runner.state in (STATE_SPAWNING, STATE_RUNNING):
            return "a test is under way: stop it first"
        if has_load and isinstance(runner, MasterRunner) and all(map(self.is_stopping, runner.clients.ready)):
            return "no worker is ready: wait until they are connected"
        return None

    def _shape(self, plan: LoadPlan) -> Any:
        if not plan.stages:
            return None
        shape = stages_shape(plan)()
        shape.runner = self._environment.runner
        return shape

    def _restore_shape(self) -> None:
        if self._comes_with_load:
            self._environment.shape_class = self._own_shape

    def _wait_for_start(self, response: Response) -> Response:
        """Whoever asks for statistics after the answer sees the new test."""
        if not self._has_started.wait(_START_SECONDS):
            # For another field of the form, or because the last worker has just gone.
            self._next = None
            self._environment.shape_class = self._own_shape
            if response.get_json()["success"]:
                return Response("no test was started: no worker is ready", 409)
        return response

    def _on_start(self, **_: Any) -> None:
        options = self._environment.parsed_options
        runner = self._environment.runner
        if isinstance(runner, WorkerRunner):
            # Still "stopped" from the test before, a worker ignores an order to stop that comes before it has
            # started users: they go on without a test.
            runner.update_state(STATE_SPAWNING)
            document = getattr(options, _OPTION, None)
            LoadwrightUser.follow(read_load(document) if document else self._own)
            return
        plan, self._next = self._next, None
        self._is_under_way = True
        self._comes_with_load = plan is not None
        self._current = plan or self._own
        LoadwrightUser.follow(self._current)
        setattr(options, _OPTION, plan.document if plan else None)
        self._started_at, self._ends_at, self._ended_at = time.time(), None, None
        self.begin_time()
        self._has_started.set()

    def _on_stopping(self, **_: Any) -> None:
        self._cancel()
        self._is_under_way = False
        self._has_stopped.clear()
        if isinstance(self._environment.runner, MasterRunner):
            self._end_starting(self._environment.runner)
            self._told_to_stop = set(self._environment.runner.clients)

    def _on_stop(self, **_: Any) -> None:
        self._ended_at = time.time()
        self._restore_shape()
        self._has_stopped.set()

    def _cancel(self) -> None:
        timer, self._timer = self._timer, None
        if timer is not None:
            timer.kill(block=False)

    def _end(self) -> None:
        # Not to be cancelled by the stop that it brings about.
        self._timer = None
        self._environment.runner.stop()

    def _end_starting(self, runner: MasterRunner) -> None:
        """Whatever stops the test: users that are still being started would go on to be."""
        runner.update_state(STATE_STOPPING)
        runner._users_dispatcher = None
        web_ui = self._environment.web_ui
        if web_ui is not None and web_ui._swarm_greenlet is not None:
            starting, web_ui._swarm_greenlet = web_ui._swarm_greenlet, None
            starting.kill(block=True)
        # Orders to start users that are on their way to the workers must reach them before the order to
        # stop, or they go on for ever.
        gevent.sleep(_FLUSH_SECONDS)

    def _on_spawning_complete(self, **_: Any) -> None:
        # Locust also starts users when a worker comes or goes. If the test is stopped in the meantime it says
        # "running" afterwards, and no test could be started any more.
        runner = self._environment.runner
        if isinstance(runner, MasterRunner) and not self._is_under_way:
            runner.update_state(STATE_STOPPING)
            runner.check_stopped()
