"""AWS Signature Version 4, in plain Python: Locust's container image has no boto3.

Follows "Signature Version 4 signing process" of the AWS General Reference, for services other than S3: the
path is normalised and encoded once more, and the body is hashed but its hash is not sent.
"""

import hmac
import time
from collections.abc import Callable, Mapping
from hashlib import sha256
from typing import Any, NamedTuple
from urllib.parse import quote

_ALGORITHM = "AWS4-HMAC-SHA256"

# Signatures of bodies up to this size, and so many of them, are kept within a second.
_KEPT_BODY_BYTES = 16 * 1024
_KEPT_SIGNATURES = 256


class Credentials(NamedTuple):
    """Credentials of AWS; temporary ones have a session token."""

    access_key: str
    secret_key: str
    session_token: str | None = None


class _Moment(NamedTuple):
    """What all signatures of one second share."""

    amz_date: str
    scope: str
    # The two hashes of HMAC (RFC 2104), fed with all that signatures share. To finish copies of them saves
    # 1 us a signature over hmac.digest, which looks for its algorithm each time.
    inner: Any
    outer: Any


class Signer:
    """Signs requests to one service in one region. The signing key is derived once a day."""

    def __init__(
        self, credentials: Credentials, region: str, service: str, now: Callable[[], float] = time.time
    ):
        """:param now: the clock, in Unix seconds"""
        self.credentials = credentials
        self._region = region
        self._service = service
        self._now = now
        self._key_date = ""
        self._key = b""
        self._second = -1.0
        self.current = _Moment("", "", None, None)
        """What :meth:`moment` gave last."""

    def prepare(
        self, method: str, host: str, path: str, query: str = "", headers: Mapping[str, str] | None = None
    ) -> "PreparedRequest":
        """
        A request of which only the body changes.

        :param host: the ``Host`` header
        :param path: percent-encoded path, as it is sent
        :param query: percent-encoded query, as it is sent, without the question mark
        :param headers: further headers, all of which are sent and signed
        """
        return PreparedRequest(self, method, host, path, query, headers or {})

    def moment(self) -> _Moment:
        now = self._now()
        if not 0 <= now - self._second < 1:
            self._second = second = int(now)
            amz_date = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(second))
            date = amz_date[:8]
            scope = f"{date}/{self._region}/{self._service}/aws4_request"
            if date != self._key_date:
                self._key = signing_key(self.credentials.secret_key, date, self._region, self._service)
                self._key_date = date
            key = self._key.ljust(sha256().block_size, b"\0")
            inner = sha256(bytes(byte ^ 0x36 for byte in key))
            inner.update(f"{_ALGORITHM}\n{amz_date}\n{scope}\n".encode())
            self.current = _Moment(amz_date, scope, inner, sha256(bytes(byte ^ 0x5C for byte in key)))
        return self.current

    def sign_text(self, canonical_request: str) -> str:
        """The signature of a request in its canonical form, such as one whose signature is in its query."""
        moment = self.moment()
        inner, outer = moment.inner.copy(), moment.outer.copy()
        inner.update(sha256(canonical_request.encode()).hexdigest().encode())
        outer.update(inner.digest())
        return outer.hexdigest()


class PreparedRequest:
    """A request whose canonical form is ready but for the date and the body."""

    def __init__(
        self, signer: Signer, method: str, host: str, path: str, query: str, headers: Mapping[str, str]
    ):
        token = signer.credentials.session_token
        self.signer = signer
        self._headers = dict(headers)
        if token:
            self._headers["X-Amz-Security-Token"] = token
        signed = {name.lower(): " ".join(value.split()) for name, value in self._headers.items()}
        signed |= {"host": host, "x-amz-date": "\0"}
        lines = "".join(f"{name}:{signed[name]}\n" for name in sorted(signed))
        self._signed_names = ";".join(sorted(signed))
        canonical = "\n".join(
            (method, canonical_path(path), canonical_query(query), lines, self._signed_names, "")
        )
        self._before_date, self._after_date = canonical.split("\0")
        self._begin(signer.moment())

    def follow(self) -> None:
        """Signs for the second that the signer's last :meth:`Signer.moment` has given."""
        if self.signer.current is not self._moment:
            self._begin(self.signer.current)

    def common_headers(self) -> dict[str, str]:
        """All headers to send but ``Host``; at the end of ``Authorization`` the signature lacks."""
        return {**self._headers, "Authorization": self._authorization}

    def headers(self, body: bytes) -> dict[str, str]:
        """All headers to send but ``Host``. Not to be changed: a body gets the same ones for a second."""
        moment = self.signer.moment()
        if moment is not self._moment:
            self._begin(moment)
        if len(body) > _KEPT_BODY_BYTES:
            return self._sign(body)
        headers = self._kept.get(body)
        if headers is None:
            headers = self._sign(body)
            if len(self._kept) < _KEPT_SIGNATURES:
                self._kept[body] = headers
        return headers

    def _begin(self, moment: _Moment) -> None:
        """Makes what the signatures of this second share."""
        self._moment = moment
        self._kept: dict[bytes, dict[str, str]] = {}
        self._canonical = sha256(f"{self._before_date}{moment.amz_date}{self._after_date}".encode())
        credential = f"{self.signer.credentials.access_key}/{moment.scope}"
        self._authorization = (
            f"{_ALGORITHM} Credential={credential}, SignedHeaders={self._signed_names}, Signature="
        )
        self._headers["X-Amz-Date"] = moment.amz_date

    def signature(self, body_hash: bytes) -> str:
        """:param body_hash: SHA-256 of the body, in hexadecimal digits"""
        canonical = self._canonical.copy()
        canonical.update(body_hash)
        moment = self._moment
        inner, outer = moment.inner.copy(), moment.outer.copy()
        inner.update(canonical.hexdigest().encode())
        outer.update(inner.digest())
        return outer.hexdigest()

    def _sign(self, body: bytes) -> dict[str, str]:
        signature = self.signature(sha256(body).hexdigest().encode())
        return {**self._headers, "Authorization": self._authorization + signature}


def signing_key(secret_key: str, date: str, region: str, service: str) -> bytes:
    """:param date: ``YYYYMMDD``"""
    key = f"AWS4{secret_key}".encode()
    for part in (date, region, service, "aws4_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    return key


def canonical_path(path: str) -> str:
    """The path without empty, ``.`` and ``..`` segments, percent-encoded once more."""
    segments: list[str] = []
    for segment in path.split("/"):
        if segment == "..":
            del segments[-1:]
        elif segment not in ("", "."):
            segments.append(segment)
    end = "/" if segments and path.endswith("/") else ""
    return quote(f"/{'/'.join(segments)}{end}", safe="/~")


def canonical_query(query: str) -> str:
    """The parameters of a percent-encoded query, sorted; one without a value gets an empty one."""
    pairs = sorted(part.partition("=")[::2] for part in query.split("&") if part)
    return "&".join(f"{name}={value}" for name, value in pairs)
