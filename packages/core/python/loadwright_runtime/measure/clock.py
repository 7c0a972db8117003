"""How far this machine's clock is off a service's."""

from email.utils import parsedate_to_datetime
from typing import NamedTuple


class ClockOffset(NamedTuple):
    """In seconds."""

    seconds: float
    """By so much the service's clock is ahead; negative: behind."""
    uncertainty: float
    """The true offset is at most so far away."""


def clock_offset(date: str | None, received: float, seconds: float) -> ClockOffset | None:
    """
    Compares the ``Date`` of an answer, which names a whole second, with this machine's clock.

    :param received: Unix time at which the answer had come
    :param seconds: how long it took; the service wrote the date somewhere within
    :returns: None when there is no date
    """
    try:
        server_time = parsedate_to_datetime(date or "").timestamp()
    except (ValueError, OverflowError):
        return None
    return ClockOffset(server_time + 0.5 - (received - seconds / 2), 0.5 + seconds / 2)
