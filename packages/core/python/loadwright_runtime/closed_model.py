"""The closed model: each user sends a request, waits for the answer, pauses, and sends the next."""

import time
from collections.abc import Callable

from gevent.event import AsyncResult

from .connection import Connection
from .endpoint import Endpoint


class UserLoop:
    """The requests of one user, over one connection."""

    def __init__(self, endpoint: Endpoint, wait_seconds: Callable[[], float] | None):
        """:param wait_seconds: the pause after a request; None: no pauses"""
        self._endpoint = endpoint
        self._next_request = endpoint.source.next_request
        self._wait_seconds = wait_seconds
        self._connection = Connection(endpoint, self)
        self._is_draining = False
        self._is_closed = False
        self._end: AsyncResult = AsyncResult()

    def run(self) -> None:
        """Sends requests until :meth:`drain` or :meth:`close`; raises what the target's code raises."""
        self._endpoint.reactor.soon(self._send_next)
        try:
            self._end.get()
        finally:
            self.close()

    def drain(self) -> None:
        """Lets the request that is under way end, and then the loop."""
        self._is_draining = True
        if not self._connection.is_busy:
            self._end.set()

    def close(self) -> None:
        self._is_closed = True
        self._connection.abort()

    def finished(self, connection: Connection) -> None:
        if self._is_draining or self._is_closed:
            self._end.set()
            return
        try:
            pause = 0.0 if self._wait_seconds is None else self._wait_seconds()
            if connection.has_failed_to_open:
                pause = max(pause, connection.pause_seconds)
            if not pause:
                connection.start(self._next_request())
                return
        except Exception as error:
            self._end.set_exception(error)
            return
        self._endpoint.reactor.call_at(time.perf_counter() + pause, self._send_next)

    def raised(self, connection: Connection, error: Exception) -> None:
        self._end.set_exception(error)

    def _send_next(self) -> None:
        if self._is_closed or self._is_draining:
            return
        try:
            self._connection.start(self._next_request())
        except Exception as error:
            self._end.set_exception(error)
