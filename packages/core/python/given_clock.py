"""
For tests, in a bundle's folder: its secrets age by the clock of the test, which keeps it in a file, and not
by that of a machine that may be busy. See ``Clock`` in ``locust_harness``.
"""

import mmap
import struct
import time
from pathlib import Path
from types import SimpleNamespace

import gevent
from gevent.event import Event
from loadwright_runtime.source import renewal, role_credentials

with Path(__file__).with_name("clock").open("rb") as file:
    _memory = mmap.mmap(file.fileno(), 8, access=mmap.ACCESS_READ)


def now() -> float:
    return struct.unpack("d", _memory)[0]


def _passes(seconds: float, is_over=lambda: False) -> None:
    """Pauses before further attempts, of fractions of a second, pass by the machine's clock as well."""
    given, real = now() + seconds, time.monotonic() + seconds
    while now() < given and time.monotonic() < real and not is_over():
        gevent.sleep(0.005)


class _Wanted(Event):
    def wait(self, timeout=None):
        _passes(timeout, self.is_set)
        return self.is_set()


renewal._clock = now
renewal.Event = _Wanted
role_credentials.time = SimpleNamespace(time=now, strptime=time.strptime)
role_credentials.gevent = SimpleNamespace(sleep=_passes, spawn=gevent.spawn)
