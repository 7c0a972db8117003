import contextlib
import struct
import time
import zlib

import botocore.eventstream
import gevent
import pytest
from generator_harness import Source, read_request

from loadwright_runtime import EventReader, Request
from loadwright_runtime.answers import streaming
from loadwright_runtime.answers.streaming import AwsEventStream, ServerSentEvents, StreamError

MESSAGES = [
    ({":event-type": "PayloadPart", ":message-type": "event"}, b'{"token": 1}'),
    ({":exception-type": "ModelStreamError", "X": "y" * 300}, b""),
    ({":event-type": "PayloadPart"}, bytes(range(256)) * 40),
]


def aws_message(headers, payload):
    # One header of each fixed length, which is passed over.
    block = b"".join(b"\x01" + bytes([97 + kind, kind]) + bytes(length) for kind, length in FIXED)
    for name, value in headers.items():
        block += bytes([len(name)]) + name.encode() + b"\x07" + struct.pack(">H", len(value)) + value.encode()
    prelude = struct.pack(">II", 16 + len(block) + len(payload), len(block))
    message = prelude + struct.pack(">I", zlib.crc32(prelude)) + block + payload
    return message + struct.pack(">I", zlib.crc32(message))


FIXED = [(0, 0), (2, 1), (3, 2), (4, 4), (5, 8), (8, 8), (9, 16)]

SSE = (
    b"\xef\xbb\xbfdata: first\r\n\r\n: a comment\nevent: token\ndata: a\ndata:b\nid: 7\n\n"
    b"event: none\n\rdata\r\rdata:  two blanks\r\n\r\nevent: error\ndata: {}\n\nretry: 5\ndata: last\r\r"
)
SSE_EVENTS = [
    ("message", b"first", False),
    ("token", b"a\nb", False),
    ("message", b"", False),
    ("message", b" two blanks", False),
    ("error", b"{}", True),
    ("message", b"last", False),
]


def decoded(decoder, parts):
    events = [event for part in parts for event in decoder.feed(part)]
    return events + list(decoder.end())


@pytest.mark.parametrize("size", [1, 2, 3, 10, 1000])
def test_server_sent_events(size):
    assert decoded(ServerSentEvents(), cut(SSE, size)) == SSE_EVENTS


@pytest.mark.parametrize("position", range(len(SSE) + 1))
def test_server_sent_events_cut_at_every_byte(position):
    parts = [SSE[:position], SSE[position:]]
    assert decoded(ServerSentEvents(), parts) == SSE_EVENTS
    if position < len(SSE):
        with contextlib.suppress(StreamError):
            begun = decoded(ServerSentEvents(), [SSE[:position]])
            assert begun == SSE_EVENTS[: len(begun)]


@pytest.mark.parametrize(
    "rest",
    [
        b"data: x",
        b"data: x\n",
        b"data: x\r",
        b"da",
        b"event: error",
        b"data: [DONE]x",
        b"data: a\ndata: [DONE]",
    ],
)
def test_server_sent_events_that_are_cut_off(rest):
    with pytest.raises(StreamError, match="cut off within an event"):
        decoded(ServerSentEvents(), [b"data: a\n\n" + rest])


@pytest.mark.parametrize("rest", [b"", b"\n", b"\r", b": ping", b": ping\n", b"id: 7\n", b"event: x\n"])
def test_what_may_be_missing_at_the_end(rest):
    assert decoded(ServerSentEvents(), [b"data: a\n\n" + rest]) == [("message", b"a", False)]


@pytest.mark.parametrize("end", [b"", b"\n", b"\n\n", b"\r\n", b"\r\n\r\n", b"\r", b"\r\r"])
def test_the_mark_of_the_end_needs_no_empty_line(end):
    assert decoded(ServerSentEvents(), [b"data: [DONE]" + end]) == [("message", b"[DONE]", False)]


def test_an_event_without_an_end_is_not_kept(monkeypatch):
    monkeypatch.setattr(streaming, "MAXIMUM_EVENT_BYTES", 1000)
    for endless in (b"x" * 100, b"data:\n" * 60):
        with pytest.raises(StreamError, match="too long"):
            decoded(ServerSentEvents(), [endless] * 20)


@pytest.mark.parametrize("size", [1, 7, 50, 10_000])
def test_aws_event_stream(size):
    data = b"".join(aws_message(*message) for message in MESSAGES)
    theirs = botocore.eventstream.EventStreamBuffer()
    theirs.add_data(data)
    expected = [
        (
            event.headers.get(":event-type") or event.headers.get(":exception-type"),
            event.payload,
            ":exception-type" in event.headers,
        )
        for event in theirs
    ]
    assert decoded(AwsEventStream(), cut(data, size)) == expected
    assert len(expected) == len(MESSAGES)


def test_errors_of_aws_by_their_message_type():
    messages = [
        ({":message-type": "exception", ":exception-type": "ModelStreamError"}, b"{}"),
        ({":message-type": "error", ":error-code": "InternalError"}, b""),
        ({":message-type": "event", ":event-type": "PayloadPart"}, b"x"),
    ]
    frames = decoded(AwsEventStream(), [b"".join(aws_message(*message) for message in messages)])
    assert [(kind, is_error) for kind, _, is_error in frames] == [
        ("ModelStreamError", True),
        ("InternalError", True),
        ("PayloadPart", False),
    ]


def test_an_aws_event_stream_that_is_cut_off():
    data = aws_message(*MESSAGES[0])
    for length in range(1, len(data)):
        with pytest.raises(StreamError, match="cut off within a frame"):
            decoded(AwsEventStream(), [data[:length]])


@pytest.mark.parametrize("position", [0, 9, 13, 60, -2])
def test_a_broken_event_stream(position):
    data = bytearray(aws_message(*MESSAGES[0]))
    data[position] ^= 0xFF
    with pytest.raises(StreamError, match="broken frame"):
        list(AwsEventStream().feed(bytes(data)))


def cut(data, size):
    return [data[start : start + size] for start in range(0, len(data), size)]


def test_events_with_their_times(serve, make_user):
    events, written, read = [], [], []

    class Streaming(Source):
        def next_request(self):
            return Request("POST", "/", name="n", body=b"body", on_piece=EventReader(take))

    def take(event):
        read.append(time.perf_counter() - began)
        events.append(event)

    def handle(connection):
        read_request(connection)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\n\r\n")
        received = time.perf_counter()
        for number in range(3):
            gevent.sleep(0.01)
            written.append(time.perf_counter() - received)
            connection.sendall(b"data: %d\n\n" % number)
            while len(events) < len(written):
                gevent.sleep(0.001)
        connection.close()

    user = make_user(f"http://{serve(handle)}", Streaming)
    began = time.perf_counter()
    user.send_next()
    assert user.reasons == [None]
    assert [event.data for event in events] == [b"0", b"1", b"2"]
    for event, earliest, latest in zip(events, written, read, strict=True):
        assert earliest <= event.seconds <= latest
