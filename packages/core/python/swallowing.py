"""Users in a process of its own, on a server whose answers are huge: prints what became of them.

Usage: swallowing.py <directory> <base URL> <number of users> <whether a check looks into answers: 0 or 1>
"""

import json
import re
import sys
import time
from pathlib import Path

import gevent
from generator_harness import Source, environment_for
from loadwright_runtime.load.closed_model import UserLoop
from loadwright_runtime.load.generator import Generator

SECONDS = 2


def peak_megabytes():
    """Of this program alone: ``getrusage`` counts its parent, too, and pytest may be large."""
    status = Path("/proc/self/status").read_text()
    return int(re.search(r"^VmHWM:\s+(\d+) kB$", status, re.MULTILINE)[1]) / 1024


def main(directory, host, users, is_checked):
    expect = {"status": [200]} | ({"text": {"doesNotMatch": "Traceback"}} if is_checked == "1" else {})
    environment = environment_for(Path(directory), host, Source, {"timeoutSeconds": 90, "expect": expect})
    (user_class,) = environment.user_classes
    counters = user_class.counters
    endpoint = Generator.of(environment, counters).endpoint(user_class.source(environment))
    loops = [UserLoop(endpoint, None) for _ in range(int(users))]
    greenlets = [gevent.spawn(loop.run) for loop in loops]
    began = time.monotonic()
    # However slow the machine is: until one of them has had a second answer.
    while time.monotonic() < began + SECONDS or ended(counters) <= int(users):
        gevent.sleep(0.1)
    for loop in loops:
        loop.close()
    gevent.joinall(greenlets, timeout=60, raise_error=True)
    environment.events.test_stop.fire(environment=environment)
    total = counters.figures.total()
    document = {
        "succeeded": total.succeeded,
        "bytes": total.bytes,
        "kinds": total.failures_by_kind(),
        "reasons": sorted({reason for _, _, _, reason in counters.figures.errors}),
        "megabytes": peak_megabytes(),
    }
    print(json.dumps(document))


def ended(counters):
    counters.settle()
    total = counters.figures.total()
    return total.succeeded + total.failed


main(*sys.argv[1:])
