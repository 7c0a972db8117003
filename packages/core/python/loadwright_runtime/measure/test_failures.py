import errno
import socket
import ssl

import pytest

from loadwright_runtime.answers.streaming import StreamError
from loadwright_runtime.http.http1 import ClosedWithinAnswerError, ProtocolError
from loadwright_runtime.measure.failures import Failure, Reasons, RequestFailedError, network_failure, refused

CLOSED = "connection closed by the server"


@pytest.mark.parametrize(
    ("error", "kind", "reason"),
    [
        (ConnectionRefusedError(111, "x"), "connect", "connection refused"),
        (ConnectionResetError(104, "x"), "reset", CLOSED),
        (BrokenPipeError(), "reset", CLOSED),
        (ssl.SSLEOFError(8, "x"), "reset", CLOSED),
        (ProtocolError("headers are too long"), "protocol", "not a valid HTTP answer: headers are too long"),
        (ClosedWithinAnswerError(), "protocol", "connection closed within the answer"),
        (StreamError("the stream was cut off"), "stream", "the stream was cut off"),
        (socket.gaierror(-2, "x"), "connect", "name resolution failed"),
        (TimeoutError("timed out"), "timeout", "time-out while connecting"),
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
        (ssl.SSLEOFError(8, "x"), "tls", "the server closed the connection within the TLS handshake"),
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


def test_distinct_reasons_are_bounded():
    reasons = Reasons(limit=3)
    first = [Failure("status", f"HTTP {number}") for number in (500, 501, 502)]
    assert [reasons.bound(failure) for failure in first] == first
    assert reasons.bound(Failure("check", "late")) == Failure("check", "other failures of the kind check")
    assert reasons.bound(Failure("status", "HTTP 503")) == Failure(
        "status", "other failures of the kind status"
    )
    assert reasons.bound(first[1]) == first[1]
    reasons.clear()
    assert reasons.bound(Failure("check", "late")) == Failure("check", "late")


def test_types_of_a_status_are_bounded():
    reasons = Reasons()
    assert [reasons.bound_type(500, f"Type{letter}") for letter in "abc"] == ["Typea", "Typeb", "Typec"]
    many = {reasons.bound_type(500, f"Type{number}") for number in range(1000)}
    assert len(many) == 18 and "of another type" in many
    assert reasons.bound_type(502, "New") == "New" and reasons.bound_type(500, "Typea") == "Typea"
