"""Whether a server closed a connection that was idle before it saw the request that was just sent over it."""

import ssl
import sys

try:
    import fcntl
    import termios
except ImportError:  # Not on Windows.
    fcntl = None

# A connection that answered just now is closed by nobody for being idle. Servers wait for seconds.
_IDLE_SECONDS = 0.1
# What the kernels, and a loop that looks at its sockets in turn, add to the round trip.
_MARGIN_SECONDS = 0.005


def is_likely(idle_seconds: float, waited_seconds: float, round_trip_seconds: float) -> bool:
    """
    By the time alone: the word that it is closed comes back after one round trip. A server that closes later
    has had the time to work on the request.

    :param idle_seconds: how long there was no request on the connection
    :param waited_seconds: from sending until the connection was found closed
    :param round_trip_seconds: how long a connection takes to make, at best
    """
    return idle_seconds >= _IDLE_SECONDS and waited_seconds <= round_trip_seconds + _MARGIN_SECONDS


def is_proven(descriptor: int, sent_bytes: int, error: Exception) -> bool:
    """
    The server closed in order, and its system had acknowledged not one byte of the request by then: nobody
    can have read it. An acknowledgement always comes along with a close in order, so that a server which has
    worked on the request is never taken for one that has not.

    A reset proves nothing: what it acknowledges is not looked at.

    :param sent_bytes: what of the request was handed to the kernel
    """
    in_order = isinstance(error, (EndOfStreamError, ssl.SSLEOFError))
    return not sent_bytes or (in_order and _unacknowledged(descriptor) >= sent_bytes)


class EndOfStreamError(ConnectionResetError):
    """The server closed the connection in order, without an answer."""


def _unacknowledged(descriptor: int) -> int:
    """Bytes that were sent and not acknowledged; -1 where the system does not tell. Only Linux does."""
    if fcntl is None or sys.platform != "linux":
        return -1
    try:
        answer = fcntl.ioctl(descriptor, termios.TIOCOUTQ, bytes(4))
    except OSError:
        return -1
    return int.from_bytes(answer, sys.byteorder)
