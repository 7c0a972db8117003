import errno
import socket
import ssl

import pytest
from geventhttpclient.response import HTTPConnectionClosed, HTTPParseError
from loadwright_runtime.failures import RequestFailedError, network_failure


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (ConnectionRefusedError(111, "x"), "connection refused"),
        (ConnectionResetError(104, "x"), "connection closed by the server"),
        (BrokenPipeError(), "connection closed by the server"),
        (HTTPConnectionClosed("x"), "connection closed by the server"),
        (HTTPParseError("x"), "connection closed or broken within the answer"),
        (socket.gaierror(-2, "x"), "name resolution failed"),
        (TimeoutError("timed out"), "time-out while connecting"),
        (ssl.SSLCertVerificationError(1, "x"), "the TLS certificate is not valid for this host"),
        (ssl.SSLError(1, "x"), "TLS error"),
        (OSError(errno.EHOSTUNREACH, "x"), "network error EHOSTUNREACH"),
        (OSError(errno.EMFILE, "x"), "network error EMFILE"),
        (OSError("x"), "network error unknown"),
        (ValueError("x"), None),
    ],
)
def test_names(error, reason):
    assert network_failure(error) == reason


def test_locust_shows_the_reason_alone():
    assert repr(RequestFailedError("HTTP 429")) == "HTTP 429"
