"""The parser beside an independent one (h11), on the same bytes."""

import os
import random
import time

import h11
import pytest

from loadwright_runtime import Request
from loadwright_runtime.http.http1 import (
    MAXIMUM_HEAD_BYTES,
    AnswerParser,
    ProtocolError,
    encode_request,
    match_ordinary,
)

BROKEN = "broken"

CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"

GOOD = {
    "length": b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
    "length 0": b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
    "any case, no blank": b"HTTP/1.1 200 OK\r\ncOnTeNt-LeNgTh:5\r\nX:\r\n\r\nhello",
    "length twice the same": b"HTTP/1.1 200 OK\r\nContent-Length: 5, 5\r\nContent-Length: 5\r\n\r\nhello",
    "no reason": b"HTTP/1.1 200\r\nContent-Length: 1\r\n\r\nx",
    "empty reason": b"HTTP/1.1 404 \r\nContent-Length: 1\r\n\r\nx",
    "bytes above ASCII": b"HTTP/1.1 200 \xe9\r\nX-A: \xfc \x01\r\nContent-Length: 1\r\n\r\nx",
    "chunked": CHUNKED + b"5\r\nhello\r\nA;a=b\r\n0123456789\r\n0\r\n\r\n",
    "chunked over length": b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: Chunked\r\n\r\n"
    b"1\r\na\r\n0\r\n\r\n",
    "trailers": CHUNKED + b"1 \r\na\r\n00\r\nX-T: 1\r\nY: 2\r\n\r\n",
    "until close": b"HTTP/1.1 200 OK\r\nX: 1\r\n\r\nall of it",
    "until close, empty": b"HTTP/1.1 200 OK\r\n\r\n",
    "1.0": b"HTTP/1.0 200 OK\r\n\r\nall of it",
    "1.0 with length": b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok",
    "connection: close": b"HTTP/1.1 200 OK\r\nConnection: x, Close\r\nContent-Length: 2\r\n\r\nok",
    "keep-alive": b"HTTP/1.1 200 OK\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\nok",
    "204": b"HTTP/1.1 204 No Content\r\nContent-Length: 9\r\n\r\n",
    "304": b"HTTP/1.1 304 Not Modified\r\nETag: \"x\"\r\nContent-Length: 9\r\n\r\n",
    "100": b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n"
    b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
    "lines end with LF": b"HTTP/1.1 200 OK\nContent-Length: 2\n\nok",
    "lines end with both": b"HTTP/1.1 200 OK\nA: 1\r\nContent-Length: 2\n\r\nok",
    "folded": b"HTTP/1.1 200 OK\r\nX: a\r\n  b\r\n\tc\r\nContent-Length: 2\r\n\r\nok",
    "more than the answer": b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\n",
    "a body like a head": b"HTTP/1.1 200 OK\r\nContent-Length: 27\r\n\r\nConnection: close\r\nX: y\r\n\r\n",
    "header names that begin alike": b"HTTP/1.1 200 OK\r\nContent-Lengthy: 9\r\nContent-Type: a\r\n"
    b"Conn: close\r\nTransfer: x\r\nContent-Length: 2\r\n\r\nok",
}  # fmt: skip

BAD = {
    "no status line": b"SSH-2.0-OpenSSH_9.2\r\n\r\n",
    "TLS": b"\x15\x03\x01\x00\x02\x02\x46",
    "an empty line": b"\r\nHTTP/1.1 200 OK\r\n\r\n",
    "no code": b"HTTP/1.1 OK\r\n\r\n",
    "a line without colon": b"HTTP/1.1 200 OK\r\nwhat\r\nContent-Length: 2\r\n\r\nok",
    "a blank before the colon": b"HTTP/1.1 200 OK\r\nContent-Length : 2\r\n\r\nok",
    "NUL": b"HTTP/1.1 200 OK\r\nX: \x00\r\nContent-Length: 2\r\n\r\nok",
    "CR alone": b"HTTP/1.1 200 OK\r\nX: a\rb\r\nContent-Length: 2\r\n\r\nok",
    "folded first": b"HTTP/1.1 200 OK\r\n X: a\r\nContent-Length: 2\r\n\r\nok",
    "two lengths": b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nok!",
    "two lengths in one": b"HTTP/1.1 200 OK\r\nContent-Length: 2, 3\r\n\r\nok!",
    "length of letters": b"HTTP/1.1 200 OK\r\nContent-Length: +2\r\n\r\nok",
    "hidden chunked": b"HTTP/1.1 200 OK\r\nX: a\nTransfer-Encoding: chunked\r\n"
    b"Content-Length: 2\r\n\r\nok",
    "gzip coding": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
    "chunked twice": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n"
    b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "no size": CHUNKED + b"xyz\r\n\r\n",
    "longer than its size": CHUNKED + b"1\r\nabc\r\n0\r\n\r\n",
    "broken trailer": CHUNKED + b"0\r\nwhat\r\n\r\n",
    "truncated head": b"HTTP/1.1 200 OK\r\nContent-",
    "truncated body": b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc",
    "truncated chunk": CHUNKED + b"9\r\nabc",
    "no last chunk": CHUNKED + b"3\r\nabc\r\n",
    "nothing": b"",
}  # fmt: skip


def theirs(pieces, method):
    """Status, headers, body and whether the connection may be used again, as h11 reads them."""
    connection = h11.Connection(h11.CLIENT, max_incomplete_event_size=MAXIMUM_HEAD_BYTES)
    connection.send(h11.Request(method=method, target="/", headers=[("Host", "h")]))
    connection.send(h11.EndOfMessage())
    head, body = None, b""
    try:
        for piece in [*pieces, b""]:
            connection.receive_data(piece)
            while (event := connection.next_event()) is not h11.NEED_DATA:
                if isinstance(event, h11.Response):
                    head = event
                elif isinstance(event, h11.Data):
                    body += event.data
                elif isinstance(event, h11.EndOfMessage):
                    leftover, ended = connection.trailing_data
                    reusable = connection.our_state is h11.DONE and not leftover and not ended
                    return head.status_code, [tuple(h) for h in head.headers], body, reusable
                elif event is h11.PAUSED or isinstance(event, h11.ConnectionClosed):
                    return BROKEN
    except h11.RemoteProtocolError:
        pass
    return BROKEN


def ours(pieces, method):
    parser = AnswerParser(method)
    try:
        for piece in pieces:
            parser.feed(piece)
            if parser.is_complete:
                break
        else:
            parser.end()
    except ProtocolError:
        return BROKEN
    head = parser.head
    # A server of HTTP/1.0 may keep the connection when it says so; h11 never does.
    reusable = parser.keeps_alive and parser.head.version >= b"1.1"
    return head.status, head.headers, parser.body, reusable


def same(mine, other):
    if BROKEN in (mine, other):
        return mine == other
    # h11 leaves out repeated lengths, and lowers codings.
    assert [name for name, _ in other[1] if name != b"content-length"] == [
        name for name, _ in mine[1] if name != b"content-length"
    ]
    return (mine[0], mine[2], mine[3]) == (other[0], other[2], other[3])


@pytest.mark.parametrize("method", ["GET", "POST", "HEAD"])
@pytest.mark.parametrize("name", [*GOOD, *BAD])
def test_split_at_every_byte(name, method):
    data = GOOD.get(name, BAD.get(name))
    # After the end of an answer the parsers see different amounts of what follows: whole, it is the same.
    whole = theirs([data], method)
    if method == "GET":
        assert (whole == BROKEN) == (name in BAD)
    assert same(ours([data], method), whole)
    for position in range(1, len(data)):
        pieces = [data[:position], data[position:]]
        assert same(ours(pieces, method), theirs(pieces, method)), position
    single = [data[index : index + 1] for index in range(len(data))]
    assert same(ours(single, method), theirs(single, method))


@pytest.mark.parametrize("name", [*GOOD, *BAD])
def test_the_quick_way_agrees(name):
    data = GOOD.get(name, BAD.get(name))
    assert agrees(data)


def agrees(data):
    """Whether an answer that is taken without the parser is what the parser makes of it."""
    match = match_ordinary(data)
    if match is None or match.end() + int(match[2]) != len(data):
        return True
    status, _, body, reusable = ours([data], "GET")
    return (status, body, reusable) == (int(match[1]), data[match.end() :], True)


def test_the_quick_way_is_taken():
    for name in ("length", "keep-alive", "bytes above ASCII", "a body like a head"):
        assert match_ordinary(GOOD[name]), name


def test_limits():
    head = b"HTTP/1.1 200 OK\r\nX: " + b"a" * MAXIMUM_HEAD_BYTES
    with pytest.raises(ProtocolError):
        AnswerParser("GET").feed(head)
    with pytest.raises(ProtocolError):
        AnswerParser("GET").feed(head + b"\r\nContent-Length: 0\r\n\r\n")
    with pytest.raises(ProtocolError):
        AnswerParser("GET").feed(b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n")
    with pytest.raises(ProtocolError):
        AnswerParser("GET").feed(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + b"1" * 9999)


def test_http_1_0_with_keep_alive():
    parser = AnswerParser("GET")
    parser.feed(b"HTTP/1.0 200 OK\r\nConnection: Keep-Alive\r\nContent-Length: 1\r\n\r\nx")
    assert parser.keeps_alive


def test_a_large_body_in_pieces():
    body = random.Random(1).randbytes(3_000_000)
    parser = AnswerParser("GET")
    data = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body
    for start in range(0, len(data), 65536):
        parser.feed(data[start : start + 65536])
    assert parser.is_complete and parser.body == body and parser.body_bytes == len(body)


SECONDS = float(os.environ.get("LOADWRIGHT_FUZZ_SECONDS", 3))
PARTS = [
    b"\r\n", b"\n", b"\r", b"\r\n\r\n", b" ", b"\t", b":", b"0", b"1", b"5", b"ffff", b"\x00", b"\xff",
    b"chunked", b"close",
    b"Content-Length: 5\r\n", b"Transfer-Encoding: chunked\r\n", b"Connection: close\r\n",
    b"HTTP/1.1 200 OK\r\n",
    b"HTTP/1.1 100 Continue\r\n\r\n", b"0\r\n\r\n", b"5\r\nhello\r\n", b"X: y\r\n", b",", b";",
    b"99999999999999999999",
]  # fmt: skip


def mutated(chance):
    data = bytearray(chance.choice([*GOOD.values(), *BAD.values()]))
    for _ in range(chance.choice((0, 1, 1, 1, 2, 4))):
        start = chance.randint(0, len(data))
        end = min(len(data), start + chance.choice((0, 0, 1, 1, 2, 8)))
        data[start:end] = chance.choice(PARTS) if chance.random() < 0.8 else chance.randbytes(2)
    return bytes(data)


@pytest.mark.timeout(SECONDS + 60)
def test_fuzz():
    """Whatever comes, the two parsers agree, however it is cut."""
    chance = random.Random(20260801)
    end, number = time.monotonic() + SECONDS, 0
    while time.monotonic() < end:
        data, method = mutated(chance), chance.choice(("GET", "GET", "HEAD"))
        number += 1
        cuts = sorted(chance.randint(0, len(data)) for _ in range(chance.choice((0, 1, 3))))
        pieces = [data[a:b] for a, b in zip([0, *cuts], [*cuts, len(data)], strict=True) if a < b]
        assert same(ours(pieces, method), theirs(pieces, method)), (data, pieces, method)
        assert agrees(data), data
    print(f"{number} inputs")


def test_request_bytes():
    request = Request("POST", "/p?q=1", name="n", headers={"X-A": "é"}, body=b"{}")
    assert encode_request(request, "h:8080") == (
        b"POST /p?q=1 HTTP/1.1\r\nHost: h:8080\r\nX-A: \xe9\r\nUser-Agent: loadwright\r\n"
        b"Content-Length: 2\r\n\r\n{}"
    )
    assert b"Content-Length" not in encode_request(Request("GET", "/", name="n"), "h")
    assert b"Content-Length: 0" in encode_request(Request("PUT", "/", name="n"), "h")
    for name in ("User-Agent", "user-agent", "USER-AGENT"):
        own = Request("GET", "/", name="n", headers={name: "mine"})
        assert encode_request(own, "h").lower().count(b"user-agent:") == 1


@pytest.mark.parametrize(
    "request_", [Request("GET", "/\r\nX: 1", name="n"), Request("GET", "/", name="n", headers={"X": "a\nb"})]
)
def test_no_line_breaks_get_in(request_):
    with pytest.raises(ValueError, match="a line break"):
        encode_request(request_, "h")
