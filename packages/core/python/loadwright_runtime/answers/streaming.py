"""Events out of streamed answers: server-sent events, and the event stream encoding of AWS."""

import re
import struct
import zlib
from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple, Protocol

from ..http.http1 import ProtocolError
from ..source.request import Piece, Response
from .decoding import DecodingError, Decompressor, codings
from .stream_checks import DONE, StreamWatch

MAXIMUM_EVENT_BYTES = 24 * 1024 * 1024

_LINE_END = re.compile(rb"\r\n|\n|\r")
_DONE_LINES = (b"data: " + DONE, b"data:" + DONE)
_SSE, _AWS = "text/event-stream", "application/vnd.amazon.eventstream"
_JSON_LINES = re.compile(r"application/(?:x-)?(?:ndjson|jsonl|jsonlines)")
# Frames that hold a part of what a container or a service sends, however it was cut.
_CARRIERS = ("PayloadPart", "piece")
_SSE_BEGINNING = re.compile(rb"(?:data|event|id|retry)?:")
_SSE_BEGINNING_BYTES = 6
_KEPT_BYTES = 8 * 1024

# Lengths of header values by type; 6 (bytes) and 7 (string) begin with their own.
_FIXED_LENGTHS = {0: 0, 1: 0, 2: 1, 3: 2, 4: 4, 5: 8, 8: 8, 9: 16}


class StreamError(ProtocolError):
    """What comes is no stream of events, or not all of one."""


class Event(NamedTuple):
    """One event of a stream."""

    seconds: float
    """Since just before the first byte of the request was sent."""
    kind: str
    """``event`` of server-sent events, else ``message``; ``:event-type`` or ``:exception-type`` of AWS."""
    data: bytes
    is_error: bool = False
    """Whether the encoding itself calls it an error: ``event: error``, or an exception of AWS."""


Frame = tuple[str, bytes, bool]
"""Kind, data, and whether it is an error."""


class Decoder(Protocol):
    def feed(self, data: bytes) -> Iterator[Frame]:
        """The events that are complete now. Raises :class:`StreamError`."""

    def end(self) -> Iterator[Frame]:
        """Nothing more comes. Raises :class:`StreamError` when an event is not complete."""


class EventReader:
    """
    Turns the pieces of one answer into events: made anew for each request, and given as its ``on_piece``.
    An answer of another content type has one event for each piece. A stream that is cut off, or that holds an
    error, makes the request fail: see :class:`.stream_checks.StreamWatch`.
    """

    _asks_for_tokens = False
    """Whether an error is one in an answer that is no stream, too."""

    def __init__(
        self,
        on_event: Callable[[Event], None],
        watch: StreamWatch | None = None,
        on_content: Callable[[float, bytes], None] | None = None,
    ):
        """
        :param watch: what ``expect.stream`` wants: see :meth:`.source.RequestSource.event_reader`
        :param on_content: takes the data of each event, with its time, also of those within frames that carry
            others: the server-sent events or JSON lines of a container within the parts of SageMaker's stream
        """
        self._on_event = on_event
        self._on_content = on_content
        self._carried = Carried()
        self._decoder: Decoder | None = None
        self._decompressors: list[Decompressor] = []
        self._seconds = 0.0
        self.watch = watch or StreamWatch()
        self.beginning = b""
        """The first bytes of the answer, for the sample of a failure."""
        self.status: int | None = None

    def __call__(self, piece: Piece) -> None:
        if self._decoder is None:
            self.status = piece.status
            self._decoder = self._begin(piece.headers)
        data = piece.data
        try:
            for decompressor in self._decompressors:
                data = decompressor.feed(data)
        except DecodingError as error:
            raise StreamError(str(error)) from None
        if len(self.beginning) < _KEPT_BYTES:
            self.beginning += data[:_KEPT_BYTES]
        self._seconds = piece.seconds
        self._pass_on(self._decoder.feed(data))

    def end(self, content_type: str | None = None) -> str | None:
        """
        The answer is complete. What is wrong with it, or None.

        :param content_type: of an answer without a body, of which no piece came
        """
        if self.status is None and is_stream(content_type):
            self.watch.begin(True)
        # An error that the service shows is the cause of what is missing after it.
        if self._decoder is not None and self.watch.error is None:
            try:
                self._pass_on(self._decoder.end())
                self._look(self._carried.end(is_whole=self._is_looked_at))
            except StreamError as error:
                return str(error)
            if not all(decompressor.is_complete for decompressor in self._decompressors):
                return "the stream was cut off"
        return self.watch.problem()

    def _begin(self, headers: Any) -> Decoder:
        content_type = headers.get("content-type")
        self.watch.begin(is_stream(content_type))
        try:
            self._decompressors = [
                Decompressor(coding) for coding in codings(headers.get("content-encoding"))
            ]
        except DecodingError as error:
            raise StreamError(str(error)) from None
        return decoder_for(content_type)

    def _pass_on(self, frames: Iterator[Frame]) -> None:
        for kind, data, is_error in frames:
            self.watch.take(kind, data)
            self._on_event(Event(self._seconds, kind, data, is_error))
            if kind in _CARRIERS and not is_error:
                self._look(self._carried.feed(data))
            else:
                self._look(((kind, data, is_error),))

    @property
    def _is_looked_at(self) -> bool:
        """Also server-sent events that a service has not declared, as it is easily forgotten."""
        return bool(self.watch.is_stream) or self._carried.is_events or self._asks_for_tokens

    def _look(self, frames: Iterable[Frame]) -> None:
        """At what the frames mean, whatever has carried them."""
        for kind, data, is_error in frames:
            if self._is_looked_at:
                self.watch.look(kind, data, is_error)
            if self._on_content is not None:
                self._on_content(self._seconds, data)


def stream_problem(response: Response, watch: StreamWatch) -> str | None:
    """What is wrong with a stream that was taken as a whole, or None."""
    reader = EventReader(lambda _: None, watch)
    headers = {name: response.header(name) for name in ("content-type", "content-encoding")}
    try:
        reader(Piece(0.0, response.body, response.status, headers))
    except StreamError as error:
        return str(error)
    return reader.end()


def is_stream(content_type: str | None) -> bool:
    return not isinstance(decoder_for(content_type), Pieces)


def decoder_for(content_type: str | None) -> Decoder:
    media_type = _media_type(content_type)
    if media_type == _SSE:
        return ServerSentEvents()
    if media_type == _AWS:
        return AwsEventStream()
    return JsonLines() if _JSON_LINES.fullmatch(media_type) else Pieces()


def _media_type(content_type: str | None) -> str:
    return (content_type or "").partition(";")[0].strip().lower()


class Pieces:
    """No encoding: what comes is passed on."""

    def feed(self, data: bytes) -> Iterator[Frame]:
        yield "piece", data, False

    def end(self) -> Iterator[Frame]:
        return iter(())


class JsonLines:
    """One document of JSON a line, as Ollama and the containers of DJL answer."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> Iterator[Frame]:
        searched = len(self._buffer)
        self._buffer += data
        start = 0
        while (end := self._buffer.find(b"\n", max(start, searched))) >= 0:
            line = bytes(self._buffer[start:end])
            start = end + 1
            if line.strip():
                yield "message", line, False
        del self._buffer[:start]
        if len(self._buffer) > MAXIMUM_EVENT_BYTES:
            raise StreamError("an event of the stream is too long")

    def end(self) -> Iterator[Frame]:
        """A last line without its end is one too."""
        rest = bytes(self._buffer).strip()
        self._buffer.clear()
        if rest:
            yield "message", rest, False
        # No parser is needed to see that a document has no end.
        if rest[:1] in (b"{", b"[") and rest[-1:] not in (b"}", b"]"):
            raise StreamError("the stream was cut off within an event")


class Carried:
    """Server-sent events or JSON lines within the frames of another encoding, known by how they begin."""

    def __init__(self) -> None:
        self._beginning = b""
        self._decoder: Decoder | None = None

    @property
    def is_events(self) -> bool:
        """Whether they are server-sent events."""
        return isinstance(self._decoder, ServerSentEvents)

    def feed(self, data: bytes) -> Iterator[Frame]:
        if self._decoder is None:
            data = self._beginning = (self._beginning + data).lstrip()
            if data[:1] in (b"{", b"["):
                self._decoder = JsonLines()
            elif _SSE_BEGINNING.match(data):
                self._decoder = ServerSentEvents()
            elif len(data) < _SSE_BEGINNING_BYTES:
                return iter(())
            else:
                self._decoder = Pieces()
        return self._decoder.feed(data)

    def end(self, *, is_whole: bool) -> Iterator[Frame]:
        """:param is_whole: whether what is not complete is an error. Raises :class:`StreamError`."""
        try:
            if self._decoder is not None:
                yield from self._decoder.end()
        except StreamError:
            if is_whole:
                raise


class ServerSentEvents:
    """``text/event-stream`` (HTML standard, section 9.2)."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._searched = 0
        self._event_bytes = 0
        self._is_first = True
        self._kind = ""
        self._data: list[bytes] = []

    def feed(self, data: bytes) -> Iterator[Frame]:
        buffer = self._buffer
        buffer += data
        start = 0
        while match := _LINE_END.search(buffer, max(start, self._searched)):
            if match[0] == b"\r" and match.end() == len(buffer):
                break  # Its LF may be on its way.
            line = bytes(buffer[start : match.start()])
            start = self._searched = match.end()
            event = self._take(line)
            if event:
                yield event
        del buffer[:start]
        self._searched = max(0, len(buffer) - 1)
        if len(buffer) + self._event_bytes > MAXIMUM_EVENT_BYTES:
            raise StreamError("an event of the stream is too long")

    def end(self) -> Iterator[Frame]:
        rest = bytes(self._buffer)
        self._buffer.clear()
        # A service may leave out the line ends after the mark of the end, which is no event.
        if rest.endswith(b"\r") or rest.strip() in _DONE_LINES:
            event = self._take(rest.strip(b"\r"))
            rest = b""
            if event:
                yield event
        if self._data == [DONE]:
            yield "message", DONE, False
        elif self._data or (rest.strip() and not rest.startswith(b":")):
            raise StreamError("the stream was cut off within an event")

    def _take(self, line: bytes) -> Frame | None:
        """A line. Gives the event that it ends."""
        if self._is_first:
            self._is_first = False
            line = line.removeprefix(b"\xef\xbb\xbf")
        if line:
            self._take_field(line)
            return None
        data, kind = self._data, self._kind
        self._data, self._kind, self._event_bytes = [], "", 0
        return (kind or "message", b"\n".join(data), kind == "error") if data else None

    def _take_field(self, line: bytes) -> None:
        name, _, value = line.partition(b":")
        value = value.removeprefix(b" ")
        if name == b"data":
            self._data.append(value)
            self._event_bytes += len(value) + 1
        elif name == b"event":
            self._kind = value.decode(errors="replace")


class AwsEventStream:
    """``application/vnd.amazon.eventstream``, as SageMaker's InvokeEndpointWithResponseStream answers."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> Iterator[Frame]:
        buffer = self._buffer
        buffer += data
        while len(buffer) >= 12:
            length, headers_length, checksum = struct.unpack_from(">III", buffer)
            if zlib.crc32(buffer[:8]) != checksum or not headers_length + 16 <= length <= MAXIMUM_EVENT_BYTES:
                raise StreamError("a broken frame in the stream")
            if len(buffer) < length:
                return
            message = bytes(buffer[:length])
            del buffer[:length]
            if zlib.crc32(message[:-4]) != int.from_bytes(message[-4:], "big"):
                raise StreamError("a broken frame in the stream")
            headers = dict(_headers(message[12 : 12 + headers_length]))
            kind = (
                headers.get(":event-type") or headers.get(":exception-type") or headers.get(":error-code", "")
            )
            is_error = headers.get(":message-type") in ("exception", "error") or ":exception-type" in headers
            yield kind, message[12 + headers_length : -4], is_error

    def end(self) -> Iterator[Frame]:
        if self._buffer:
            raise StreamError("the stream was cut off within a frame")
        return iter(())


def _headers(block: bytes) -> Iterator[tuple[str, str]]:
    """The headers that are strings."""
    try:
        position = 0
        while position < len(block):
            end = position + 1 + block[position]
            name, kind = block[position + 1 : end].decode(), block[end]
            position = end + 1
            if kind in _FIXED_LENGTHS:
                position += _FIXED_LENGTHS[kind]
                continue
            (length,) = struct.unpack_from(">H", block, position)
            value = block[position + 2 : position + 2 + length]
            position += 2 + length
            if kind == 7:
                yield name, value.decode()
    except (IndexError, struct.error, UnicodeDecodeError):
        raise StreamError("a broken frame in the stream") from None
