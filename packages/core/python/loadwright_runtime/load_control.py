"""Which load a test has, and on the master when it ends."""

import time
from typing import Any

import gevent
from flask import Response, after_this_request, request
from gevent.event import Event
from locust.runners import (
    STATE_INIT,
    STATE_MISSING,
    STATE_RUNNING,
    STATE_SPAWNING,
    STATE_STOPPED,
    STATE_STOPPING,
    MasterRunner,
    WorkerRunner,
)

from . import open_run
from .attendance import Attendance
from .bundle import Bundle
from .ending import GRACE_MESSAGE, Ending, shorten
from .endpoint import Limits
from .errors import SetupError
from .gate import gate
from .load_plan import LoadPlan, parse_load, read_load
from .load_shape import stages_shape
from .lost_workers import LostWorkers
from .request_log import log
from .set_up import SetUp
from .user import LoadwrightUser
from .versions import version_warning
from .web_changes import CHANGES

FIELD = "loadwright_load"
"""Of the form of ``POST /swarm``: a load as in ``load.json``. Payloads keep their order if it names none."""
RUN_FIELD = "loadwright_run"
"""The same: id of the run that judges the test. Until its end nobody else may change it."""
INTERACTIVE_FIELD = "loadwright_interactive"
"""The same: others may change it all the same, and it is written down."""

# An option that Locust does not know: the master passes it on to the workers with each order to start users.
_OPTION = "loadwright_plan"
_START_SECONDS = 5.0
_STOP_SECONDS = 10.0
_FLUSH_SECONDS = 0.1
# Beyond the grace period: until the last reports of all workers have come.
_SETTLE_SECONDS = 10.0
# How much earlier than planned a load may have ended by itself: shapes tick once a second.
_END_TOLERANCE_SECONDS = 1.5
_MOST_EVENTS = 200


class LoadControl:
    """
    A test that comes with a load of its own (:data:`FIELD`) has that, and ends by itself after its duration;
    any other has that of the bundle, and ends when it is stopped.
    """

    def __init__(self, environment: Any, bundle: Bundle, set_up: SetUp):
        own = bundle.load
        self._environment = environment
        self._set_up = set_up
        self._longest_request_seconds = Limits.of(bundle.config).request
        self._lost_workers = (
            LostWorkers(environment.runner) if isinstance(environment.runner, MasterRunner) else None
        )
        self._attendance = (
            Attendance(environment.runner, self._note_lost_worker)
            if isinstance(environment.runner, MasterRunner)
            else None
        )
        self._own = own
        self._own_shape = environment.shape_class
        self._next: LoadPlan | None = None
        """What the test that is about to start came with."""
        self._current: LoadPlan | None = None
        self._comes_with_load = False
        self._next_run_id: str | None = None
        self._next_is_interactive = False
        self._run_id: str | None = None
        """Of the run that judges the test."""
        self._is_interactive = False
        self._events: list[dict[str, Any]] = []
        self._ended_by: str | None = None
        self._settled_at: float | None = None
        self._is_under_way = False
        self.number = 0
        """Of the test that runs, or ran last, from 1: it tells tests apart. 0: there was none."""
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
        events.worker_connect.add_listener(self._on_worker_connect)
        runner = environment.runner
        if isinstance(runner, MasterRunner):
            self._quit, runner.quit = runner.quit, self._quit_in_order
        self._ending = None if isinstance(runner, MasterRunner) else Ending(environment)

    def take_form(self) -> Response | None:
        """
        Before each request to the web UI: takes the load that a test comes with, or refuses it. Nobody
        changes a test that a run judges, or its figures.
        """
        action = CHANGES.get(request.endpoint or "")
        if action is None:
            return None
        is_running = self._environment.runner.state in (STATE_SPAWNING, STATE_RUNNING)
        text = request.form.get(FIELD)
        if is_running and text is None:
            is_refused = self._run_id is not None and not self._is_interactive
            detail = f"{action} in the web UI"
            if is_refused:
                detail = f"run {self._run_id} measures: its test is not to be changed ({action})"
            self.note(action, detail, accepted=not is_refused)
            if is_refused:
                return Response(detail, 409)
            if action == "stop":
                self._ended_by = "stop"
            return self._refuse_host() if action == "edit" else None
        if request.endpoint != "locust.swarm":
            return None
        refused = self._refuse_host()
        if refused:
            return refused
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
        self._next_run_id = request.form.get(RUN_FIELD) or None
        self._next_is_interactive = request.form.get(INTERACTIVE_FIELD) == "1"
        self._environment.shape_class = self._shape(plan)
        self._has_started.clear()
        after_this_request(self._wait_for_start)
        return None

    def is_stopping(self, worker: Any) -> bool:
        """Whether a worker that Locust takes for ready has still to obey the last stop."""
        return worker.state == STATE_INIT and worker.id in self._told_to_stop

    def state_of(self, worker: Any) -> str:
        """As Locust calls it; ``preparing`` before a worker has read its data."""
        if self.is_stopping(worker):
            return STATE_STOPPING
        if worker.state == STATE_INIT and not self._set_up.is_ready(worker.id):
            return "preparing"
        return worker.state

    def statistics(self) -> dict[str, Any]:
        """What ``MasterStatistics`` of @loadwright/core says of the test."""
        common: dict[str, Any] = {"setUp": self._set_up.statistics()}
        warning = version_warning()
        if warning is not None:
            common["versionWarning"] = warning
        if self._current is None:
            return {"events": [], **common}
        # When the last worker is lost Locust tells nobody that the test is over.
        if self._ended_at is None and self._environment.runner.state == STATE_STOPPED:
            self._ended_at = time.time()
            self._ended_by = self._ended_by or "workers-lost"
        if self._ended_at is None and self._attendance is not None:
            self._attendance.look()
        if self._settled_at is None and self._ended_at is not None and not self._is_draining():
            self._settled_at = time.time()
            if self._attendance is not None:
                self._attendance.look_at_end(self._told_to_stop)
        test = {
            "number": self.number,
            "startedAt": self._started_at,
            "endsAt": self._ends_at,
            "endedAt": self._ended_at,
            "settledAt": self._settled_at,
            "endedBy": self._ended_by,
            "runId": self._run_id,
        }
        known = {name: value for name, value in test.items() if value is not None}
        return {
            "test": {**known, "load": self._document(self._current)},
            "events": self._events,
            **common,
        }

    def note(self, action: str, detail: str, *, accepted: bool = True, when: float | None = None) -> None:
        """Writes down what happened to the test, for its report. By default now."""
        if len(self._events) < _MOST_EVENTS:
            event = {"time": when or time.time(), "action": action, "accepted": accepted, "detail": detail}
            self._events.append(event)

    def _note_lost_worker(self, detail: str) -> None:
        # Seen after the end, it happened before: one that had nothing more to tell would have said so.
        self.note("worker-lost", detail, when=min(time.time(), self._ended_at or float("inf")))

    def stop(self, run_id: str | None, by: str, grace_seconds: float | None) -> str | None:
        """
        Ends the test, and waits until every worker has handed over its figures.

        :param run_id: of the run whose test it is, when that asks
        :param by: who asks, for people
        :param grace_seconds: for requests on their way, when it is to be shorter than the load says
        :returns: why it was not ended; None when it was
        """
        runner = self._environment.runner
        if grace_seconds is not None:
            self._shorten(grace_seconds)
        if runner.state in (STATE_SPAWNING, STATE_RUNNING):
            if run_id is None or run_id != self._run_id:
                self.note("stop", by)
            self._ended_by = "stop"
            web_ui = self._environment.web_ui
            if web_ui is not None and web_ui._swarm_greenlet is not None:
                web_ui._swarm_greenlet.kill(block=True)
                web_ui._swarm_greenlet = None
            runner.stop()
        grace = gate.grace_seconds if self._current is None else self._grace(self._current)
        if self._wait_until_settled(grace if grace_seconds is None else min(grace, grace_seconds)):
            return None
        return "the load could not be stopped: workers do not answer"

    def begin_time(self) -> None:
        """From now on the duration counts: with an arrival rate from the first moment of its schedule."""
        self._cancel()
        self._started_at = time.time()
        if self._comes_with_load and self._current is not None:
            seconds = self._current.duration_seconds
            self._ends_at = time.time() + seconds
            # Stages end by themselves: Locust's shape stops the test after the last one.
            if not self._current.stages:
                self._timer = gevent.spawn_later(seconds, self._end)

    def _refusal(self, has_load: bool) -> str | None:
        runner = self._environment.runner
        # Locust says "stopped" before it is done with stopping, and would stop what starts in between.
        is_over = (
            self._ending.wait(_STOP_SECONDS)
            if self._ending is not None
            else self._has_stopped.wait(_STOP_SECONDS) or runner.state != STATE_STOPPING
        )
        if not is_over:
            return "the test before has not ended yet: its last requests are under way, try again"
        # After the waiting: of all who waited only one may start.
        if self._next is not None or runner.state in (STATE_SPAWNING, STATE_RUNNING):
            return "a test is under way: stop it first"
        if isinstance(runner, MasterRunner):
            ready = [node for node in runner.clients.ready if not self.is_stopping(node)]
            if has_load and not ready:
                return "no worker is ready: wait until they are connected"
            waiting = [node for node in ready if not self._set_up.is_ready(node.id)]
            if waiting:
                return f"{len(waiting)} of {len(ready)} workers are not ready: they still read their data"
        return None

    def _refuse_host(self) -> Response | None:
        host = request.form.get("host")
        if not host:
            return None
        try:
            LoadwrightUser.require_host(host)
        except SetupError as error:
            self.note("start", str(error), accepted=False)
            return Response(str(error), 400)
        return None

    def _grace(self, plan: LoadPlan) -> float:
        return min(plan.graceful_stop_seconds, self._longest_request_seconds)

    def _document(self, plan: LoadPlan) -> dict[str, Any]:
        return {**plan.document, "gracefulStopSeconds": self._grace(plan)}

    def _is_draining(self) -> bool:
        runner = self._environment.runner
        if self._ending is not None:
            return not self._ending.is_over
        return any(
            node.id in self._told_to_stop and node.state != STATE_MISSING for node in runner.clients.values()
        )

    def _wait_until_settled(self, grace_seconds: float) -> bool:
        with gevent.Timeout(grace_seconds + _SETTLE_SECONDS, False):
            while self._is_draining():
                gevent.sleep(_FLUSH_SECONDS)
            return True
        return False

    def _shorten(self, grace_seconds: float) -> None:
        """For the test that runs, and what is on its way of it."""
        shorten(grace_seconds)
        runner = self._environment.runner
        if isinstance(runner, MasterRunner):
            runner.send_message(GRACE_MESSAGE, {"seconds": grace_seconds})

    def _quit_in_order(self) -> None:
        """Locust tells its workers to quit, and waits half a second for what they have still to report."""
        runner = self._environment.runner
        if runner.state in (STATE_SPAWNING, STATE_RUNNING):
            runner.stop()
        if self._current is not None:
            self._wait_until_settled(self._grace(self._current))
        self._quit()

    def _on_worker_connect(self, client_id: str, **_: Any) -> None:
        if client_id in self._told_to_stop:
            self._told_to_stop.discard(client_id)
        elif self._is_under_way:
            self.note("worker-joined", f"worker {client_id} joined")

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
            plan = read_load(document) if document else self._own
            LoadwrightUser.follow(plan)
            # With arrivals the time counts from the first of them.
            has_end = document is not None and not plan.arrivals
            gate.open(self._grace(plan), plan.duration_seconds if has_end else None)
            log.begin(plan.log_requests)
            return
        plan, self._next = self._next, None
        self._run_id, self._next_run_id = self._next_run_id, None
        self._is_interactive, self._next_is_interactive = self._next_is_interactive, False
        self._events, self._ended_by, self._settled_at = [], None, None
        self._is_under_way = True
        if self._attendance is not None:
            self._attendance.begin()
        self.number += 1
        self._comes_with_load = plan is not None
        self._current = plan or self._own
        LoadwrightUser.follow(self._current)
        setattr(options, _OPTION, plan.document if plan else None)
        gate.open(self._grace(self._current))
        log.begin(self._current.log_requests)
        self._ends_at, self._ended_at = None, None
        self.begin_time()
        self._has_started.set()

    def _on_stopping(self, **_: Any) -> None:
        self._cancel()
        self._is_under_way = False
        self._has_stopped.clear()
        runner = self._environment.runner
        if isinstance(runner, MasterRunner):
            # Before the end is told: whoever reads that now must not take it for settled.
            self._told_to_stop = set(runner.clients)
            # Whoever left before is none of those that leave because they were told to stop.
            if self._attendance is not None:
                self._attendance.look()
        if not isinstance(runner, WorkerRunner):
            self._ended_at = time.time()
            self._ended_by = self._ended_by or self._why_it_ends()
        if isinstance(runner, MasterRunner):
            self._end_starting(runner)

    def _on_stop(self, **_: Any) -> None:
        self._restore_shape()
        self._has_stopped.set()

    def _why_it_ends(self) -> str:
        plan, runner = self._current, self._environment.runner
        # The default of a test by hand, too, is over after its duration.
        if (
            plan is not None
            and time.time() >= self._started_at + plan.duration_seconds - _END_TOLERANCE_SECONDS
        ):
            return "duration"
        if isinstance(runner, MasterRunner) and runner.worker_count <= 0:
            return "workers-lost"
        return "other"

    def _cancel(self) -> None:
        timer, self._timer = self._timer, None
        if timer is not None:
            timer.kill(block=False)

    def _end(self) -> None:
        # Not to be cancelled by the stop that it brings about.
        self._timer = None
        self._ended_by = "duration"
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
