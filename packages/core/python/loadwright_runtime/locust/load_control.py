"""Which load a test has, and on the master when it ends."""

import time
from functools import partial
from typing import Any, NamedTuple

import gevent
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

from ..http.endpoint import Limits
from ..load.attendance import Attendance
from ..load.ending import GRACE_MESSAGE, Ending, shorten
from ..load.gate import gate
from ..load.load_plan import LoadPlan, read_load
from ..load.user import LoadwrightUser
from ..measure.request_log import log
from ..source.bundle import Bundle
from ..source.set_up import SetUp
from .event_log import EventLog
from .load_shape import stages_shape
from .lost_workers import LostWorkers
from .versions import version_warning

# An option that Locust does not know: the master passes it on to the workers with each order to start users.
_OPTION = "loadwright_plan"
_FLUSH_SECONDS = 0.1
# Beyond the grace period: until the last reports of all workers have come.
_SETTLE_SECONDS = 10.0
# How much earlier than planned a load may have ended by itself: shapes tick once a second.
_END_TOLERANCE_SECONDS = 1.5


class Announced(NamedTuple):
    """What a test that is about to start came with."""

    plan: LoadPlan
    run_id: str | None
    """Of the run that judges it."""
    is_interactive: bool
    """Whether others may change it all the same, which is written down."""


class LoadControl:
    """
    A test that comes with a load of its own (:class:`Announced`) has that, and ends by itself after its
    duration; any other has that of the bundle, and ends when it is stopped, or after the time that whoever
    started it gave it.
    """

    def __init__(self, environment: Any, bundle: Bundle, set_up: SetUp):
        own = bundle.load
        self._environment = environment
        self.log = EventLog(environment.runner)
        self._set_up = set_up
        self._longest_request_seconds = Limits.of(bundle.config).result
        self._lost_workers = (
            LostWorkers(environment.runner) if isinstance(environment.runner, MasterRunner) else None
        )
        self._attendance = (
            Attendance(environment.runner, self._note_lost_worker, partial(self.log.note, "worker-left"))
            if isinstance(environment.runner, MasterRunner)
            else None
        )
        self._own = own
        self._own_shape = environment.shape_class
        self._next: Announced | None = None
        self._next_seconds: float | None = None
        """After which a test by hand is to end."""
        self._seconds: float | None = None
        self._current: LoadPlan | None = None
        self._comes_with_load = False
        self.run_id: str | None = None
        """Of the run that judges the test."""
        self.is_interactive = False
        self._ended_by: str | None = None
        self._settled_at: float | None = None
        self._is_under_way = False
        self.number = 0
        """Of the test that runs, or ran last, from 1: it distinguishes tests. 0: there was none."""
        self._started_at = 0.0
        self._ends_at: float | None = None
        self._ended_at: float | None = None
        self._timer: gevent.Greenlet | None = None
        self.has_started = Event()
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

    @property
    def is_running(self) -> bool:
        return self._environment.runner.state in (STATE_SPAWNING, STATE_RUNNING)

    @property
    def is_about_to_start(self) -> bool:
        """Whether a test was announced that has not begun."""
        return self._next is not None

    def make_ready(self) -> None:
        """Before a test: nothing of the one before is left."""
        if self._lost_workers is not None:
            self._lost_workers.forget()
        self._restore_shape()

    def announce(self, announced: Announced) -> None:
        """What the test comes with that starts next."""
        self._next = announced
        self._environment.shape_class = self._shape(announced.plan)
        self.has_started.clear()

    def announce_by_hand(self, seconds: float | None) -> None:
        """The test that starts next has the load of the bundle, and is to end after so long; None: never."""
        self._next_seconds = seconds

    def end_in(self, seconds: float) -> None:
        """Gives the test that runs another end, counted from now."""
        self._cancel()
        self._seconds = time.time() - self._started_at + seconds
        self._ends_at = time.time() + seconds
        self._timer = gevent.spawn_later(seconds, self._end)

    def withdraw(self) -> None:
        """What was announced does not start."""
        self._next = None
        self._environment.shape_class = self._own_shape

    def ends_by_hand(self) -> None:
        """Somebody is about to stop the test."""
        self._ended_by = "stop"

    def wait_until_stopped(self, seconds: float) -> bool:
        """Whether the test before has ended, which may take a moment."""
        if self._ending is not None:
            return self._ending.wait(seconds)
        return self._has_stopped.wait(seconds) or self._environment.runner.state != STATE_STOPPING

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
            return {"events": [], "exceptions": self.log.exceptions(), **common}
        # When the last worker is lost Locust informs nobody that the test is over.
        if self._ended_at is None and self._environment.runner.state == STATE_STOPPED:
            self._ended_at = time.time()
            self._ended_by = self._ended_by or "workers-lost"
        if self._ended_at is None and self._attendance is not None:
            self._attendance.look()
        if self._settled_at is None and self._ended_at is not None and not self.is_draining():
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
            "runId": self.run_id,
        }
        known = {name: value for name, value in test.items() if value is not None}
        return {
            "test": {**known, "load": self._document(self._current)},
            "events": self.log.events,
            "exceptions": self.log.exceptions(),
            **common,
        }

    def _note_lost_worker(self, detail: str) -> None:
        # Seen after the end, it happened before: one that had nothing more to tell would have said so.
        self.log.note("worker-lost", detail, when=min(time.time(), self._ended_at or float("inf")))

    def is_of_another(self, run_id: str | None) -> bool:
        """Whether the test that runs is not that of the run, when one asks."""
        return self.is_running and run_id is not None and run_id != self.run_id

    def stop(self, run_id: str | None, by: str, grace_seconds: float | None) -> str | None:
        """
        Ends the test, and waits until every worker has handed over its figures.

        :param run_id: of the run whose test it is, when that asks
        :param by: who asks, for people
        :param grace_seconds: for requests on their way, when it is to be shorter than the load says
        :returns: why it was not ended; None when it was
        """
        runner = self._environment.runner
        if self.is_of_another(run_id):
            self.log.note("stop", f"{by}, for the run {run_id}", accepted=False)
            return f"the load is not that of the run {run_id}"
        if grace_seconds is not None:
            self._shorten(grace_seconds)
        if self.is_running:
            if run_id is None:
                self.log.note("stop", by)
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

    def is_draining(self) -> bool:
        """Whether what is on its way of a test that has ended is still awaited."""
        runner = self._environment.runner
        if self._ending is not None:
            return not self._ending.is_over
        return any(
            node.id in self._told_to_stop and node.state != STATE_MISSING for node in runner.clients.values()
        )

    def scale(self, workers: int, by: str) -> None:
        """
        There are about to be so many workers. While a test is under way that is written down, and those that
        leave for it are not taken for lost.

        :param by: who says so, for people
        """
        if not self._is_under_way or self._attendance is None:
            return
        before = self._attendance.expect(workers)
        self.log.note("scale", f"from {before} to {workers} workers, by {by}", workers=workers)

    def begin_time(self) -> None:
        """From now on the duration counts: with an arrival rate from the first moment of its schedule."""
        self._cancel()
        self._started_at = time.time()
        seconds = self._seconds
        if seconds is not None and self._current is not None:
            self._ends_at = time.time() + seconds
            # Stages end by themselves: Locust's shape stops the test after the last one.
            if not (self._comes_with_load and self._current.stages):
                self._timer = gevent.spawn_later(seconds, self._end)

    def _grace(self, plan: LoadPlan) -> float:
        return min(plan.graceful_stop_seconds, self._longest_request_seconds)

    def _document(self, plan: LoadPlan) -> dict[str, Any]:
        return {**plan.document, "gracefulStopSeconds": self._grace(plan)}

    def _wait_until_settled(self, grace_seconds: float) -> bool:
        with gevent.Timeout(grace_seconds + _SETTLE_SECONDS, False):
            while self.is_draining():
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
        """Locust asks its workers to quit, and waits half a second for what they have still to report."""
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
            self.log.note("worker-joined", f"worker {client_id} joined")
            # It is among the master's clients as soon as its listeners are done.
            if self._attendance is not None:
                gevent.spawn(self._attendance.join, client_id)

    def _shape(self, plan: LoadPlan) -> Any:
        if not plan.stages:
            return None
        shape = stages_shape(plan)()
        shape.runner = self._environment.runner
        return shape

    def _restore_shape(self) -> None:
        if self._comes_with_load:
            self._environment.shape_class = self._own_shape

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
        announced, self._next = self._next, None
        by_hand, self._next_seconds = self._next_seconds, None
        plan, self.run_id, self.is_interactive = announced or (None, None, False)
        self._seconds = plan.duration_seconds if plan is not None else by_hand
        self.log.clear()
        self._ended_by, self._settled_at = None, None
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
        self.has_started.set()

    def _on_stopping(self, **_: Any) -> None:
        self._cancel()
        self._is_under_way = False
        self._has_stopped.clear()
        runner = self._environment.runner
        if isinstance(runner, MasterRunner):
            # Before the end is reported: whoever reads that now must not take it for settled.
            self._told_to_stop = set(runner.clients)
            # Whoever left before is none of those that leave because they were asked to stop.
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
