"""Calls that a source makes beside its requests: for tokens, and to ask where an endpoint is."""

import http.client
import json
from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import urlencode, urlsplit

import gevent

from ..http import tls_context
from ..http.proxy import Proxy, proxy_for
from .bundle import Bundle, check_host
from .errors import SetupError

_ANSWER_SECONDS = 10.0
_MOST_BYTES = 1024 * 1024


class CallFailedError(Exception):
    """A call got no answer, or one that is of no use. The text is short, and holds no secret."""


class Answer(NamedTuple):
    """Of any status."""

    status: int
    headers: Any
    """``get(name)`` finds a header."""
    body: bytes

    @property
    def document(self) -> dict[str, Any]:
        """The body, a JSON object; an empty one when it is something else."""
        try:
            document = json.loads(self.body)
        except (RecursionError, ValueError):
            return {}
        return document if isinstance(document, dict) else {}

    @property
    def retry_after(self) -> float:
        """Seconds of the header ``Retry-After``; 0 without one, and where it holds a date."""
        try:
            return max(0.0, float(self.headers.get("Retry-After") or 0))
        except ValueError:
            return 0.0


class SideCalls:
    """
    Calls to one host that ``target.json`` names. It alone does: a message of a master, an answer and a
    redirect change nothing, for these calls carry the secrets of the bundle.
    """

    def __init__(self, bundle: Bundle, setting: str):
        """:param setting: the member of ``config`` of ``target.json`` that holds the base URL"""
        try:
            self.base_url = check_host(bundle.config[setting])
        except KeyError:
            raise SetupError(f"target.json lacks {setting} in its config: render the bundle again.") from None
        url = urlsplit(self.base_url)
        self._host, self._port = url.hostname or "", url.port
        self._base_path = url.path
        self._proxy = proxy_for(url)
        self._tls = tls_context.context_for(bundle.tls) if url.scheme == "https" else None

    def get(self, path: str, headers: Mapping[str, str]) -> Answer:
        """Raises :class:`CallFailedError` when there is no answer. Other greenlets go on meanwhile."""
        return self._call("GET", path, None, headers)

    def post_form(self, path: str, form: Mapping[str, str], headers: Mapping[str, str]) -> Answer:
        """As :meth:`post`, with a form."""
        headers = {**headers, "Content-Type": "application/x-www-form-urlencoded"}
        return self.post(path, urlencode(form).encode(), headers)

    def post(self, path: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        """As :meth:`get`. A redirect is an answer like any other: it is not followed."""
        return self._call("POST", path, body, headers)

    def _call(self, method: str, path: str, body: bytes | None, headers: Mapping[str, str]) -> Answer:
        connection = self._connection()
        try:
            # Each wait has a time-out of its own, so that a server which sends byte by byte has one too.
            with gevent.Timeout(2 * _ANSWER_SECONDS):
                connection.request(method, self._base_path + path, body=body, headers=dict(headers))
                answer = connection.getresponse()
                return Answer(answer.status, answer.headers, answer.read(_MOST_BYTES))
        except gevent.Timeout:
            raise CallFailedError("it does not answer in time") from None
        except OSError as error:
            reason = error.strerror or type(error).__name__
            raise CallFailedError(f"it cannot be reached ({reason})") from None
        except http.client.HTTPException as error:
            raise CallFailedError(f"its answer is not HTTP ({type(error).__name__})") from None
        finally:
            connection.close()

    def _connection(self) -> http.client.HTTPConnection:
        host, port = (self._host, self._port) if self._proxy is None else self._proxy[:2]
        if self._tls is None:
            connection = http.client.HTTPConnection(host, port, timeout=_ANSWER_SECONDS)
        else:
            connection = http.client.HTTPSConnection(host, port, timeout=_ANSWER_SECONDS, context=self._tls)
        if self._proxy is not None:
            connection.set_tunnel(self._host, self._port, _login_of(self._proxy))
        return connection


def _login_of(proxy: Proxy) -> dict[str, str]:
    lines = proxy.request.decode("latin-1").split("\r\n")[2:]
    return dict(line.split(": ", 1) for line in lines if line)
