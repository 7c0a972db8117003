"""The open model: requests are sent when they are due, whatever became of those before."""

import time
from collections import deque
from collections.abc import Iterator

from ..http.connection import Connection
from ..http.endpoint import Endpoint
from .arrivals import ArrivalCurve, Share, due_times
from .gate import gate
from .load_plan import ArrivalPlan
from .making import make

# Below it lies what timers and a loop that has other things to do cost anyway.
_LATE_SECONDS = 0.01

clock = time.perf_counter


class ArrivalLoop:
    """
    Sends a worker's share of the arrivals over as many connections as are needed at a time.

    An arrival for which there is no room in flight waits, and is counted as late when it is sent. One that
    waited for as long as a request may take, or to the end of the test, is dropped and counted as such.
    """

    def __init__(self, endpoint: Endpoint, plan: ArrivalPlan):
        self._endpoint = endpoint
        self._next_request = endpoint.source.maker()
        self._plan = plan
        self._curve = ArrivalCurve(plan)
        self._began = 0.0
        self._due: Iterator[float] = iter(())
        self._next_share: Share | None = None
        self._maximum_in_flight = plan.maximum_in_flight
        # The one used last is taken first: those that are not needed are left for the server to close.
        self._idle: list[Connection] = []
        self._busy: set[Connection] = set()
        self._waiting: deque[float] = deque()
        """When those were due for which there was no room in flight."""
        self._is_stopped = False
        self._next_due: float | None = None

    @property
    def in_flight(self) -> int:
        return len(self._busy)

    @property
    def is_over(self) -> bool:
        """Whether all arrivals of the plan came and ended."""
        return self._next_due is None and not self._busy

    def begin(self, began: float, share: Share) -> None:
        """
        :param began: when the test began, on the clock of ``time.perf_counter``
        """
        self._began = began
        self._take(share)
        self._schedule()

    def split_again(self, share: Share) -> None:
        """Takes another share from the time on that it names."""
        self._next_share = share
        if self._next_due is None:
            self._schedule()

    def stop(self) -> None:
        """Sends no more. What is under way goes on, what has no room is dropped."""
        self._is_stopped = True
        dropped, end = self._endpoint.measure.dropped, gate.shut_at
        while self._waiting:
            dropped(self._waiting.popleft())
        # Also what was due by then, if the loop did not come to it in time.
        while self._next_due is not None and self._began + self._next_due <= end:
            dropped(self._began + self._next_due)
            self._advance()
        self._next_due = None

    @property
    def waiting(self) -> tuple[int, float | None]:
        """How many arrivals have no room, and when the first of them was due."""
        return len(self._waiting), self._waiting[0] if self._waiting else None

    def close(self) -> None:
        """Sends no more. What is under way has the grace period."""
        self.stop()
        for connection in self._busy:
            self._endpoint.drain.adopt(connection, gate.grace_left)
        for connection in self._idle:
            connection.abort()
        self._busy.clear()
        self._idle.clear()

    def finished(self, connection: Connection) -> None:
        self._busy.discard(connection)
        if self._is_stopped or not gate.is_open:
            self.stop()
            self._endpoint.drain.linger(connection)
            return
        oldest = clock() - self._endpoint.limits.request
        while self._waiting and self._waiting[0] < oldest:
            self._endpoint.measure.dropped(self._waiting.popleft())
        # One that cannot be made leaves the room to the next.
        while self._waiting:
            if self._send(connection, self._waiting.popleft()):
                return
        if connection.is_open:
            self._idle.append(connection)

    def raised(self, connection: Connection, error: Exception) -> None:
        # There is no user whose exception it could be; that the check raised is counted as a failure.
        environment = self._endpoint.environment
        environment.events.user_error.fire(user_instance=None, exception=error, tb=error.__traceback__)
        self.finished(connection)

    def _take(self, share: Share) -> None:
        self._next_share = None
        if share.count == 0:
            # Others take all of it; what has no room waits as before.
            self._due = iter(())
            return
        self._due = self._due_times(share)
        self._maximum_in_flight = -(-self._plan.maximum_in_flight // share.count)

    def _due_times(self, share: Share) -> Iterator[float]:
        return due_times(self._curve, self._plan.kind, share)

    def _advance(self) -> None:
        self._next_due = next(self._due, None)
        share = self._next_share
        if share is not None and (self._next_due is None or self._next_due >= share.from_seconds):
            self._take(share)
            self._next_due = next(self._due, None)

    def _schedule(self) -> None:
        """Sets the alarm to the next arrival."""
        self._advance()
        if self._next_due is not None:
            self._endpoint.reactor.call_at(self._began + self._next_due, self._arrive)

    def _arrive(self) -> None:
        if self._is_stopped or self._next_due is None:
            return
        if not gate.is_open:
            self.stop()
            return
        due = self._began + self._next_due
        self._schedule()
        if len(self._busy) >= self._maximum_in_flight:
            self._waiting.append(due)
            return
        connection = self._idle.pop() if self._idle else Connection(self._endpoint, self)
        if not self._send(connection, due) and connection.is_open:
            self._idle.append(connection)

    def _send(self, connection: Connection, due: float) -> bool:
        """False when there is nothing to send."""
        if clock() - due > _LATE_SECONDS:
            self._endpoint.measure.count("late")
        request = make(self._endpoint, self._next_request, due)
        if request is None:
            return False
        self._busy.add(connection)
        connection.start(request, due)
        return True
