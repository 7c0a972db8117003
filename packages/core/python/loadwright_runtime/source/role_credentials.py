"""Credentials of AWS: from variables, or from the role of a container or machine, renewed in a test."""

import http.client
import json
import os
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote, urlsplit

import gevent

from ..measure.metrics import Metrics
from . import variables
from .errors import SetupError
from .renewal import RenewalCounts
from .sigv4 import Credentials

_SERVICE = "http://169.254.169.254"
# Of the agent of ECS: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-iam-roles.html
_CONTAINER_SERVICE = "http://169.254.170.2"
_RELATIVE_URI = "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"
_FULL_URI = "AWS_CONTAINER_CREDENTIALS_FULL_URI"
_AUTHORIZATION = "AWS_CONTAINER_AUTHORIZATION_TOKEN"
_AUTHORIZATION_FILE = "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"
# Whom the SDKs send that token to without TLS: the agents of ECS and of EKS, and this machine.
# https://docs.aws.amazon.com/sdkref/latest/guide/feature-container-credentials.html
_PLAIN_HOSTS = frozenset({"169.254.170.2", "169.254.170.23", "fd00:ec2::23", "localhost", "::1"})
_ANSWER_SECONDS = 2.0
_TOKEN_SECONDS = "300"
_ATTEMPTS = 5
_FIRST_PAUSE_SECONDS = 0.2
# New ones exist at least five minutes before the old ones end:
# https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instance-metadata-security-credentials.html
_EARLY_SECONDS = 15 * 60
_BETWEEN_RENEWALS_SECONDS = 60.0
_SHORTEST_PAUSE_SECONDS = 1.0


class RoleCredentials(NamedTuple):
    """What the service of a container or of a machine says of its role."""

    credentials: Credentials
    expires_at: float
    """Unix time."""


def aws_credentials(purpose: str, renew: Callable[[Credentials], None], metrics: Metrics) -> Credentials:
    """
    Those of the variables ``AWS_ACCESS_KEY_ID`` …; without them, and with ``LOADWRIGHT_ROLE_CREDENTIALS=1``,
    those of the role of its container, or else of its machine.

    :param purpose: what they are for, in the message of the :class:`SetupError` when there are none
    :param renew: is given newer ones of the role before those it has expire, in a greenlet of its own
    :param metrics: where renewals are counted
    """
    is_named = variables.optional("AWS_ACCESS_KEY_ID") is not None
    if is_named or variables.optional("LOADWRIGHT_ROLE_CREDENTIALS") != "1":
        return Credentials(
            variables.required("AWS_ACCESS_KEY_ID", purpose),
            variables.required("AWS_SECRET_ACCESS_KEY", purpose),
            variables.optional("AWS_SESSION_TOKEN"),
        )
    found = _read_patiently(purpose)
    gevent.spawn(_keep_fresh, found, renew, RenewalCounts(metrics))
    return found.credentials


def _read_patiently(purpose: str) -> RoleCredentials:
    pause = _FIRST_PAUSE_SECONDS
    for attempt in range(_ATTEMPTS):
        if attempt:
            gevent.sleep(pause)
            pause *= 2
        try:
            return _read()
        except (OSError, http.client.HTTPException, ValueError, KeyError, RecursionError) as error:
            reason = f"{type(error).__name__} {error}" if isinstance(error, OSError) else type(error).__name__
    whose, remedy = (
        ("container", "its task a role")
        if _in_container()
        else ("machine", "the machine an instance profile")
    )
    raise SetupError(
        f"the metadata service of this {whose} gives no credentials of a role ({reason}): {purpose}. "
        f"Give {remedy}, or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY."
    )


def _in_container() -> bool:
    """Whether an agent has handed this process a role. With host networking the machine's is in reach too."""
    return any(os.environ.get(name) for name in (_RELATIVE_URI, _FULL_URI))


def _read() -> RoleCredentials:
    return read_container_role() if _in_container() else read_role()


def read_container_role() -> RoleCredentials:
    """
    Asks the agent of a container once: at ``AWS_CONTAINER_CREDENTIALS_RELATIVE_URI``, or else at
    ``AWS_CONTAINER_CREDENTIALS_FULL_URI``, with the token of ``AWS_CONTAINER_AUTHORIZATION_TOKEN``, or of the
    file that ``AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE`` names, which changes while the test runs.

    Raises OSError, HTTPException, ValueError or KeyError.
    """
    relative = os.environ.get(_RELATIVE_URI)
    url = urlsplit(_CONTAINER_SERVICE + relative if relative else os.environ[_FULL_URI])
    host = url.hostname or ""
    if url.scheme not in ("http", "https"):
        raise ValueError(f"{_FULL_URI} is no URL")
    if url.scheme == "http" and host not in _PLAIN_HOSTS and not host.startswith("127."):
        raise ConnectionError(f"{_FULL_URI} names {host}, which may not be asked without TLS")
    token = _authorization()
    connect = http.client.HTTPSConnection if url.scheme == "https" else http.client.HTTPConnection
    connection = connect(host, url.port, timeout=_ANSWER_SECONDS)
    try:
        path = url.path + (f"?{url.query}" if url.query else "")
        text = _ask(connection, "GET", path or "/", {"Authorization": token} if token else {})
    finally:
        connection.close()
    return _credentials(json.loads(text))


def _authorization() -> str | None:
    path = os.environ.get(_AUTHORIZATION_FILE)
    token = Path(path).read_text().strip() if path else os.environ.get(_AUTHORIZATION, "").strip()
    if not token.isprintable():
        # The HTTP client would quote it in its error.
        raise ValueError("the token of the container holds a line break")
    return token or None


def _keep_fresh(found: RoleCredentials, renew: Callable[[Credentials], None], counts: RenewalCounts) -> None:
    while True:
        gevent.sleep(_seconds_until_renewal(found.expires_at - time.time()))
        try:
            newer = _read()
        except Exception:
            # There is time for more attempts, whatever it was. When all fail, requests fail with what the
            # service says.
            counts.failed()
            continue
        if newer.credentials != found.credentials:
            renew(newer.credentials)
            counts.renewed()
        found = newer


def _seconds_until_renewal(left: float) -> float:
    """
    Until newer credentials are asked for: a quarter of an hour before the end; after that once a minute, and
    of what ends within two minutes at the half of its rest, so that there are several attempts before.

    :param left: seconds until the present ones end
    """
    pause = _BETWEEN_RENEWALS_SECONDS
    if left > 0:
        pause = min(pause, max(left / 2, _SHORTEST_PAUSE_SECONDS))
    return max(left - _EARLY_SECONDS, pause)


def read_role() -> RoleCredentials:
    """
    Asks version 2 of the instance metadata service once, or what ``AWS_EC2_METADATA_SERVICE_ENDPOINT`` names.

    Raises OSError, HTTPException, ValueError or KeyError.
    """
    url = urlsplit(os.environ.get("AWS_EC2_METADATA_SERVICE_ENDPOINT") or _SERVICE)
    connection = http.client.HTTPConnection(url.hostname or "", url.port, timeout=_ANSWER_SECONDS)
    try:
        lifetime = {"X-aws-ec2-metadata-token-ttl-seconds": _TOKEN_SECONDS}
        token = _ask(connection, "PUT", "/latest/api/token", lifetime)
        path = "/latest/meta-data/iam/security-credentials/"
        with_token = {"X-aws-ec2-metadata-token": token}
        role = _ask(connection, "GET", path, with_token).split("\n")[0].strip()
        found = json.loads(_ask(connection, "GET", path + quote(role), with_token))
    finally:
        connection.close()
    return _credentials(found)


def _credentials(found: Any) -> RoleCredentials:
    """Raises KeyError, or ValueError for what cannot be credentials: it must not displace good ones."""
    if not isinstance(found, dict):
        raise ValueError("no object of JSON")
    key, secret, expiration = (found[name] for name in ("AccessKeyId", "SecretAccessKey", "Expiration"))
    token = found["Token"]
    if not all(map(_is_word, (key, secret, expiration))) or not (token is None or _is_word(token)):
        raise ValueError("no credentials")
    end = datetime.fromisoformat(expiration)
    # RFC 3339 has a zone; a time without one is meant as the others.
    return RoleCredentials(
        Credentials(key, secret, token), (end if end.tzinfo else end.replace(tzinfo=UTC)).timestamp()
    )


def _is_word(value: Any) -> bool:
    return isinstance(value, str) and value != "" and value.isascii() and value.isprintable()


def _ask(connection: http.client.HTTPConnection, method: str, path: str, headers: dict[str, str]) -> str:
    connection.request(method, path, headers=headers)
    answer = connection.getresponse()
    text = answer.read().decode()
    if answer.status != 200:
        raise ConnectionError(f"it answered {answer.status} to {method} {path}")
    return text
