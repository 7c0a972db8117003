"""One request of a source, sent by the load's own code, and all that there is to say about it."""

import base64
import codecs
import time
from types import SimpleNamespace
from typing import Any

from gevent import Timeout
from gevent.event import AsyncResult
from locust.event import Events

from ..answers.decoding import beginning
from ..load.making import failure_of
from ..measure.counters import Counters
from ..measure.failures import Failure
from ..measure.measure import Measure
from ..source.redaction import Redactor
from ..source.request import Piece, Request, Response
from ..source.source import RequestSource
from .connection import Connection
from .endpoint import Endpoint
from .reactor import Reactor

VERSION = 1
"""Of the document: ``PreflightAnswer`` of @loadwright/core."""

_NAMED = "name:"
_REQUEST_BODY_CHARACTERS = 4 * 1024
_ANSWER_BODY_CHARACTERS = 64 * 1024
# Beyond the time-outs of the connection, which end every request by themselves.
_GRACE_SECONDS = 5.0


def send_one(source: RequestSource, path: str | None = None) -> dict[str, Any]:
    """
    Sends the next request of a source over a connection of its own, waits for the answer, and describes both.
    It is in no figures.

    :param path: of the host: asked for with GET in place of the load's own request, and any answer is right;
        or ``name:`` and the name of one of the load's requests. Those whose answers this one needs are sent
        first; the first that fails is described in its place
    """
    is_own = path is None or path.startswith(_NAMED)
    before = 0
    try:
        if path is None:
            request = source.next_request()
        elif is_own:
            name = path.removeprefix(_NAMED)
            for earlier in source.names_before(name):
                document = _Exchange(source, source.request_named(earlier)).carry_out()
                if document["failure"] is not None:
                    return _after(before, document)
                before += 1
            request = source.request_named(name)
        else:
            request = _get(source, path)
    except Exception as error:
        return _after(before, failed(failure_of(error)[0]))
    return _after(before, _Exchange(source if is_own else _Unchecked(source), request).carry_out())


def _after(before: int, document: dict[str, Any]) -> dict[str, Any]:
    """:param before: how many requests have succeeded whose answers the one of the document needs"""
    return {**document, "before": before} if before else document


def failed(failure: Failure) -> dict[str, Any]:
    """The document of a request that could not be made."""
    redact = Redactor()
    return {
        "version": VERSION,
        "request": None,
        "answer": None,
        "seconds": 0,
        "sentAt": time.time(),
        "failure": {"kind": failure.kind, "reason": redact(failure.reason)},
    }


class _Exchange:
    """Owns the connection."""

    def __init__(self, source: Any, request: Request):
        self._request = request
        self._pieces = bytearray()
        self._head: Piece | None = None
        self._body_bytes = 0
        self._outcome: AsyncResult = AsyncResult()
        self._reactor = Reactor()
        self._endpoint = Endpoint(
            self._reactor, source, Measure(Counters()), SimpleNamespace(events=Events())
        )
        self._endpoint.on_outcome = lambda *outcome: self._outcome.set(outcome)
        # Every answer is looked at, or nothing would be known of it.
        self._endpoint.plain_statuses = self._endpoint.glanced_statuses = ()
        self._endpoint.keeps_bodies = True
        self._endpoint.keeps_promises = False

    def carry_out(self) -> dict[str, Any]:
        connection = Connection(self._endpoint, self)
        limits = self._endpoint.limits
        sent_at = time.time()
        self._reactor.soon(lambda: self._start(connection))
        try:
            _, response, failure, seconds = self._outcome.get(
                timeout=limits.connect + limits.request + _GRACE_SECONDS
            )
        except Timeout:
            response, failure, seconds = None, Failure("timeout", "no outcome"), time.time() - sent_at
        except Exception as error:
            response, seconds = None, time.time() - sent_at
            failure = failure_of(error)[0]
        finally:
            connection.abort()
            self._endpoint.close()
            self._reactor.close()
        return self._describe(response, failure, seconds, sent_at)

    def finished(self, _: Connection) -> None:
        """The outcome is known already."""

    def raised(self, _: Connection, __: Exception) -> None:
        """The outcome shows that the check failed."""

    def _start(self, connection: Connection) -> None:
        try:
            connection.start(self._observed(self._request))
        except Exception as error:
            self._outcome.set_exception(error)

    def _observed(self, request: Request) -> Request:
        """The same bytes; of an answer that is taken piece by piece the beginning is kept."""
        on_piece = request.on_piece
        if on_piece is None:
            return request

        def observe(piece: Piece) -> None:
            self._head = piece
            self._body_bytes += len(piece.data)
            if len(self._pieces) < _ANSWER_BODY_CHARACTERS:
                self._pieces += piece.data
            on_piece(piece)

        observe.reader = on_piece
        return request.read_by(observe)

    def _describe(
        self, response: Response | None, failure: Failure | None, seconds: float, sent_at: float
    ) -> dict[str, Any]:
        request, source = self._request, self._endpoint.source
        redact = Redactor(request.headers, request.secrets)
        return {
            "version": VERSION,
            "request": {
                "method": request.method,
                "url": redact(source.host + request.path.removeprefix(source.base_path)),
                "name": request.name,
                "headers": redact.headers(request.headers),
                "body": _described(request.body, _REQUEST_BODY_CHARACTERS, redact),
                "row": getattr(request, "row", None),
            },
            "answer": self._described_answer(response, redact),
            "seconds": seconds,
            "sentAt": sent_at,
            "failure": None if failure is None else {"kind": failure.kind, "reason": redact(failure.reason)},
        }

    def _described_answer(self, response: Response | None, redact: Redactor) -> dict[str, Any] | None:
        if response is None and self._head is None:
            return None
        if response is not None:
            status, headers, body = response.status, response.headers(), response.body
        else:
            assert self._head is not None
            status, headers, body = self._head.status, self._head.headers.all(), b""
        came, total = (body, len(body)) if body else (bytes(self._pieces), self._body_bytes)
        body = beginning(came, headers.get("content-encoding"), 2 * _ANSWER_BODY_CHARACTERS)
        described = _described(body, _ANSWER_BODY_CHARACTERS, redact)
        if total > len(came) or len(body) >= 2 * _ANSWER_BODY_CHARACTERS:
            described |= {"bytes": max(total, len(body)), "isCut": True}
        return {"status": status, "headers": redact.headers(headers), "body": described}


class _Unchecked:
    """What an endpoint needs of a source, and no check."""

    def __init__(self, source: RequestSource):
        self.host = source.host
        self.base_path = source.base_path
        self.config = source.config
        self.tls_context = source.tls_context

    def check(self, _: Response) -> None:
        return None

    def plain_statuses(self) -> tuple[()]:
        return ()

    glanced_statuses = plain_statuses


def _get(source: RequestSource, path: str) -> Request:
    return Request("GET", source.base_path + path, name="preflight")


def _described(content: bytes, limit: int, redact: Redactor) -> dict[str, Any]:
    """The beginning of a body: text where it is UTF-8, else base64."""
    is_cut = len(content) > limit
    described: dict[str, Any] = {"bytes": len(content), "isCut": is_cut}
    try:
        # Redacted before it is cut: half of a secret would not be recognised.
        text = codecs.getincrementaldecoder("utf-8")().decode(content[: 2 * limit], len(content) <= 2 * limit)
        described["text"] = redact(text)[:limit]
    except UnicodeDecodeError:
        described["base64"] = base64.b64encode(content[:limit]).decode()
    return described
