"""Wakes the reactor at a time."""

import ctypes
import os
import sys
import time
from collections.abc import Callable
from typing import Any, Protocol

_FLAGS = getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0)


class Alarm(Protocol):
    def set(self, seconds: float) -> None:
        """Goes off once, after so many seconds. Replaces what was set before."""

    def close(self) -> None: ...


class HubAlarm:
    """A timer of gevent: to the millisecond, anywhere."""

    def __init__(self, hub: Any, callback: Callable[[], None]):
        self._loop = hub.loop
        self._callback = callback
        self._timer = self._loop.timer(0)

    def set(self, seconds: float) -> None:
        self._timer.close()
        self._loop.update_now()
        self._timer = self._loop.timer(max(0.0, seconds))
        self._timer.start(self._callback)

    def close(self) -> None:
        self._timer.close()


class KernelAlarm:
    """
    A timer of Linux (``timerfd``), which is a descriptor among the sockets: to some ten microseconds.
    gevent's own would send every request of the open model up to a millisecond late.
    """

    def __init__(self, callback: Callable[[], None]):
        """Raises OSError or AttributeError where there is no such thing."""
        if ctypes.sizeof(ctypes.c_long) != 8 or not sys.platform.startswith("linux"):
            raise OSError("no timerfd")
        library = ctypes.CDLL(None, use_errno=True)
        self._set_time = library.timerfd_settime
        self.descriptor = library.timerfd_create(time.CLOCK_MONOTONIC, _FLAGS)
        if self.descriptor < 0:
            raise OSError(ctypes.get_errno(), "timerfd_create")
        self._callback = callback
        # struct itimerspec: interval and value, each of seconds and nanoseconds.
        self._setting = (ctypes.c_long * 4)()

    def set(self, seconds: float) -> None:
        # Zero would switch it off.
        nanoseconds = max(1, int(seconds * 1e9))
        self._setting[2], self._setting[3] = divmod(nanoseconds, 1_000_000_000)
        self._set_time(self.descriptor, 0, self._setting, None)

    def on_event(self, _: int) -> None:
        try:
            os.read(self.descriptor, 8)
        except BlockingIOError:
            return
        self._callback()

    def close(self) -> None:
        os.close(self.descriptor)
