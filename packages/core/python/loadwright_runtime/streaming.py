"""Events out of streamed answers: server-sent events, and the event stream encoding of AWS."""

import re
import struct
import zlib
from collections.abc import Callable, Iterator
from typing import NamedTuple, Protocol

from .http1 import ProtocolError
from .request import Piece

_LINE_END = re.compile(rb"\r\n|\n|\r")
_MAXIMUM_MESSAGE_BYTES = 24 * 1024 * 1024

# Lengths of header values by type; 6 (bytes) and 7 (string) begin with their own.
_FIXED_LENGTHS = {0: 0, 1: 0, 2: 1, 3: 2, 4: 4, 5: 8, 8: 8, 9: 16}


class Event(NamedTuple):
    """One event of a stream."""

    seconds: float
    """Since just before the first byte of the request was sent."""
    kind: str
    """``event`` of server-sent events, else ``message``; ``:event-type`` or ``:exception-type`` of AWS."""
    data: bytes


class Decoder(Protocol):
    def feed(self, data: bytes) -> Iterator[tuple[str, bytes]]:
        """Kind and data of the events that are complete now."""


class EventReader:
    """
    Turns the pieces of one answer into events: made anew for each request, and given as its ``on_piece``.
    An answer of another content type has one event for each piece.
    """

    def __init__(self, on_event: Callable[[Event], None]):
        self._on_event = on_event
        self._decoder: Decoder | None = None

    def __call__(self, piece: Piece) -> None:
        if self._decoder is None:
            self._decoder = decoder_for(piece.headers.get("content-type") or "")
        for kind, data in self._decoder.feed(piece.data):
            self._on_event(Event(piece.seconds, kind, data))


def decoder_for(content_type: str) -> Decoder:
    match content_type.partition(";")[0].strip().lower():
        case "text/event-stream":
            return ServerSentEvents()
        case "application/vnd.amazon.eventstream":
            return AwsEventStream()
    return Pieces()


class Pieces:
    """No encoding: what comes is passed on."""

    def feed(self, data: bytes) -> Iterator[tuple[str, bytes]]:
        yield "piece", data


class ServerSentEvents:
    """``text/event-stream`` (HTML standard, section 9.2)."""

    def __init__(self) -> None:
        self._buffer = b""
        self._is_first = True
        self._kind = ""
        self._data: list[bytes] = []

    def feed(self, data: bytes) -> Iterator[tuple[str, bytes]]:
        self._buffer += data
        start = 0
        while match := _LINE_END.search(self._buffer, start):
            if match[0] == b"\r" and match.end() == len(self._buffer):
                break  # Its LF may be on its way.
            line = self._buffer[start : match.start()]
            start = match.end()
            if self._is_first:
                self._is_first = False
                line = line.removeprefix(b"\xef\xbb\xbf")
            if line:
                self._take(line)
            elif self._data:
                event = self._kind or "message", b"\n".join(self._data)
                self._kind, self._data = "", []
                yield event
            else:
                self._kind = ""
        self._buffer = self._buffer[start:]

    def _take(self, line: bytes) -> None:
        name, _, value = line.partition(b":")
        value = value.removeprefix(b" ")
        if name == b"data":
            self._data.append(value)
        elif name == b"event":
            self._kind = value.decode(errors="replace")


class AwsEventStream:
    """``application/vnd.amazon.eventstream``, as SageMaker's InvokeEndpointWithResponseStream answers."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> Iterator[tuple[str, bytes]]:
        buffer = self._buffer
        buffer += data
        while len(buffer) >= 12:
            length, headers_length, checksum = struct.unpack_from(">III", buffer)
            if (
                zlib.crc32(buffer[:8]) != checksum
                or not headers_length + 16 <= length <= _MAXIMUM_MESSAGE_BYTES
            ):
                raise ProtocolError("a broken event stream")
            if len(buffer) < length:
                return
            message = bytes(buffer[:length])
            del buffer[:length]
            if zlib.crc32(message[:-4]) != int.from_bytes(message[-4:], "big"):
                raise ProtocolError("a broken event stream")
            headers = dict(_headers(message[12 : 12 + headers_length]))
            kind = (
                headers.get(":event-type") or headers.get(":exception-type") or headers.get(":error-code", "")
            )
            yield kind, message[12 + headers_length : -4]


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
        raise ProtocolError("a broken event stream") from None
