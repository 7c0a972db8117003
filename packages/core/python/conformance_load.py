"""Beside the Locust file of a bundle: prints what a load measured, for the conformance suite.

It is no part of a bundle: ``locust -f locustfile.py,conformance_load.py``.
"""

import json
import os
import time
from typing import Any

import gevent
from loadwright_runtime import LoadwrightUser
from locust import events

MARK = "loadwright-conformance "
"""Before the document, which stands on a line of its own."""


def measured() -> dict[str, Any]:
    counters = LoadwrightUser.counters
    counters.settle()
    figures = counters.figures
    total = figures.total()
    recorded = {
        **{name: trend.count for name, trend in total.trends.items()},
        **total.counters,
        **{name: count for name, (_, count) in total.rates.items()},
    }
    described = counters.metrics.describe()
    return {
        "version": 1,
        "requests": [
            {"name": name, "sent": row.sent, "succeeded": row.succeeded, "failed": row.failed}
            for (method, name), row in figures.names()
            if method or name
        ],
        "errors": [
            {"name": name, "kind": kind, "reason": reason, "count": count}
            for (_, name, kind, reason), count in figures.errors.items()
        ],
        "metrics": {
            name: {**described.get(name, {"kind": "counter", "unit": ""}), "recorded": count}
            for name, count in recorded.items()
        },
    }


@events.test_start.add_listener
def end_in_time(environment: Any, **_: Any) -> None:
    # Locust's own timer counts from before it read the files: a second may end at once.
    gevent.spawn(_end, environment, time.monotonic() + float(os.environ["LOADWRIGHT_CONFORMANCE_SECONDS"]))


def _end(environment: Any, end: float) -> None:
    while time.monotonic() < end:
        gevent.sleep(0.02)
    environment.runner.quit()


@events.quit.add_listener
def tell(**_: Any) -> None:
    print(f"\n{MARK}{json.dumps(measured())}", flush=True)
