"""Names for requests that got no answer: few and fixed, for Locust keeps one entry for each."""

import errno
import socket
import ssl

from geventhttpclient.response import HTTPConnectionClosed, HTTPParseError


class RequestFailedError(Exception):
    """Why a request counts as failed. Locust shows its ``repr``, so that is the reason alone."""

    def __repr__(self) -> str:
        return str(self)


def network_failure(error: Exception) -> str | None:
    """The name of a failure of the network or the protocol; None for any other exception."""
    match error:
        case ssl.SSLCertVerificationError():
            return "the TLS certificate is not valid for this host"
        case HTTPConnectionClosed() | ssl.SSLEOFError() | ssl.SSLZeroReturnError():
            return "connection closed by the server"
        case ConnectionResetError() | ConnectionAbortedError() | BrokenPipeError():
            return "connection closed by the server"
        case ConnectionRefusedError():
            return "connection refused"
        case socket.gaierror():
            return "name resolution failed"
        case TimeoutError():
            return "time-out while connecting"
        case ssl.SSLError():
            return "TLS error"
        case HTTPParseError():
            return "connection closed or broken within the answer"
        case OSError():
            return f"network error {errno.errorcode.get(error.errno or 0, 'unknown')}"
        case _:
            return None
