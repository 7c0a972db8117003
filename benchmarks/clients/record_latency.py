"""
Loaded beside another Locust file: writes what that one reports, without rounding, to the file that
BENCHMARK_LATENCIES names. Requests until all users are there are left out.
"""

import json
import os
from array import array
from pathlib import Path
from typing import Any

from locust import events

_latencies = array("d")
_all_users_are_there = False


@events.spawning_complete.add_listener
def begin(**_: Any) -> None:
    global _all_users_are_there
    _all_users_are_there = True


@events.request.add_listener
def record(response_time: float, **_: Any) -> None:
    if _all_users_are_there:
        _latencies.append(response_time)


@events.quitting.add_listener
def write(**_: Any) -> None:
    Path(os.environ["BENCHMARK_LATENCIES"]).write_text(json.dumps(_latencies.tolist()))
