"""Requests to AWS as the role of this machine, with nothing but Python's standard library.

Honours AWS_EC2_METADATA_SERVICE_ENDPOINT and AWS_ENDPOINT_URL, as the SDKs do. Errors hold no credential.
"""

from __future__ import annotations

import hashlib
import hmac
import http.client
import json
import os
import re
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple
from urllib.parse import quote, urlsplit

_ANSWER_SECONDS = 20
_LONGEST_PAUSE_SECONDS = 8.0
_LONGEST_REASON = 300
_EMPTY_HASH = hashlib.sha256(b"").hexdigest()


class NotYetError(Exception):
    """What may succeed when it is tried again."""


class Patience:
    """Tries again until time is up: a role, its policies and what was just written are seen after a while."""

    def __init__(self, seconds: float):
        self._deadline = time.monotonic() + seconds

    def until_done(self, what: str, attempt: Callable[[], Any]) -> Any:
        """Ends the process with one message when time is up."""
        pause = 0.25
        while True:
            try:
                return attempt()
            except NotYetError as error:
                if time.monotonic() + pause > self._deadline:
                    raise SystemExit(f"loadwright: {what} failed: {error}") from None
            time.sleep(pause)
            pause = min(pause * 2, _LONGEST_PAUSE_SECONDS)


class Role(NamedTuple):
    """Temporary credentials of the machine's role, and where the services of its partition are."""

    access_key: str
    secret_key: str
    session_token: str
    domain: str

    @classmethod
    def read(cls) -> Role:
        """From version 2 of the instance metadata service. Raises :class:`NotYetError`."""
        read = metadata()
        path = "iam/security-credentials/"
        try:
            found = json.loads(read(path + quote(read(path).split("\n")[0].strip())))
            keys = found["AccessKeyId"], found["SecretAccessKey"], found["Token"]
        except (ValueError, KeyError):
            raise NotYetError("the metadata service has no credentials of a role yet") from None
        return cls(*keys, read("services/domain").strip())


def metadata() -> Callable[[str], str]:
    """Reads version 2 of the instance metadata service. Raises :class:`NotYetError`, now or then."""
    base = os.environ.get("AWS_EC2_METADATA_SERVICE_ENDPOINT", "http://169.254.169.254").rstrip("/")
    lifetime = {"X-aws-ec2-metadata-token-ttl-seconds": "600"}
    token = _text(urllib.request.Request(f"{base}/latest/api/token", method="PUT", headers=lifetime))

    def read(path: str) -> str:
        headers = {"X-aws-ec2-metadata-token": token}
        return _text(urllib.request.Request(f"{base}/latest/meta-data/{path}", headers=headers))

    return read


def base_url(service: str, region: str, role: Role) -> str:
    """Where a service is, without a slash at its end."""
    return os.environ.get("AWS_ENDPOINT_URL", "").rstrip("/") or f"https://{service}.{region}.{role.domain}"


def object_url(bucket: str, key: str, region: str, role: Role) -> str:
    """An object of S3. Its bucket is part of the host name; where one address stands for all, of the path."""
    base, path = base_url("s3", region, role), quote(key, safe="/~")
    if os.environ.get("AWS_ENDPOINT_URL"):
        return f"{base}/{bucket}/{path}"
    return f"{base.replace('://', f'://{bucket}.')}/{path}"


def signed(
    role: Role,
    service: str,
    region: str,
    url: str,
    body: bytes | None = None,
    headers: dict[str, str] | None = None,
) -> urllib.request.Request:
    """A request with a Signature Version 4. The URL has no query, and a path as S3 wants it: encoded once."""
    parts = urlsplit(url)
    now = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
    method = "GET" if body is None else "POST"
    body_hash = _EMPTY_HASH if body is None else hashlib.sha256(body).hexdigest()
    all_headers = {
        **(headers or {}),
        "host": parts.netloc,
        "x-amz-content-sha256": body_hash,
        "x-amz-date": now,
        "x-amz-security-token": role.session_token,
    }
    names = ";".join(sorted(all_headers))
    lines = "".join(f"{name}:{all_headers[name]}\n" for name in sorted(all_headers))
    canonical = "\n".join((method, parts.path, "", lines, names, body_hash))
    scope = f"{now[:8]}/{region}/{service}/aws4_request"
    key = f"AWS4{role.secret_key}".encode()
    for part in scope.split("/"):
        key = hmac.digest(key, part.encode(), "sha256")
    to_sign = f"AWS4-HMAC-SHA256\n{now}\n{scope}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    signature = hmac.digest(key, to_sign.encode(), "sha256").hex()
    all_headers["Authorization"] = (
        f"AWS4-HMAC-SHA256 Credential={role.access_key}/{scope}, SignedHeaders={names}, Signature={signature}"
    )
    return urllib.request.Request(url, data=body, method=method, headers=all_headers)


@contextmanager
def sent(request: urllib.request.Request) -> Iterator[Any]:
    """The answer, to be read. Raises :class:`NotYetError` for whatever is no success, or breaks off."""
    host = urlsplit(request.full_url).netloc
    # A machine that was just made has no proxies.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=_ANSWER_SECONDS) as answer:
            yield answer
    except urllib.error.HTTPError as error:
        raise NotYetError(f"{host} answered {error.code} {_reason(error)}") from None
    except (urllib.error.URLError, ConnectionError, TimeoutError, http.client.HTTPException) as error:
        raise NotYetError(f"{host} did not answer: {getattr(error, 'reason', None) or error!r}") from None


def _text(request: urllib.request.Request) -> str:
    with sent(request) as answer:
        return answer.read().decode()


def _reason(error: urllib.error.HTTPError) -> str:
    """Only its code and its message: errors of S3 quote the request's token in other elements."""
    try:
        text = error.read(10_000).decode(errors="replace")
    except OSError:
        return ""
    found = re.findall(r'<(?:Code|Message)>([^<]*)<|"(?:__type|[mM]essage)":\s*"([^"]*)"', text)
    return ": ".join(xml or text for xml, text in found)[:_LONGEST_REASON]
