"""Loaded beside every Locust file: writes what was counted in the end to the file BENCHMARK_OUTCOME names."""

import json
import os
from pathlib import Path
from typing import Any

from locust import events
from locust.env import Environment


@events.init.add_listener
def remember(environment: Environment, **_: Any) -> None:
    @environment.events.quit.add_listener
    def write(**_: Any) -> None:
        total = environment.stats.total
        errors = [f"{error.occurrences} × {error.error}" for error in environment.stats.errors.values()]
        outcome = {"counted": total.num_requests, "failures": total.num_failures, "errors": errors}
        Path(os.environ["BENCHMARK_OUTCOME"]).write_text(json.dumps(outcome))
