"""What may be asked of a test over the web UI, and by whom. On a master or a lone process."""

from typing import Any

from flask import Response, after_this_request, request
from locust.runners import MasterRunner
from locust.util.timespan import parse_timespan
from werkzeug.datastructures import ImmutableMultiDict

from ..load import open_run
from ..load.load_plan import parse_load
from ..load.user import LoadwrightUser
from ..source.errors import SetupError
from ..source.set_up import SetUp
from .load_control import Announced, LoadControl
from .web_changes import CHANGES

FIELD = "loadwright_load"
"""Of the form of ``POST /swarm``: a load as in ``load.json``. Payloads keep their order if it names none."""
RUN_FIELD = "loadwright_run"
"""The same: id of the run that judges the test. Until its end nobody else may change it."""
INTERACTIVE_FIELD = "loadwright_interactive"
"""The same: others may change it all the same, and it is written down."""

_START_SECONDS = 5.0
_STOP_SECONDS = 10.0


class WebGuard:
    """Looks at each request to the web UI before Locust does."""

    def __init__(self, environment: Any, control: LoadControl, set_up: SetUp, payload_order: str):
        """:param payload_order: of a load that names none"""
        self._environment = environment
        self._control = control
        self._set_up = set_up
        self._payload_order = payload_order

    def look(self) -> Response | None:
        """
        Takes the load that a test comes with, or refuses it. Nobody changes a test that a run judges, or its
        figures.
        """
        action = CHANGES.get(request.endpoint or "")
        if action is None:
            return None
        control = self._control
        if control.is_running and FIELD not in request.form:
            is_refused = control.run_id is not None and not control.is_interactive
            detail = f"{action} in the web UI"
            if is_refused:
                detail = f"run {control.run_id} measures: its test is not to be changed ({action})"
            control.log.note(action, detail, accepted=not is_refused)
            if is_refused:
                return Response(detail, 409)
            if action == "stop":
                control.ends_by_hand()
            return self._edit() if action == "edit" else None
        return self._start() if request.endpoint == "locust.swarm" else None

    def _start(self) -> Response | None:
        refused = self._refuse_host()
        if refused:
            return refused
        text = request.form.get(FIELD)
        refusal = self._refusal(text is not None)
        if refusal:
            if self._control.is_running:
                self._control.log.note("start", refusal, accepted=False)
            return Response(refusal, 409)
        self._control.make_ready()
        if text is None:
            # Locust gives a load shape no such end.
            has_shape = self._environment.shape_class is not None
            self._control.announce_by_hand(None if has_shape else self._take_run_time())
            return None
        try:
            plan = parse_load(text, self._payload_order)
            if plan.arrivals:
                open_run.user_class(self._environment)
        except SetupError as error:
            return Response(f"{FIELD}: {error}", 400)
        self._control.announce(
            Announced(plan, request.form.get(RUN_FIELD) or None, request.form.get(INTERACTIVE_FIELD) == "1")
        )
        after_this_request(self._wait_for_start)
        return None

    def _edit(self) -> Response | None:
        refused = self._refuse_host()
        seconds = None if refused else self._take_run_time()
        if seconds is not None:
            self._control.end_in(seconds)
        return refused

    @staticmethod
    def _take_run_time() -> float | None:
        """
        The seconds after which a test by hand is to end, which Locust then does not see: its own timer goes
        on after a stop, and ends the next test.
        """
        run_time = request.form.get("run_time")
        try:
            seconds = parse_timespan(run_time) if run_time else 0
        except ValueError:
            return None  # Locust refuses it.
        fields = [(key, value) for key, value in request.form.items(multi=True) if key != "run_time"]
        request.form = ImmutableMultiDict(fields)
        return seconds or None

    def _refusal(self, has_load: bool) -> str | None:
        control, runner = self._control, self._environment.runner
        # Locust says "stopped" before it is done with stopping, and would stop what starts in between.
        if not control.wait_until_stopped(_STOP_SECONDS):
            return "the test before has not ended yet: its last requests are under way, try again"
        # After the waiting: of all who waited only one may start.
        if control.is_about_to_start or control.is_running:
            return "a test is under way: stop it first"
        if isinstance(runner, MasterRunner):
            ready = [node for node in runner.clients.ready if not control.is_stopping(node)]
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
            self._control.log.note("start", str(error), accepted=False)
            return Response(str(error), 400)
        return None

    def _wait_for_start(self, response: Response) -> Response:
        """Whoever asks for statistics after the answer sees the new test."""
        if not self._control.has_started.wait(_START_SECONDS):
            # For another field of the form, or because the last worker has just gone.
            self._control.withdraw()
            if response.get_json()["success"]:
                return Response("no test was started: no worker is ready", 409)
        return response
