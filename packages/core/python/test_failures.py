import errno
import socket
import ssl

import pytest
from loadwright_runtime.failures import Failure, RequestFailedError, network_failure, refused
from loadwright_runtime.http1 import ProtocolError

CLOSED = "connection closed by the server"


@pytest.mark.parametrize(
    ("error", "kind", "reason"),
    [
        (ConnectionRefusedError(111, "x"), "connect", "connection refused"),
        (ConnectionResetError(104, "x"), "reset", CLOSED),
        (BrokenPipeError(), "reset", CLOSED),
        (ssl.SSLEOFError(8, "x"), "reset", CLOSED),
        (ProtocolError("x"), "protocol", "connection closed or broken within the answer"),
        (socket.gaierror(-2, "x"), "connect", "name resolution failed"),
        (TimeoutError("timed out"), "timeout", "time-out while connecting"),
        (ssl.SSLCertVerificationError(1, "x"), "tls", "the TLS certificate is not valid for this host"),
        (ssl.SSLError(1, "x"), "tls", "TLS error"),
        (OSError(errno.EHOSTUNREACH, "x"), "reset", "network error EHOSTUNREACH"),
        (OSError("x"), "reset", "network error unknown"),
    ],
)
def test_names(error, kind, reason):
    assert network_failure(error) == Failure(kind, reason)


@pytest.mark.parametrize(
    ("error", "kind", "reason"),
    [
        (ConnectionResetError(104, "x"), "connect", CLOSED),
        (OSError(errno.EMFILE, "x"), "connect", "network error EMFILE"),
        (ssl.SSLEOFError(8, "x"), "tls", "TLS error"),
        (UnicodeError("x"), "connect", "the host name is not valid"),
    ],
)
def test_names_while_connecting(error, kind, reason):
    assert network_failure(error, connecting=True) == Failure(kind, reason)


def test_other_errors_are_not_hidden():
    with pytest.raises(KeyError):
        network_failure(KeyError("x"))


@pytest.mark.parametrize(
    ("status", "reason", "kind"),
    [
        (429, "HTTP 429", "throttled"),
        (400, "HTTP 400 ThrottlingException", "throttled"),
        (503, "HTTP 503", "status"),
        (200, "check of /x: no such value", "check"),
    ],
)
def test_kinds_of_wrong_answers(status, reason, kind):
    assert refused(status, reason) == Failure(kind, reason)


def test_locust_shows_the_reason_alone():
    assert repr(RequestFailedError("HTTP 429")) == "HTTP 429"
