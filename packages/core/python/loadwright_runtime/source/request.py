"""What goes over the seam between "what to send" and "how it is sent"."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from ..answers.decoding import beginning, decode

KEPT_REQUESTS = 1024
KEPT_BODY_BYTES = 16 * 1024
"""Requests with longer bodies are made anew each time."""
_DEFAULT_PORTS = {"http": 80, "https": 443}


class Piece(NamedTuple):
    """A piece of an answer's body, as it came."""

    seconds: float
    """Since just before the first byte of the request was sent."""
    data: bytes
    status: int
    headers: Any
    """``get(name)`` finds a header by its name in lower case."""


class Request:
    """One HTTP request. Never changed after it is made, so a source may hand out the same one many times."""

    __slots__ = ("body", "headers", "id", "method", "name", "on_piece", "path", "row", "wire")

    secrets: Iterable[str] = ()
    """What must not be shown of it and of its answer, beside secret headers; a subclass may have some."""

    def __init__(
        self,
        method: str,
        path: str,
        *,
        name: str,
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
        on_piece: Callable[[Piece], None] | None = None,
        row: int | None = None,
        id: str | None = None,
    ):
        """
        :param path: path and query, percent-encoded, starting with the source's ``base_path``
        :param name: what the statistics call it: one of few fixed strings, never a text with varying parts
        :param on_piece: takes the answer's body piece by piece; the :class:`Response` then has none
        :param row: number of the payload that it is made of, from 1
        :param id: which it carries, and by which the service's own logs know it
        """
        self.method = method
        self.path = path
        self.name = name
        self.headers = headers or {}
        self.body = body
        self.on_piece = on_piece
        self.row = row
        self.id = id
        self.wire: bytes | None = None
        """The bytes that are sent, made once."""

    def read_by(self, on_piece: Callable[[Piece], None]) -> "Request":
        """The same request with a reader of its own, as each stream needs one."""
        other = Request(
            self.method,
            self.path,
            name=self.name,
            headers=self.headers,
            body=self.body,
            on_piece=on_piece,
            row=self.row,
            id=self.id,
        )
        other.wire = self.wire
        return other


class RequestCache:
    """Requests by what they are made for, so that what comes again is not made and encoded again."""

    __slots__ = ("_make", "_most", "_requests")

    def __init__(self, make: Callable[[Any], Request], most: int = KEPT_REQUESTS):
        """:param most: how many are kept, about a kilobyte each and its body"""
        self._make = make
        self._most = most
        self._requests: dict[Any, Request] = {}

    def of(self, key: Any) -> Request:
        request = self._requests.get(key)
        if request is None:
            request = self._make(key)
            request.row = getattr(key, "row", None)
            # Only the first ones are kept: bodies that are all different would push each other out.
            if len(self._requests) < self._most and len(request.body) <= KEPT_BODY_BYTES:
                self._requests[key] = request
        return request

    def clear(self) -> None:
        self._requests.clear()


class Response:
    """One complete answer."""

    __slots__ = ("_content", "_headers", "body", "is_ordinary", "reader", "request", "seconds", "status")

    def __init__(
        self,
        status: int,
        headers: Any,
        body: bytes,
        reader: Callable[[Piece], None] | None = None,
        is_ordinary: bool = False,
    ):
        """
        :param headers: ``get(name)`` finds a header by its name in lower case
        :param body: as it came
        :param reader: the request's ``on_piece``, which has taken the body
        :param is_ordinary: whether it is known without a look at the headers that it is no stream of events
        """
        self.status = status
        self._headers = headers
        self.body = body
        self.reader = reader if reader is None else getattr(reader, "reader", reader)
        self.is_ordinary = is_ordinary
        self.request: Request | None = None
        """Which one it answers."""
        self.seconds: float | None = None
        """Service time: from just before the first byte of the request was sent to the answer's last byte."""
        self._content: bytes | None = None

    @property
    def content(self) -> bytes:
        """The body; what the service has compressed is decoded. Raises :class:`.decoding.DecodingError`."""
        if self._content is None:
            encoding = self._headers.get("content-encoding")
            self._content = self.body if encoding is None else decode(self.body, encoding)
        return self._content

    def beginning(self, limit: int) -> bytes:
        """So many bytes of the body, decoded as far as that is possible, also of one taken piece by piece."""
        if self.reader is not None:
            return getattr(self.reader, "beginning", b"")[:limit]
        return beginning(self.body, self.header("content-encoding"), limit)

    @property
    def is_success(self) -> bool:
        return 200 <= self.status < 300

    def header(self, name: str) -> str | None:
        """The value of a header, whatever its case; the first one when it was sent several times."""
        return self._headers.get(name.lower())

    def headers(self) -> dict[str, str]:
        """All headers, their names in lower case."""
        return self._headers.all()


def host_header(host: str) -> str:
    """The ``Host`` header for a base URL: without user, and without the scheme's own port."""
    parts = urlsplit(host)
    name = parts.netloc.rpartition("@")[2].lower()
    return name.removesuffix(f":{_DEFAULT_PORTS[parts.scheme]}") if parts.port else name
