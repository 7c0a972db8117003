"""Whether a process that sends requests stood still: frozen, swapped out, or kept busy by a single call."""

from collections.abc import Callable
from typing import Any

LONGEST_SECONDS = 3.0
"""
So long the event loop may stand still once. A hole in a load is as long in every figure, but it is one value
among thousands of the lag, which no percentile shows. Locust misses a worker after about four seconds.
"""

ACTION = "worker-stalled"
"""What it is called in the list of events."""

_MOST_AT_ONCE = 20


class Stillness:
    """Collected where requests are sent, reported where the report is made: a lone process does both."""

    def __init__(self) -> None:
        self._holes: list[float] = []

    def add(self, late_seconds: float) -> None:
        """The loop came so much later than it was to."""
        if late_seconds > LONGEST_SECONDS:
            self._holes.append(late_seconds)

    def take(self) -> list[float] | None:
        """What came since the last call; None when that is nothing."""
        taken, self._holes = self._holes[:_MOST_AT_ONCE], []
        return taken or None

    @staticmethod
    def teller(note: Callable[[str, str], None]) -> Callable[[str, Any], None]:
        """
        :param note: takes an action and what is to be known about it
        :returns: takes what :meth:`take` gave, with the id of the worker
        """

        def tell(client_id: str, holes: Any) -> None:
            for seconds in holes[:_MOST_AT_ONCE]:
                who = f"worker {client_id}" if client_id else "the load generator"
                note(ACTION, f"{who} stood still for {float(seconds):.1f} s")

        return tell


stillness = Stillness()
"""Of this process."""
