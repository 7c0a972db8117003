"""Sends the preflight's request and the load's first one of many bundles, one after the other.

Reads a JSON list of ``{"preflight": folder, "load": folder, "variables": {…}}`` from stdin; prints what the
preflight says of each.
"""

import importlib
import json
import os
import random
import sys
from pathlib import Path

CASES = json.load(sys.stdin)
sys.path.insert(0, CASES[0]["load"])

import gevent  # noqa: E402
from gevent.event import Event  # noqa: E402
from loadwright_runtime import LoadwrightUser, RequestSource  # noqa: E402
from loadwright_runtime.load.closed_model import UserLoop  # noqa: E402
from loadwright_runtime.load.generator import Generator  # noqa: E402
from loadwright_runtime.locust import preflight_run  # noqa: E402
from loadwright_runtime.measure.counters import Counters  # noqa: E402
from loadwright_runtime.source import sigv4  # noqa: E402
from loadwright_runtime.source.bundle import read_bundle  # noqa: E402
from locust.env import Environment  # noqa: E402

# Both sign at the same moment.
sigv4.Signer.__init__.__defaults__ = (lambda: 1_800_000_000.0,)


def environment_of(folder):
    """What a process of Locust has in a bundle's folder."""
    Generator.end()
    bundle = read_bundle(Path(folder))
    LoadwrightUser.configure(bundle, Counters())
    (file,) = Path(folder).glob("*_requests.py")
    sys.path.insert(0, folder)
    module = importlib.import_module(file.stem)
    source_class = next(
        value
        for value in vars(module).values()
        if isinstance(value, type) and issubclass(value, RequestSource) and value is not RequestSource
    )
    user_class = type("SomeUser", (LoadwrightUser,), {"source_class": source_class})
    environment = Environment(user_classes=[user_class])
    environment.create_local_runner()
    # What is generated is the same in both.
    random.seed(7)
    return environment, user_class


def send_first_of_load(folder):
    environment, user_class = environment_of(folder)
    has_ended = Event()
    environment.events.request.add_listener(lambda **_: has_ended.set())
    loop = UserLoop(user_class.endpoint(environment), lambda: 3600.0)
    running = gevent.spawn(loop.run)
    assert has_ended.wait(20), folder
    loop.close()
    running.join()


for case in CASES:
    os.environ.update(case["variables"])
    environment, _ = environment_of(case["preflight"])
    print(json.dumps(preflight_run.make(environment, None)), flush=True)
    send_first_of_load(case["load"])
Generator.end()
