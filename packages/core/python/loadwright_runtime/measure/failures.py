"""Kinds and names of failures: few, for a report keeps one entry for each name."""

import errno
import socket
import ssl
from typing import NamedTuple

from ..answers.streaming import StreamError
from ..http.http1 import AnswerTooLongError, ClosedWithinAnswerError, ProtocolError
from ..http.tls_failures import tls_reason

MAXIMUM_REASONS = 100
"""Distinct reasons of one process."""

_MAXIMUM_TYPES = 20


class Failure(NamedTuple):
    """Why a request counts as failed."""

    kind: str
    """
    ``connect``, ``tls``, ``timeout``, ``reset``, ``protocol``, ``status``, ``throttled``, ``check``,
    ``stream``, ``extract``, ``size``, ``payload``, ``credentials``, ``target`` or ``unfinished``
    """
    reason: str


class Reasons:
    """Keeps the number of distinct reasons small, whatever a service or a target puts into them."""

    def __init__(self, limit: int = MAXIMUM_REASONS):
        self._limit = limit
        self._known: set[Failure] = set()
        self._types: dict[int, set[str]] = {}

    def bound(self, failure: Failure) -> Failure:
        """The failure itself, or one of its kind for all those that are too many."""
        if failure not in self._known:
            if len(self._known) >= self._limit:
                return Failure(failure.kind, f"other failures of the kind {failure.kind}")
            self._known.add(failure)
        return failure

    def bound_type(self, status: int, error_type: str) -> str:
        """A type of error of a status: the first ones as they are, the others in one."""
        types = self._types.setdefault(status, set())
        if error_type not in types:
            if len(types) >= _MAXIMUM_TYPES:
                return "of another type"
            types.add(error_type)
        return error_type

    def clear(self) -> None:
        self._known.clear()
        self._types.clear()


reasons = Reasons()
"""Of this process. Cleared at the start of a test."""


class RequestFailedError(Exception):
    """What Locust gets of a failure. It shows the ``repr``, so that is the reason alone."""

    def __repr__(self) -> str:
        return str(self)


class ProxyRefusedError(OSError):
    """The proxy did not open a tunnel."""


def network_failure(error: Exception, *, connecting: bool = False, answering: bool = False) -> Failure:
    """
    The failure of a request that got no answer, or not the whole of one.

    :param connecting: whether it happened before the connection was there
    :param answering: whether the answer had begun
    """
    if answering and is_close(error):
        error = ClosedWithinAnswerError()
    return reasons.bound(_network_failure(error, connecting))


def _network_failure(error: Exception, connecting: bool) -> Failure:
    match error:
        case ssl.SSLEOFError() | ssl.SSLZeroReturnError() if not connecting:
            return Failure("reset", "connection closed by the server")
        case ssl.SSLError():
            return Failure("tls", tls_reason(error))
        case ProxyRefusedError():
            return Failure("connect", f"the proxy refused: {error}")
        case StreamError():
            return Failure("stream", str(error))
        case AnswerTooLongError():
            return Failure("size", "the answer is larger than maxAnswerBytes")
        case ClosedWithinAnswerError():
            return Failure("protocol", "connection closed within the answer")
        case ProtocolError():
            return Failure("protocol", f"not a valid HTTP answer: {error}")
        case ConnectionRefusedError():
            return Failure("connect", "connection refused")
        case ConnectionResetError() | ConnectionAbortedError() | BrokenPipeError():
            return Failure("connect" if connecting else "reset", "connection closed by the server")
        case socket.gaierror():
            return Failure("connect", "name resolution failed")
        case TimeoutError():
            return Failure("timeout", "time-out while connecting")
        case UnicodeError():
            return Failure("connect", "the host name is not valid")
        case OSError():
            name = errno.errorcode.get(error.errno or 0, "unknown")
            return Failure("connect" if connecting else "reset", f"network error {name}")
    raise error


def is_close(error: Exception) -> bool:
    """Whether an error means that the server closed the connection."""
    return isinstance(error, (ConnectionError, ssl.SSLEOFError, ssl.SSLZeroReturnError))


def refused(status: int, reason: str) -> Failure:
    """The failure of an answer that the source calls wrong."""
    if status == 429 or "Throttl" in reason:
        return reasons.bound(Failure("throttled", reason))
    return reasons.bound(Failure("check" if 200 <= status < 300 else "status", reason))
