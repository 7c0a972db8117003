"""What Loadwright adds to the web UI of a master: a route for machines, and a login."""

import json
from typing import Any

from flask import Blueprint, Response, request

from . import login
from .counters import Counters
from .load_control import LoadControl
from .preflight_route import Preflight
from .statistics import master_statistics


def extend(environment: Any, counters: Counters, control: LoadControl, preflight: Preflight) -> None:
    """
    Adds ``GET /loadwright/statistics?since=``, ``POST /loadwright/preflight``, a field to the form of
    ``POST /swarm``, and the login when its variable is set.
    """
    base_path = environment.parsed_options.web_base_path
    routes = Blueprint("loadwright", __name__, url_prefix=f"{base_path}/loadwright")

    @routes.get("/statistics")
    def statistics() -> Response:
        try:
            since = float(request.args.get("since", 0))
        except ValueError:
            return Response("since must be a Unix time in seconds", 400)
        document = master_statistics(environment, counters, control, since)
        return Response(json.dumps(document, separators=(",", ":")), mimetype="application/json")

    preflight.add_route(routes)
    login.protect(environment.web_ui, routes, base_path)
    # After the login: what it refuses is not looked at.
    environment.web_ui.app.before_request(control.take_form)
    environment.web_ui.app.register_blueprint(routes)
