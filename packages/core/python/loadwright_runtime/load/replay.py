"""The requests of a trace, each when it is due and after the one before of its session."""

from collections import deque
from collections.abc import Iterator

from ..http.connection import Connection
from ..http.endpoint import Endpoint
from .arrivals import Share
from .gate import gate
from .load_plan import LoadPlan
from .open_model import ArrivalLoop, clock
from .schedule import Cursor, Schedule


class ReplayLoop(ArrivalLoop):
    """
    As :class:`ArrivalLoop`, at the times of a trace. A request whose session still awaits an answer waits for
    it, and counts as one for which there is no room: late when it is sent, dropped when it waited too long.
    """

    def __init__(self, endpoint: Endpoint, load: LoadPlan, schedule: Schedule):
        plan = load.arrivals
        assert plan is not None
        super().__init__(endpoint, plan)
        self._load = load
        self._schedule_of_trace = schedule
        self._number = 0
        """Of the request that is due next, in the schedule."""
        self._ready: deque[tuple[float, int]] = deque()
        """Due, and their sessions do not await anything: they only lack room."""
        self._sessions: dict[int, deque[tuple[float, int]]] = {}
        """What waits behind a request of its session that is under way or ready."""
        self._session_of: dict[Connection, int] = {}
        self._cursor = Cursor()
        self._payloads = [part for opened in endpoint.source.opened for part in opened.parts]
        for payloads in self._payloads:
            payloads.indexes = self._cursor

    @property
    def waiting(self) -> tuple[int, float | None]:
        due = [due for due, _ in self._all_waiting()]
        return len(due), min(due, default=None)

    def stop(self) -> None:
        for due, _ in self._all_waiting():
            self._endpoint.measure.dropped(due)
        self._ready.clear()
        self._sessions.clear()
        super().stop()

    def close(self) -> None:
        super().close()
        self._session_of.clear()
        for payloads in self._payloads:
            payloads.begin(self._load.payload_order)

    def finished(self, connection: Connection) -> None:
        self._busy.discard(connection)
        session = self._session_of.pop(connection, None)
        if self._is_stopped or not gate.is_open:
            self.stop()
            self._endpoint.drain.linger(connection)
            return
        if connection.is_open:
            self._idle.append(connection)
        if session is not None:
            self._go_on(session)
        self._send_ready()

    def _due_times(self, share: Share) -> Iterator[float]:
        load = self._load
        for seconds, number in self._schedule_of_trace.due(share, self._plan.speed, load.duration_seconds):
            self._number = number
            yield seconds

    def _arrive(self) -> None:
        if self._is_stopped or self._next_due is None:
            return
        if not gate.is_open:
            self.stop()
            return
        arrival = (self._began + self._next_due, self._number)
        self._schedule()
        session = self._schedule_of_trace.sessions[arrival[1]]
        if session in self._sessions:
            self._sessions[session].append(arrival)
            return
        self._sessions[session] = deque()
        self._ready.append(arrival)
        self._send_ready()

    def _send_ready(self) -> None:
        """What has room. One that waited too long, or cannot be made, makes way for its session's next."""
        schedule = self._schedule_of_trace
        while self._ready and len(self._busy) < self._maximum_in_flight:
            due, number = self._ready.popleft()
            session = schedule.sessions[number]
            if due < clock() - self._endpoint.limits.request:
                self._endpoint.measure.dropped(due)
                self._go_on(session)
                continue
            connection = self._idle.pop() if self._idle else Connection(self._endpoint, self)
            self._cursor.row = schedule.rows[number]
            self._session_of[connection] = session
            if self._send(connection, due):
                continue
            del self._session_of[connection]
            if connection.is_open:
                self._idle.append(connection)
            self._go_on(session)

    def _go_on(self, session: int) -> None:
        """The next request of a session may be sent."""
        queue = self._sessions.get(session)
        if queue:
            self._ready.append(queue.popleft())
        else:
            self._sessions.pop(session, None)

    def _all_waiting(self) -> list[tuple[float, int]]:
        return [*self._ready, *(arrival for queue in self._sessions.values() for arrival in queue)]
