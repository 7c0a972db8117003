import struct
import zlib

import botocore.eventstream
import gevent
import pytest
from generator_harness import Source, read_request
from loadwright_runtime import EventReader, Request
from loadwright_runtime.http1 import ProtocolError
from loadwright_runtime.streaming import AwsEventStream, ServerSentEvents

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
    b"event: none\n\rdata\r\rdata:  two blanks\r\n\r\ndata: never ended\n"
)
SSE_EVENTS = [("message", b"first"), ("token", b"a\nb"), ("message", b""), ("message", b" two blanks")]


@pytest.mark.parametrize("size", [1, 2, 3, 10, 1000])
def test_server_sent_events(size):
    decoder = ServerSentEvents()
    events = [event for part in cut(SSE, size) for event in decoder.feed(part)]
    assert events == SSE_EVENTS


@pytest.mark.parametrize("size", [1, 7, 50, 10_000])
def test_aws_event_stream(size):
    data = b"".join(aws_message(*message) for message in MESSAGES)
    theirs = botocore.eventstream.EventStreamBuffer()
    theirs.add_data(data)
    expected = [
        (event.headers.get(":event-type") or event.headers.get(":exception-type"), event.payload)
        for event in theirs
    ]
    decoder = AwsEventStream()
    assert [event for part in cut(data, size) for event in decoder.feed(part)] == expected
    assert len(expected) == len(MESSAGES)


@pytest.mark.parametrize("position", [0, 9, 13, 60, -2])
def test_a_broken_event_stream(position):
    data = bytearray(aws_message(*MESSAGES[0]))
    data[position] ^= 0xFF
    with pytest.raises(ProtocolError):
        list(AwsEventStream().feed(bytes(data)))


def cut(data, size):
    return [data[start : start + size] for start in range(0, len(data), size)]


def test_events_with_their_times(serve, make_user):
    events = []

    class Streaming(Source):
        def next_request(self):
            return Request("POST", "/", name="n", body=b"body", on_piece=EventReader(events.append))

    def handle(connection):
        read_request(connection)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\n\r\n")
        for number in range(3):
            gevent.sleep(0.1)
            connection.sendall(b"data: %d\n\n" % number)
        connection.close()

    user = make_user(f"http://{serve(handle)}", Streaming)
    user.send_next()
    assert user.reasons == [None]
    assert [event.data for event in events] == [b"0", b"1", b"2"]
    assert all(
        later.seconds - earlier.seconds > 0.08 for earlier, later in zip(events, events[1:], strict=False)
    )
