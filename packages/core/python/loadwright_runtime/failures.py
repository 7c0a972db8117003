"""Kinds and names of failures: few and fixed, for Locust keeps one entry for each name."""

import errno
import socket
import ssl
from typing import NamedTuple

from .http1 import ProtocolError


class Failure(NamedTuple):
    """Why a request counts as failed."""

    kind: str
    """``connect``, ``tls``, ``timeout``, ``reset``, ``protocol``, ``status``, ``throttled`` or ``check``"""
    reason: str


class RequestFailedError(Exception):
    """What Locust is told of a failure. It shows the ``repr``, so that is the reason alone."""

    def __repr__(self) -> str:
        return str(self)


class ProxyRefusedError(OSError):
    """The proxy did not open a tunnel."""


def network_failure(error: Exception, *, connecting: bool = False) -> Failure:
    """
    The failure of a request that got no answer.

    :param connecting: whether it happened before the connection was there
    """
    match error:
        case ssl.SSLCertVerificationError():
            return Failure("tls", "the TLS certificate is not valid for this host")
        case ssl.SSLEOFError() | ssl.SSLZeroReturnError() if not connecting:
            return Failure("reset", "connection closed by the server")
        case ssl.SSLError():
            return Failure("tls", "TLS error")
        case ProxyRefusedError():
            return Failure("connect", f"the proxy refused: {error}")
        case ProtocolError():
            return Failure("protocol", "connection closed or broken within the answer")
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
        return Failure("throttled", reason)
    return Failure("check" if 200 <= status < 300 else "status", reason)
