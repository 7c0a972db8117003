"""How a load ends in a process that sends: first nothing new is sent, then all that is under way ends."""

import os
from collections import deque
from typing import Any

from gevent import getcurrent
from gevent.event import Event
from locust.runners import WorkerRunner

from .gate import gate
from .generator import Generator
from .user import LoadwrightUser

GRACE_MESSAGE = "loadwright_grace"
"""From a master: requests on their way have so many seconds from now, if they had more."""

LEAVING_MESSAGE = "loadwright_leaving"
"""From a worker that is to end in the middle of a load: others are to send what it sends."""

INTERRUPTED_GRACE_SECONDS = 5.0
"""When the process itself is to end, by Ctrl-C or SIGTERM: whoever asked does not wait for long."""

_LEAVE_VARIABLE = "LOADWRIGHT_LEAVE_SECONDS"
"""Set where something other than a person ends processes, and waits for so long at least."""

# A worker that heard so late of the beginning sends the last of its arrivals as much later than its master
# ends the load: each of a trace becomes due. Whoever stops a load so shortly before its end waits for that.
_LATE_SECONDS = 1.0

# What a worker must hear while its last requests end. All else waits until it has said that it stopped.
_URGENT = ("heartbeat", "quit", GRACE_MESSAGE)


class Ending:
    """On a worker or a lone process."""

    def __init__(self, environment: Any):
        self._runner = runner = environment.runner
        self._stop, runner.stop = runner.stop, self.stop
        self._stopping_in: Any = None
        self._is_over = Event()
        self._is_over.set()
        # In reverse order they are called: before Locust's own, by which a worker takes its leave.
        environment.events.quitting.add_listener(self._on_quitting)
        if isinstance(runner, WorkerRunner):
            runner.register_message(GRACE_MESSAGE, lambda msg, **_: shorten(msg.data["seconds"]))
            self._orders: deque[Any] | None = None
            self._handle, runner.handle_message = runner.handle_message, self._on_message

    @property
    def is_over(self) -> bool:
        """Whether the load that ends, if one does, has ended, and all its figures are handed over."""
        return self._is_over.is_set()

    def wait(self, seconds: float) -> bool:
        """Until it is over, or for so long: whether it is."""
        return self._is_over.wait(seconds)

    def stop(self, *args: Any, **options: Any) -> None:
        """In place of the runner's own, which would begin once more what another greenlet has begun."""
        if LoadwrightUser.load_plan.arrivals:
            gate.come_to_end(_LATE_SECONDS)
        # Before Locust looks for who has called, which takes longer than many a request.
        gate.shut()
        if self._stopping_in is not None:
            if self._stopping_in is not getcurrent():
                self._is_over.wait()
            return
        self._stopping_in = getcurrent()
        self._is_over.clear()
        try:
            self._stop(*args, **options)
        finally:
            self._stopping_in = None
            self._is_over.set()

    def _on_quitting(self, **_: Any) -> None:
        """A worker hands over its last figures before it says that it leaves: afterwards nobody hears it."""
        if gate.is_open or not self.is_over:
            shorten(float(os.environ.get(_LEAVE_VARIABLE, INTERRUPTED_GRACE_SECONDS)))
        self._runner.stop()

    def _on_message(self, message: Any) -> None:
        if self._orders is not None and message.type not in _URGENT:
            self._orders.append(message)
        elif message.type == "stop":
            # Not here: the greenlet that calls this hears the master, and a worker that hears nothing for a
            # minute takes its master for gone.
            self._orders = deque([message])
            self._runner.greenlet.spawn(self._carry_out, self._orders)
        else:
            self._handle(message)

    def _carry_out(self, orders: deque[Any]) -> None:
        try:
            while orders:
                self._handle(orders.popleft())
        finally:
            self._orders = None


def shorten(grace_seconds: float) -> None:
    """For the load that runs in this process, and what is on its way of it."""
    gate.grace_seconds = min(gate.grace_seconds, grace_seconds)
    if Generator.current is not None:
        Generator.current.drain.shorten(grace_seconds)
