"""A worker that joins while a test runs is given users before it is set up: Locust's master does not wait."""

from collections import deque
from collections.abc import Callable
from typing import Any

from locust.runners import WorkerRunner

# What a worker must hear at once, or it or its master gives the other up. All else waits.
_URGENT = ("ack", "heartbeat", "quit", "reconnect")


def hold_orders() -> Callable[[], None]:
    """
    To be called before Locust makes its worker. Without it requests would be sent that no test counts.

    :returns: to be called when the worker is set up: carries out what has come, in its order
    """
    handle = WorkerRunner.handle_message
    waiting: deque[tuple[Any, Any]] = deque()
    is_set_up = False

    def hear(runner: Any, message: Any) -> None:
        if is_set_up or message.type in _URGENT:
            handle(runner, message)
        else:
            waiting.append((runner, message))

    def release() -> None:
        nonlocal is_set_up
        # What comes meanwhile stays behind what came before.
        while waiting:
            handle(*waiting.popleft())
        is_set_up = True

    WorkerRunner.handle_message = hear
    return release
