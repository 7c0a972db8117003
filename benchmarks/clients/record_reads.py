"""
Loaded beside Loadwright's Locust file: writes when each answer was read to the file that BENCHMARK_READS
names. One row for each answer: the port of its own end, when the process had last gone to sleep, when the
scheduler had let it go on, and when it came to this answer. Nanoseconds by the clock on the wall, as the
kernel's stamps are, since BENCHMARK_EPOCH.
"""

import json
import os
import time
from array import array
from pathlib import Path
from typing import Any

from gevent.hub import get_hub
from loadwright_runtime.http.connection import Connection
from locust import events

_clock = time.time_ns
_epoch = int(os.environ["BENCHMARK_EPOCH"]) * 1_000_000_000
_rows = array("q")
_asleep = _woke = 0
_take = Connection.on_event


def _fall_asleep() -> None:
    global _asleep
    _asleep = _clock()


def _wake() -> None:
    global _woke
    _woke = _clock()


def _on_event(connection: Connection, mask: int) -> None:
    now = _clock()
    opened = connection._socket
    if not connection.is_busy or opened is None:
        _take(connection, mask)
        return
    port, started = opened.getsockname()[1], connection._started
    _take(connection, mask)
    # Otherwise nothing had come, or not the whole answer.
    if not connection.is_busy or connection._started != started:
        _rows.extend((port, _asleep - _epoch, _woke - _epoch, now - _epoch))


Connection.on_event = _on_event  # type: ignore[method-assign]


@events.init.add_listener
def watch(**_: Any) -> None:
    # Watchers of libev: the one before it asks the kernel what is ready, the other one after that.
    loop = get_hub().loop
    watchers = loop.prepare(), loop.check()
    watchers[0].start(_fall_asleep)
    watchers[1].start(_wake)
    for _ in watchers:
        loop.unref()
    watch.watchers = watchers  # type: ignore[attr-defined]


@events.quitting.add_listener
def write(**_: Any) -> None:
    rows = _rows.tolist()
    Path(os.environ["BENCHMARK_READS"]).write_text(
        json.dumps([rows[at : at + 4] for at in range(0, len(rows), 4)])
    )
