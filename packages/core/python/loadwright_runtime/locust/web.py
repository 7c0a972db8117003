"""What Loadwright adds to the web UI of a master: a route for machines, and a login."""

import json
from pathlib import Path
from typing import Any

from flask import Blueprint, Response, request

from ..measure import answers
from ..measure.counters import Counters
from ..measure.samples import Sampler
from ..measure.statistics import master_series, master_statistics
from . import bundle_route, login
from .load_control import LoadControl
from .preflight_route import Preflight
from .web_guard import WebGuard


def extend(
    environment: Any,
    counters: Counters,
    control: LoadControl,
    guard: WebGuard,
    preflight: Preflight,
    directory: Path,
) -> None:
    """
    Adds ``GET /loadwright/statistics``, ``GET /loadwright/series?after=&samplesAfter=``,
    ``POST /loadwright/stop``, ``POST /loadwright/scale``, ``POST /loadwright/preflight``,
    ``GET /loadwright/bundle``, what :mod:`.answers` adds, a field to the form of ``POST /swarm``, and the
    login when its variable is set.

    :param directory: of the bundle
    """
    base_path = environment.parsed_options.web_base_path
    routes = Blueprint("loadwright", __name__, url_prefix=f"{base_path}/loadwright")

    sampler = Sampler(environment, counters)

    @routes.get("/statistics")
    def statistics() -> Response:
        return _json(master_statistics(environment, counters, control))

    @routes.get("/series")
    def series() -> Response:
        after, samples_after = (request.args.get(name, "0") for name in ("after", "samplesAfter"))
        if not (after + samples_after).isdecimal() or len(after + samples_after) > 40:
            return Response("after and samplesAfter must be whole numbers", 400)
        return _json(master_series(counters, control, sampler, int(after), int(samples_after)))

    @routes.post("/stop")
    def stop() -> Response:
        grace = request.form.get("grace")
        try:
            seconds = None if grace is None else max(0.0, float(grace))
        except ValueError:
            return Response("grace must be a number of seconds", 400)
        run_id = request.form.get("run")
        is_refused = control.is_of_another(run_id)
        refusal = control.stop(run_id, request.form.get("by") or "a program", seconds)
        if is_refused:
            return Response(refusal, 409)
        return _json({"success": refusal is None, "message": refusal or "the load has ended"})

    @routes.post("/scale")
    def scale() -> Response:
        workers = request.form.get("workers", "")
        if not workers.isdecimal() or len(workers) > 6 or int(workers) < 1:
            return Response("workers must be a whole number from 1", 400)
        control.scale(int(workers), request.form.get("by") or "a program")
        return _json({"success": True, "message": f"{workers} workers are expected"})

    preflight.add_route(routes)
    bundle_route.add_route(routes, environment, directory)
    answers.add_route(routes)
    login.protect(environment.web_ui, routes, base_path)
    # After the login: what it refuses is not looked at.
    environment.web_ui.app.before_request(guard.look)
    environment.web_ui.app.register_blueprint(routes)


def _json(document: dict[str, Any]) -> Response:
    return Response(json.dumps(document, separators=(",", ":")), mimetype="application/json")
