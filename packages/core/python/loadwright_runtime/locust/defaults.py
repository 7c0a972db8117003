"""The numbers of ``load.json`` as defaults of Locust's own options."""

from typing import Any

from ..load.load_plan import LoadPlan


def apply_defaults(options: Any, plan: LoadPlan) -> None:
    """Fills in what was not given by flag, variable or configuration file. Stages bring their own numbers."""
    if plan.stages:
        return
    if options.num_users is None:
        options.num_users = plan.users
    if options.spawn_rate is None:
        options.spawn_rate = plan.spawn_rate
    # Only without the web UI: its timer is not cancelled when a test is stopped, and would end the next one.
    if options.run_time is None and options.headless and not options.worker:
        options.run_time = plan.duration_seconds
