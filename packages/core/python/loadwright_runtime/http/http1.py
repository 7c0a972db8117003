"""HTTP/1.1 from the client's side (RFC 9112): requests as bytes, answers out of bytes."""

import re
from collections.abc import Callable
from typing import NamedTuple

from ..source.request import Request

MAXIMUM_HEAD_BYTES = 64 * 1024
MAXIMUM_BODY_BYTES = 64 * 1024 * 1024
"""Of an answer, where nothing else is said."""

# A chunk's size may be followed by extensions; nobody needs longer ones.
_MAXIMUM_LINE_BYTES = 4096

_BODY_METHODS = frozenset({"POST", "PUT", "PATCH"})

_TOKEN = rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
_VALUE = rb"[^\x00\r\n\x0b\x0c]*"
_STATUS_LINE = re.compile(rb"HTTP/([0-9]\.[0-9]) ([1-9][0-9]{2})(?: " + _VALUE + rb")?")
_HEADER = re.compile(rb"(" + _TOKEN + rb"):[ \t]*((?:[^\x00\s](?:" + _VALUE + rb"[^\x00\s])?)?)[ \t]*")
_HEAD_END = re.compile(rb"\n\r?\n")
_CHUNK_LINE = re.compile(rb"([0-9A-Fa-f]{1,20})(?:;[^\n]*)?[ \t]*\r\n")
_LENGTH = re.compile(rb"[0-9]{1,20}")
# Neither the 408 of balancers that close an idle connection, nor 1xx, which is no answer yet.
_UNASKED = re.compile(rb"[\r\n]*HTTP/(?!1\.[01] (?:408|1[0-9]{2}))")

# A whole, ordinary answer: one Content-Length, nothing else about framing, no reason to close, and no stream
# of events, in which an error may stand. Almost every answer is one, and one match costs a tenth of the
# parser below, which decides about all others.
_EVENTS = (
    rb"(?i:type:[ \t]*(?:text/event-stream|application/(?:vnd\.amazon\.eventstream|(?:x-)?(?:ndjson|jsonl))))"
)
_PLAIN_LINE = (
    rb"(?:(?![Cc][Oo][Nn](?:[Nn]|[Tt][Ee][Nn][Tt]-(?:[Ll]|"
    + _EVENTS
    + rb"))|[Tt][Rr][Aa][Nn][Ss])"
    + _TOKEN
    + rb":"
    + _VALUE
    + rb"\r\n|[Cc]onnection: [Kk]eep-[Aa]live\r\n)*"
)
_ORDINARY = re.compile(
    rb"HTTP/1\.1 (20[0-35-9]|2[1-9][0-9]|30[0-35-9]|3[1-9][0-9]|[45][0-9][0-9])(?: " + _VALUE
    + rb")?\r\n" + _PLAIN_LINE + rb"[Cc]ontent-[Ll]ength: ([0-9]{1,9})\r\n" + _PLAIN_LINE + rb"\r\n"
)  # fmt: skip
match_ordinary = _ORDINARY.match
"""Matches the head of an ordinary answer: group 1 is the status, group 2 the length of the body."""


class ProtocolError(Exception):
    """The bytes are not an HTTP answer. The message has no varying part."""


class ClosedWithinAnswerError(ProtocolError):
    """The server closed the connection before the answer was complete."""


class AnswerTooLongError(ProtocolError):
    """The answer has a body that is longer than what is read of one."""


def is_unasked_answer(data: bytes) -> bool:
    """Whether bytes that came while no request was on its way begin an answer."""
    return _UNASKED.match(data) is not None


def encode_request(request: Request, host: str) -> bytes:
    """
    The bytes of a request. No ``Accept-Encoding`` is sent unless the request names one.

    :param host: the ``Host`` header
    """
    lines = [f"{request.method} {request.path} HTTP/1.1", f"Host: {host}"]
    headers = request.headers
    lines += [f"{name}: {value}" for name, value in headers.items()]
    if not any(name.lower() == "user-agent" for name in headers):
        lines.append("User-Agent: loadwright")
    if request.body or request.method in _BODY_METHODS:
        lines.append(f"Content-Length: {len(request.body)}")
    head = "\r\n".join(lines)
    if head.count("\n") != len(lines) - 1 or head.count("\r") != len(lines) - 1:
        raise ValueError(f"a line break in the path or a header of the request {request.name!r}")
    return f"{head}\r\n\r\n".encode("latin-1") + request.body


class Head(NamedTuple):
    """The head of an answer, and what it says about the rest."""

    version: bytes
    status: int
    headers: list[tuple[bytes, bytes]]
    length: int | None
    """Content-Length; None: until the server closes the connection."""
    is_chunked: bool
    keeps_alive: bool


def parse_head(block: bytes, method: str) -> Head:
    """
    :param block: status line and headers, up to and without the empty line
    :param method: of the request
    """
    status_line, *lines = (line.removesuffix(b"\r") for line in block.split(b"\n"))
    match = _STATUS_LINE.fullmatch(status_line)
    if not match:
        raise ProtocolError("not an HTTP status line")
    version, status = match[1], int(match[2])
    headers = [_header(line) for line in _unfold(lines)]
    lengths, is_chunked, options = set(), False, set()
    for name, value in headers:
        if name == b"content-length":
            lengths |= {text.strip() for text in value.split(b",")}
        elif name == b"transfer-encoding":
            if is_chunked or value.lower() != b"chunked":
                raise ProtocolError("a transfer coding that is not chunked")
            is_chunked = True
        elif name == b"connection":
            options |= {option.strip() for option in value.lower().split(b",")}
    length = _content_length(lengths)
    if method == "HEAD" or status in (204, 304) or status < 200 or (method == "CONNECT" and status < 300):
        length, is_chunked = 0, False
    elif is_chunked:
        length = None
    keeps_alive = b"close" not in options and (version >= b"1.1" or b"keep-alive" in options)
    return Head(version, status, headers, length, is_chunked, keeps_alive)


class Headers:
    """The headers of an answer, looked into only when somebody asks."""

    __slots__ = ("_head",)

    def __init__(self, head: Head | bytes):
        """:param head: parsed, or status line and headers without the empty line"""
        self._head = head

    def get(self, name: str) -> str | None:
        """The first value of a header. The name is in lower case."""
        wanted = name.encode()
        if isinstance(self._head, bytes):
            # Most of what is asked for is not there, and parsing costs 15 µs.
            if wanted not in self._head.lower():
                return None
            self._head = self._parsed()
        return next((value.decode("latin-1") for name, value in self._head.headers if name == wanted), None)

    def _parsed(self) -> Head:
        return parse_head(self._head, "GET") if isinstance(self._head, bytes) else self._head

    def all(self) -> dict[str, str]:
        """Every header by its name in lower case; of one that was sent several times the first value."""
        self._head = self._parsed()
        found: dict[str, str] = {}
        for name, value in self._head.headers:
            found.setdefault(name.decode("latin-1"), value.decode("latin-1"))
        return found


def _unfold(lines: list[bytes]) -> list[bytes]:
    """Joins lines that continue the one before (RFC 9112, section 5.2)."""
    unfolded: list[bytes] = []
    for line in lines:
        if line[:1] in (b" ", b"\t"):
            if not unfolded:
                raise ProtocolError("a header that continues nothing")
            unfolded[-1] += b" " + line.lstrip(b" \t")
        else:
            unfolded.append(line)
    return unfolded


def _header(line: bytes) -> tuple[bytes, bytes]:
    match = _HEADER.fullmatch(line)
    if not match:
        raise ProtocolError("a malformed header line")
    return match[1].lower(), match[2]


def _content_length(texts: set[bytes]) -> int | None:
    if not texts:
        return None
    text = texts.pop()
    if texts or not _LENGTH.fullmatch(text):
        raise ProtocolError("a wrong or ambiguous Content-Length")
    return int(text)


class AnswerParser:
    """One answer out of any number of pieces."""

    def __init__(
        self,
        method: str,
        on_body: Callable[[Head, bytes], None] | None = None,
        limit: int = MAXIMUM_BODY_BYTES,
        kept_bytes: Callable[[Head], int] | None = None,
    ):
        """
        :param method: of the request
        :param on_body: takes the pieces of the body as they come, which are then not kept
        :param limit: bytes of a body; of a longer one no more is read
        :param kept_bytes: how much of the body is kept, about; by default all
        """
        self.head: Head | None = None
        self.is_complete = False
        self._is_open = True
        self.body_bytes = 0
        self._method = method
        self._on_body = on_body
        self._limit = limit
        self._kept_bytes = kept_bytes
        self._most_kept = limit
        self._kept: list[bytes] = []
        self._buffer = bytearray()
        self._searched = 0
        self._remaining = 0
        # Unbound: a parser that held itself would keep its body until the garbage is collected.
        self._step: Callable[[AnswerParser], bool] = AnswerParser._read_head

    @property
    def body(self) -> bytes:
        return b"".join(self._kept)

    @property
    def surplus(self) -> bytes:
        """What came after the end of the answer."""
        return bytes(self._buffer)

    @property
    def keeps_alive(self) -> bool:
        """Whether another request may follow on the connection."""
        if not self.is_complete or not self._is_open or self._buffer:
            return False
        return self.head is not None and self.head.keeps_alive

    def feed(self, data: bytes) -> None:
        """Raises :class:`ProtocolError`."""
        self._buffer += data
        while not self.is_complete and self._step(self):
            pass

    def end(self) -> None:
        """The server closed the connection. Raises :class:`ProtocolError` when the answer is not complete."""
        if not self.is_complete and self._step is not AnswerParser._read_until_close:
            raise ClosedWithinAnswerError("closed within the answer")
        self.is_complete = True
        self._is_open = False

    def _read_head(self) -> bool:
        buffer = self._buffer
        if buffer and buffer[0] <= 0x20:
            raise ProtocolError("not an HTTP status line")
        match = _HEAD_END.search(buffer, max(0, self._searched - 2))
        if match is None or match.start() > MAXIMUM_HEAD_BYTES:
            self._searched = len(buffer)
            if len(buffer) > MAXIMUM_HEAD_BYTES:
                raise ProtocolError("headers are too long")
            return False
        head = parse_head(bytes(buffer[: match.start()]), self._method)
        del buffer[: match.end()]
        self._searched = 0
        if head.status < 200:
            if head.status == 101:
                raise ProtocolError("another protocol that nobody asked for")
            return True
        self.head = head
        if self._kept_bytes is not None:
            self._most_kept = self._kept_bytes(head)
        if head.is_chunked:
            self._step = AnswerParser._read_chunk_line
        elif head.length is None:
            self._step = AnswerParser._read_until_close
        else:
            if head.length > self._limit:
                raise AnswerTooLongError("the body is too long")
            self._remaining = head.length
            self._step = AnswerParser._read_counted
            self.is_complete = head.length == 0
        return True

    def _read_counted(self) -> bool:
        self._take(self._remaining)
        self.is_complete = self._remaining == 0
        return False

    def _read_until_close(self) -> bool:
        self._take(len(self._buffer))
        return False

    def _read_chunk_line(self) -> bool:
        end = self._buffer.find(b"\r\n", max(0, self._searched - 1))
        if end < 0:
            self._searched = len(self._buffer)
            if len(self._buffer) > _MAXIMUM_LINE_BYTES:
                raise ProtocolError("a chunk's size is too long")
            return False
        match = _CHUNK_LINE.fullmatch(self._buffer, 0, end + 2)
        if not match:
            raise ProtocolError("a chunk without a size")
        self._remaining = int(match[1], 16)
        del self._buffer[: end + 2]
        self._searched = 0
        self._step = AnswerParser._read_chunk if self._remaining else AnswerParser._read_trailers
        return True

    def _read_chunk(self) -> bool:
        self._take(self._remaining)
        if self._remaining:
            return False
        self._step = AnswerParser._read_chunk_end
        return True

    def _read_chunk_end(self) -> bool:
        ending = bytes(self._buffer[:2])
        if not b"\r\n".startswith(ending):
            raise ProtocolError("a chunk that is longer than its size")
        if len(ending) < 2:
            return False
        del self._buffer[:2]
        self._step = AnswerParser._read_chunk_line
        return True

    def _read_trailers(self) -> bool:
        buffer = self._buffer
        empty = 1 if buffer[:1] == b"\n" else 2 if buffer[:2] == b"\r\n" else 0
        if not empty:
            match = _HEAD_END.search(buffer, max(0, self._searched - 2))
            if match is None:
                self._searched = len(buffer)
                if len(buffer) > MAXIMUM_HEAD_BYTES:
                    raise ProtocolError("trailers are too long")
                return False
            lines = bytes(buffer[: match.start()]).split(b"\n")
            for line in _unfold([line.removesuffix(b"\r") for line in lines]):
                _header(line)
            empty = match.end()
        del buffer[:empty]
        self.is_complete = True
        return False

    def _take(self, limit: int) -> None:
        piece = bytes(self._buffer[:limit])
        if not piece:
            return
        del self._buffer[: len(piece)]
        self._remaining -= len(piece)
        self.body_bytes += len(piece)
        if self.body_bytes > self._limit:
            raise AnswerTooLongError("the body is too long")
        if self._on_body is not None and self.head is not None:
            self._on_body(self.head, piece)
        elif self.body_bytes - len(piece) < self._most_kept:
            self._kept.append(piece)
