"""Requests on their way whose user, or whose test, has ended: nobody waits for them, but they count."""

import time
from typing import TYPE_CHECKING

import gevent
from gevent.event import Event

from ..load.gate import gate
from ..measure.failures import Failure
from ..source.promise import Promise
from .owner import Held

if TYPE_CHECKING:
    from .reactor import Reactor

_clock = time.perf_counter
# Beyond the deadline of the last request: its end is a call from the loop.
_MARGIN_SECONDS = 2.0
# How soon it is noticed that there is less time for promises than before.
_LOOK_SECONDS = 0.25
# A server that answers twice is as quick with the second answer as with the first, about.
_LEAST_LINGER_SECONDS, _MOST_LINGER_SECONDS = 0.1, 1.0

_UNFINISHED = Failure("unfinished", "no result when its time after the end of the load was over")


class Drain:
    """Owns connections until their requests have ended, or as unfinished when the grace period is over."""

    def __init__(self, reactor: "Reactor"):
        self._reactor = reactor
        self._deadlines: dict[Held, float] = {}
        self._is_empty = Event()
        self._is_empty.set()
        self._lingering: dict[Held, float] = {}
        """Connections without a request, and until when they are left open."""
        self.promises: dict[Promise, None] = {}
        """Requests that were answered, and whose results are awaited: in the order of their answers."""
        self._are_kept = Event()

    @property
    def is_empty(self) -> bool:
        return not self._deadlines

    def adopt(self, connection: Held, grace_seconds: float) -> None:
        """Takes over a connection whose request is on its way."""
        connection.owner = self
        self._is_empty.clear()
        self._set(connection, _clock() + grace_seconds)

    def linger(self, connection: Held) -> None:
        """
        Closes a connection after its last answer, some time later: a user without pauses leaves no moment in
        which an answer that nobody asked for would show as one.
        """
        if not connection.is_open:
            connection.abort()
            return
        now = _clock()
        seconds = min(max(now - connection.begun, _LEAST_LINGER_SECONDS), _MOST_LINGER_SECONDS)
        self._lingering[connection] = now + seconds
        self._reactor.call_at(now + seconds, lambda: self._let_go(connection))

    def shorten(self, grace_seconds: float) -> None:
        """From now on no request may take longer than this."""
        latest = _clock() + grace_seconds
        for connection, deadline in list(self._deadlines.items()):
            if deadline > latest:
                self._set(connection, latest)

    def await_promise(self, promise: Promise) -> None:
        """A request was answered, and has not ended."""
        self._are_kept.clear()
        self.promises[promise] = None

    def kept(self, promise: Promise) -> None:
        """It has ended."""
        self.promises.pop(promise, None)
        if not self.promises:
            self._are_kept.set()

    def wait(self) -> None:
        """Until no request is on its way any more, no result is awaited, and all connections are closed."""
        self._wait_for_answers()
        while self.promises and gate.grace_left > 0:
            self._are_kept.wait(min(gate.grace_left, _LOOK_SECONDS))
        for promise in list(self.promises):
            promise.end(_UNFINISHED)
        gevent.sleep(max(0.0, max(self._lingering.values(), default=0.0) - _clock()))
        for connection in list(self._lingering):
            self._let_go(connection)

    def _wait_for_answers(self) -> None:
        while self._deadlines:
            last = max(self._deadlines.values())
            if not self._is_empty.wait(max(0.0, last - _clock()) + _MARGIN_SECONDS):
                # The loop has not come to it: whatever keeps it, no test waits for ever.
                for connection in list(self._deadlines):
                    self._expire(connection, self._deadlines[connection])

    def finished(self, connection: Held) -> None:
        self._deadlines.pop(connection, None)
        self.linger(connection)
        if not self._deadlines:
            self._is_empty.set()

    def raised(self, connection: Held, error: Exception) -> None:
        # What the target's check or a listener raised is counted already: no user is left to stop.
        self.finished(connection)

    def _let_go(self, connection: Held) -> None:
        if self._lingering.pop(connection, None) is not None:
            connection.abort()

    def _set(self, connection: Held, deadline: float) -> None:
        self._deadlines[connection] = deadline
        self._reactor.call_at(deadline, lambda: self._expire(connection, deadline))

    def _expire(self, connection: Held, deadline: float) -> None:
        if self._deadlines.get(connection) != deadline:
            return
        connection.end_unfinished()
        # It had ended, and nobody said so: not to be waited for.
        if self._deadlines.get(connection) == deadline:
            self.finished(connection)
