"""The socket of a connection: opened, watched over, closed, and opened again."""

import random
import time
from typing import Any

from .endpoint import Endpoint
from .opening import Opening
from .poller import READ
from .resolver import Address
from .tls import TlsStream

_FIRST_PAUSE_SECONDS = 0.05
_LONGEST_PAUSE_SECONDS = 1.0

CLOSED, OPENING, IDLE, BUSY = range(4)
NEVER = float("inf")
_clock = time.perf_counter


class Link:
    """What a :class:`.connection.Connection` is built on. Times are on the clock of ``time.perf_counter``."""

    __slots__ = (
        "_alarm_at", "_descriptor", "_due", "_endpoint", "_has_answered", "_is_retiring", "_is_retried",
        "_opening", "_receive", "_rest", "_send", "_socket", "_started", "_state", "_stream", "address",
        "begun", "failed_openings",
    )  # fmt: skip

    def __init__(self, endpoint: Endpoint):
        self._endpoint = endpoint
        self._state = CLOSED
        self._started = 0.0
        """When the request's first byte was handed to the kernel; before that, when opening began."""
        self._due: float | None = None
        """When the request should have been sent. Open model only."""
        self._alarm_at = NEVER
        self.begun = 0.0
        """When the request became due, or was begun."""
        self.failed_openings = 0
        """In a row, until now."""
        self._has_answered = self._is_retiring = False
        self._is_retried = False
        """Whether the request was sent before, over a connection that broke."""
        self._opening: Opening | None = None
        self._stream: TlsStream | None = None
        self._socket: Any = None
        self._rest: memoryview | None = None
        """What of the request is not sent yet; None when all is."""
        self.address: Address | None = None

    def on_event(self, mask: int) -> None:
        raise NotImplementedError

    def abort(self) -> None:
        """Closes the connection. It has no request, or one that nobody counts."""
        raise NotImplementedError

    def _transmit(self, started: float) -> None:
        """
        The connection is open for the request that waits.

        :param started: when the clock of the request began: now, or earlier for one that is sent again
        """
        raise NotImplementedError

    def _give_up(self, error: Exception) -> None:
        """The connection could not be opened."""
        raise NotImplementedError

    def _deadline(self) -> float:
        """When the answer must be there; :data:`NEVER` while none is awaited."""
        raise NotImplementedError

    def _expire(self, now: float) -> None:
        """The deadline has passed."""
        raise NotImplementedError

    @property
    def is_busy(self) -> bool:
        return self._state in (OPENING, BUSY)

    @property
    def is_open(self) -> bool:
        """Whether a request would go out over the connection that is there."""
        return self._state == IDLE

    @property
    def pause_seconds(self) -> float:
        """How long to wait before the next try, after one or more failed ones in a row."""
        longest = min(_LONGEST_PAUSE_SECONDS, _FIRST_PAUSE_SECONDS * 2 ** min(self.failed_openings - 1, 10))
        return longest * random.uniform(0.5, 1)

    def retire(self) -> None:
        """Lets the connection end after the answer that is awaited, or now."""
        if self._state == IDLE:
            self.abort()
        else:
            self._is_retiring = True

    def _open(self, *, again: bool = False) -> None:
        """:param again: for a request that was sent already: its clock goes on"""
        self._state = OPENING
        if not again:
            self._started = _clock()
        self._endpoint.opening.add(self)
        self._opening = Opening(self._endpoint, self._opened, self._not_opened)

    def _not_opened(self, error: Exception) -> None:
        self._opening = None
        self._endpoint.opening.discard(self)
        self._state = CLOSED
        self.failed_openings += 1
        self._give_up(error)

    def _opened(self, opened: Any, stream: TlsStream | None, address: Address) -> None:
        endpoint = self._endpoint
        if self._opening is not None:
            endpoint.round_trip_seconds = min(endpoint.round_trip_seconds, self._opening.connect_seconds)
        self._opening = None
        endpoint.opening.discard(self)
        self._socket, self._stream, self.address = opened, stream, address
        self._receive, self._send = (stream or opened).recv, (stream or opened).send
        self._descriptor = opened.fileno()
        self.failed_openings = 0
        self._has_answered = self._is_retiring = False
        endpoint.reactor.hand_over(self._descriptor, self)
        endpoint.connections.add(self)
        now = _clock()
        endpoint.measure.phase("http_req_blocked", now - (self._started if self._due is None else self._due))
        self._transmit(self._started if self._is_retried else now)

    def _send_rest(self) -> None:
        assert self._rest is not None
        if self._stream is not None and self._stream.has_unsent:
            self._stream.flush()
        elif self._rest:
            self._rest = self._rest[self._send(self._rest) :]
        if not self._rest and not (self._stream is not None and self._stream.has_unsent):
            self._rest = None
            self._endpoint.reactor.modify(self._descriptor, READ)

    def _set_alarm(self, when: float) -> None:
        self._alarm_at = when
        self._endpoint.reactor.call_at(when, self._on_alarm)

    def _on_alarm(self) -> None:
        # One alarm for many requests: each moves the deadline, and the alarm follows when it goes off.
        now = _clock()
        if self._alarm_at > now:
            return
        self._alarm_at = NEVER
        deadline = self._deadline()
        if deadline > now:
            if deadline < NEVER:
                self._set_alarm(deadline)
            return
        self._expire(now)

    def _close(self) -> None:
        self._state = CLOSED
        self._rest = None
        if self._opening is not None:
            self._opening.cancel()
            self._opening = None
            self._endpoint.opening.discard(self)
        if self._socket is None:
            return
        if self._stream is not None and self._has_answered:
            self._endpoint.keep_session(self._stream)
        self._endpoint.connections.discard(self)
        self._endpoint.reactor.unregister(self._descriptor)
        self._socket.close()
        self._socket = self._stream = None
