"""When the requests of a trace are due: ``schedule.csv`` of a bundle."""

import functools
from array import array
from bisect import bisect_left
from collections.abc import Iterator
from pathlib import Path

from ..source.errors import SetupError
from .arrivals import Share


class Schedule:
    """The requests of a trace in the order of their times."""

    def __init__(self, path: Path):
        """
        :param path: of lines ``seconds,row,session``: since the first request, number of the payload from 0,
            and number of the session, whose requests are sent one after the other
        """
        self.seconds = array("d")
        self.rows = array("L")
        self.sessions = array("L")
        try:
            with path.open() as file:
                for line in file:
                    seconds, row, session = line.split(",")
                    self.seconds.append(float(seconds))
                    self.rows.append(int(row))
                    self.sessions.append(int(session))
        except FileNotFoundError:
            raise SetupError(
                f"{path} does not exist: a load with the profile replay needs a bundle whose payloads are "
                "a trace."
            ) from None
        except ValueError:
            raise SetupError(f"{path} is not a schedule: render the bundle again.") from None

    def __len__(self) -> int:
        return len(self.seconds)

    def due(self, share: Share, speed: float, duration_seconds: float) -> Iterator[tuple[float, int]]:
        """
        The requests of a worker: seconds since the start of the load, and their numbers. All of a session are
        the same worker's.

        :param speed: 2: in half the time
        :param duration_seconds: of the load; nothing is due later
        """
        recorded, sessions = self.seconds, self.sessions
        first = bisect_left(recorded, share.from_seconds * speed)
        for number in range(first, bisect_left(recorded, duration_seconds * speed)):
            if sessions[number] % share.count == share.index:
                yield recorded[number] / speed, number


@functools.cache
def read_schedule(path: Path) -> Schedule:
    """Read once in each process: a million of requests takes a second."""
    return Schedule(path)


class Cursor:
    """Which payload is next: in place of the order of :class:`.payloads.Payloads`."""

    def __init__(self) -> None:
        self.row = 0

    def __iter__(self) -> "Cursor":
        return self

    def __next__(self) -> int:
        return self.row
