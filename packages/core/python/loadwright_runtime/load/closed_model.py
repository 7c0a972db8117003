"""The closed model: each user sends a request, waits for the answer, pauses, and sends the next."""

import time
from collections.abc import Callable

from gevent.event import AsyncResult

from ..http.connection import Connection
from ..http.endpoint import Endpoint
from .gate import gate
from .making import make

# After requests that could not be made: as many in a row as there are, up to the last.
_PAUSES_SECONDS = (0.0, 0.01, 0.05, 0.2, 1.0)


class UserLoop:
    """The requests of one user, over one connection."""

    def __init__(self, endpoint: Endpoint, wait_seconds: Callable[[], float] | None):
        """:param wait_seconds: the pause after a request; None: no pauses"""
        self._endpoint = endpoint
        self._wait_seconds = wait_seconds
        self._next_request = endpoint.source.maker()
        self._connection = Connection(endpoint, self)
        self._not_made = 0
        """Requests in a row that could not be made."""
        self._is_closed = False
        self._end: AsyncResult = AsyncResult()

    def run(self) -> None:
        """Sends requests until :meth:`close`; raises what listeners raise."""
        self._endpoint.reactor.soon(self._send_next)
        try:
            self._end.get()
        finally:
            self.close()

    def close(self) -> None:
        """Sends no more. A request that is on its way has the grace period, and the user ends at once."""
        if self._is_closed:
            return
        self._is_closed = True
        if self._connection.is_busy:
            self._endpoint.drain.adopt(self._connection, gate.grace_left)
        else:
            self._connection.abort()
        self._end.set()

    def finished(self, connection: Connection) -> None:
        if self._wait_seconds is None and not connection.failed_openings:
            self._send_next()
            return
        try:
            pause = 0.0 if self._wait_seconds is None else self._wait_seconds()
        except Exception as error:
            self._end.set_exception(error)
            return
        if connection.failed_openings:
            pause = max(pause, connection.pause_seconds)
        if pause:
            self._endpoint.reactor.call_at(time.perf_counter() + pause, self._send_next)
        else:
            self._send_next()

    def raised(self, connection: Connection, error: Exception) -> None:
        self._end.set_exception(error)

    def _send_next(self) -> None:
        # Behind a gate that is shut the user waits to be stopped.
        if self._is_closed or not gate.is_open:
            return
        request = make(self._endpoint, self._next_request)
        if request is None:
            self._go_on_later()
            return
        self._not_made = 0
        self._connection.start(request)

    def _go_on_later(self) -> None:
        """A request that could not be made: with pauses, for the next one may fail as well."""
        pause = _PAUSES_SECONDS[min(self._not_made, len(_PAUSES_SECONDS) - 1)]
        self._not_made += 1
        if self._wait_seconds is not None:
            pause = max(pause, self._wait_seconds())
        self._endpoint.reactor.call_at(time.perf_counter() + pause, self._send_next)
