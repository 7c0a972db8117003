"""Connects a bundle with Locust."""

from pathlib import Path
from typing import Any

import locust.argument_parser
import locust.runners
import locust.stats
from locust import LoadTestShape, events
from locust.runners import MasterRunner

from ..load import open_run
from ..load.schedule import read_schedule
from ..load.stillness import Stillness, stillness
from ..load.user import LoadwrightUser
from ..measure import answers
from ..measure.counters import Counters
from ..measure.histogram import bucket_of, milliseconds_of
from ..source.bundle import Bundle, read_bundle
from ..source.errors import SetupError
from ..source.set_up import SetUp
from . import forks, lifeline, listener_guard, other_master, preflight_run, seal, web
from .defaults import apply_defaults
from .late_worker import hold_orders
from .load_control import LoadControl
from .load_shape import stages_shape
from .locust_statistics import LocustStatistics
from .preflight_route import Preflight
from .web_guard import WebGuard

# Figures are looked at while the test runs; Locust's own intervals are 3 s and 10 s.
_REPORT_INTERVAL_SECONDS = 1.0
_CPU_INTERVAL_SECONDS = 1.0
_PERCENTILES = [0.5, 0.9, 0.95, 0.99]


def prepare() -> type[LoadTestShape] | None:
    """
    To be called by the Locust file, once. Reads the bundle that this package lies in and sets Locust up.

    :returns: the load shape of ``load.json``, which must stand in the Locust file's namespace; None when it
        has no stages, for any shape there would make Locust ignore its own options
    """
    try:
        lifeline.watch()
        forks.pass_signals_on()
        own_seal = seal.apply()
        bundle = read_bundle(Path(__file__).resolve().parents[2])
    except SetupError as error:
        error.exit()
    counters = Counters()
    LoadwrightUser.configure(bundle, counters)
    locust.runners.WORKER_REPORT_INTERVAL = _REPORT_INTERVAL_SECONDS
    locust.runners.CPU_MONITOR_INTERVAL = _CPU_INTERVAL_SECONDS
    locust.stats.PERCENTILES_TO_STATISTICS = _PERCENTILES
    locust.stats.PERCENTILES_TO_CHART = _PERCENTILES
    locust.stats.bucket_response_time = _bucket
    _keep_default_arguments()
    release_orders = hold_orders()

    @events.init.add_listener
    def on_init(environment: Any, **_: Any) -> None:
        try:
            _set_up(environment, bundle, counters, own_seal)
            release_orders()
        except SetupError as error:
            # Informs the master that this worker goes; without it the master waits until it misses it.
            environment.events.quitting.fire(environment=environment, reverse=True)
            error.exit()

    return stages_shape(bundle.load) if bundle.load.stages else None


def _keep_default_arguments() -> None:
    # With every change of the number of users a worker of Locust builds its whole argument parser, once for
    # each of its options: 100 ms in which nothing is sent and nothing received.
    arguments = locust.argument_parser.default_args_dict()
    locust.argument_parser.default_args_dict = arguments.copy


def _bucket(milliseconds: float) -> float:
    """As fine as the runtime's own, for users of other kinds in the same Locust file."""
    return milliseconds_of(bucket_of(milliseconds / 1000))


def _set_up(environment: Any, bundle: Bundle, counters: Counters, own_seal: seal.Seal | None) -> None:
    LoadwrightUser.allow(environment.host)
    if preflight_run.is_asked(environment):
        preflight_run.run(environment)
    apply_defaults(environment.parsed_options, bundle.load)
    counters.connect(environment)
    if isinstance(environment.runner, MasterRunner):
        LocustStatistics(environment, counters)
    answers.connect(environment, counters.contribute)
    set_up = SetUp(environment)
    LoadwrightUser.progress = set_up.progress
    control = LoadControl(environment, bundle, set_up)
    if isinstance(environment.runner, MasterRunner):
        # Before whatever else looks at messages.
        listener_guard.protect(environment.runner, counters.refuse)
    counters.contribute("stillness", stillness.take, Stillness.teller(control.log.note))
    preflight = Preflight(environment, bundle, control.is_draining)
    if environment.web_ui:
        guard = WebGuard(environment, control, set_up, bundle.load.payload_order)
        web.extend(environment, counters, control, guard, preflight, bundle.directory)
    if bundle.load.arrivals:
        open_run.user_class(environment)
    open_run.connect(environment, control.begin_time)
    # A master sends nothing, so it needs no credentials.
    if not isinstance(environment.runner, MasterRunner):
        for user_class in environment.user_classes:
            # The Locust file may have users of other kinds.
            if issubclass(user_class, LoadwrightUser):
                user_class.source(environment)
        if bundle.schedule_file.exists():
            # Now: when the load begins, its first requests are due.
            read_schedule(bundle.schedule_file)
    other_master.join_again(environment.runner, own_seal, set_up)
    set_up.done()
