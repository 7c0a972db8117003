"""One loop for all connections of a process, beside Locust's own greenlets."""

import heapq
import itertools
import logging
import time
from collections import deque
from collections.abc import Callable
from typing import Any, Protocol

import gevent
from gevent.hub import get_hub

from .alarm import Alarm, HubAlarm, KernelAlarm
from .poller import READ, Poller, new_poller

# Heartbeats, reports and the users' own greenlets get their share after so long, however much there is to do.
_TURN_SECONDS = 0.002
_EVENTS_A_POLL = 64
# Where sockets cannot wake gevent, they are asked at this interval.
_POLL_INTERVAL_SECONDS = 0.001

_logger = logging.getLogger(__name__)
_clock = time.perf_counter


class Handler(Protocol):
    def on_event(self, mask: int) -> None:
        """The socket is ready."""


class Reactor:
    """
    Runs in one greenlet, which gevent wakes when the poller's own descriptor is readable: thousands of
    sockets cost gevent no more than one.
    """

    def __init__(self, poller: Poller | None = None):
        self._poller = poller or new_poller()
        self._handlers: dict[int, Handler] = {}
        self._soon: deque[Callable[[], None]] = deque()
        self._timers: list[tuple[float, int, Callable[[], None]]] = []
        self._numbers = itertools.count()
        self._hub = get_hub()
        self._is_parked = False
        descriptor = self._poller.fileno()
        self._watcher = None if descriptor is None else self._hub.loop.io(descriptor, READ)
        self._alarm = self._new_alarm()
        self._alarm_at = float("inf")
        self._greenlet = gevent.spawn(self._run)

    def register(self, descriptor: int, mask: int, handler: Handler) -> None:
        """Never within :meth:`Handler.on_event`: events of a closed socket with that number may be due."""
        self._poller.register(descriptor, mask)
        self._handlers[descriptor] = handler

    def hand_over(self, descriptor: int, handler: Handler) -> None:
        """Gives a registered socket to another handler, which waits for something to read."""
        self._handlers[descriptor] = handler

    def knows(self, descriptor: int) -> bool:
        return descriptor in self._handlers

    def modify(self, descriptor: int, mask: int) -> None:
        self._poller.modify(descriptor, mask)

    def unregister(self, descriptor: int) -> None:
        del self._handlers[descriptor]
        self._poller.unregister(descriptor)

    def soon(self, callback: Callable[[], None]) -> None:
        """Calls back from the loop. May be called from any greenlet."""
        self._soon.append(callback)
        self._wake_soon()

    def call_at(self, when: float, callback: Callable[[], None]) -> None:
        """:param when: on the clock of ``time.perf_counter``"""
        heapq.heappush(self._timers, (when, next(self._numbers), callback))
        if when < self._alarm_at:
            self._wake_soon()

    def close(self) -> None:
        self._greenlet.kill(block=False)
        if self._watcher is not None:
            self._watcher.close()
        self._alarm.close()
        self._poller.close()

    def _run(self) -> None:
        while True:
            end = _clock() + _TURN_SECONDS
            while self._turn() and _clock() < end:
                pass
            self._park()

    def _turn(self) -> bool:
        """Does what is due. False when that was nothing."""
        events = self._poller.poll(_EVENTS_A_POLL)
        handlers = self._handlers
        for descriptor, mask in events:
            handler = handlers.get(descriptor)
            if handler is not None:
                try:
                    handler.on_event(mask)
                except Exception:
                    _logger.exception("a connection failed in a way that it must not")
        if self._timers and self._timers[0][0] <= _clock():
            self._call(heapq.heappop(self._timers)[2])
            return True
        # Only those that are here now: each may add another.
        for _ in range(min(len(self._soon), _EVENTS_A_POLL)):
            self._call(self._soon.popleft())
        return bool(events or self._soon)

    def _call(self, callback: Callable[[], None]) -> None:
        try:
            callback()
        except Exception:
            _logger.exception("a call failed in a way that it must not")

    def _park(self) -> None:
        """Lets the other greenlets run until there is something to do."""
        due = self._timers[0][0] if self._timers else float("inf")
        now = _clock()
        if self._soon:
            due = now
        elif self._watcher is None and self._handlers:
            due = min(due, now + _POLL_INTERVAL_SECONDS)
        if due < self._alarm_at:
            self._alarm.set(due - now)
            self._alarm_at = due
        if self._watcher is not None and not self._watcher.active:
            self._watcher.start(self._on_ready)
        self._is_parked = True
        self._hub.switch()

    def _new_alarm(self) -> Alarm:
        if self._watcher is not None:
            try:
                alarm = KernelAlarm(self._on_alarm)
            except (OSError, AttributeError):
                pass
            else:
                self.register(alarm.descriptor, READ, alarm)
                return alarm
        return HubAlarm(self._hub, self._on_alarm)

    def _on_alarm(self) -> None:
        self._alarm_at = float("inf")
        self._wake()

    def _on_ready(self) -> None:
        if self._is_parked:
            self._wake()
        elif self._watcher is not None:
            # The loop waits inside somebody's callback. Started again when it parks.
            self._watcher.stop()

    def _wake_soon(self) -> None:
        if self._is_parked:
            self._hub.loop.run_callback(self._wake)

    def _wake(self) -> Any:
        if self._is_parked:
            self._is_parked = False
            self._greenlet.switch()
