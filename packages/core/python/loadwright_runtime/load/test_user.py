"""How requests are sent: each scenario against a real socket, in this process."""

import socket
import struct
import time

import gevent
import pytest
from generator_harness import OK, Source, answering, read_request
from gevent.server import StreamServer

from loadwright_runtime.http.endpoint import Limits


def reasons(user):
    return user.reasons


def test_success(serve, make_user):
    received, connections = [], []
    address = serve(answering(OK, received, connections))
    user = make_user(f"http://{address}/base")
    for _ in range(2):
        user.send_next()
    began = time.perf_counter()
    user.send_next()
    milliseconds = (time.perf_counter() - began) * 1000
    assert reasons(user) == [None] * 3
    assert len(connections) == 1
    assert received[0].split(b"\r\n\r\n")[0].decode().split("\r\n") == [
        "POST /base/p?q=%2F;a HTTP/1.1",
        f"Host: {address}",
        "X-Own: 1",
        "User-Agent: loadwright",
        "Content-Length: 4",
    ]
    event = user.events[2]
    assert (event["request_type"], event["name"], event["response_length"]) == ("POST", "name", 2)
    assert 0 < event["response_time"] <= milliseconds


def test_making_and_checking_are_not_timed(serve, make_user):
    class Slow(Source):
        def next_request(self):
            time.sleep(0.05)
            marks.append(time.perf_counter())
            return super().next_request()

        def check(self, response):
            marks.append(time.perf_counter())
            time.sleep(0.05)
            return super().check(response)

    marks = []
    user = make_user(f"http://{serve(answering(OK))}", Slow)
    user.send_next()
    made, checked = marks
    assert user.events[0]["response_time"] <= (checked - made) * 1000


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (b"HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n", "HTTP 503"),
        (b"HTTP/1.1 302 Found\r\nLocation: /x\r\nContent-Length: 0\r\n\r\n", "HTTP 302"),
        (b"HTTP/1.1 500 No\r\nContent-Length: 2\r\n\r\n\xff\xfe", "HTTP 500"),
        (b"HTTP/1.1 530 Odd\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n", "HTTP 530"),
    ],
)
def test_refusals_keep_the_connection(serve, make_user, answer, reason):
    received, connections = [], []
    user = make_user(f"http://{serve(answering(answer, received, connections))}")
    user.send_next()
    user.send_next()
    assert (reasons(user), len(received), len(connections)) == ([reason] * 2, 2, 1)


def test_wrong_answer_with_status_200(serve, make_user):
    expect = {"status": [200], "json": {"pointer": "/x"}}
    user = make_user(f"http://{serve(answering(OK))}", expect=expect)
    user.send_next()
    assert reasons(user) == ["check: the answer is not JSON"]


def test_encoded_answers_are_left_as_they_are(serve, make_user):
    answer = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc"
    user = make_user(f"http://{serve(answering(answer))}")
    user.send_next()
    assert (reasons(user), user.events[0]["response_length"]) == ([None], 3)


def closing(part):
    def handle(connection):
        read_request(connection)
        connection.sendall(part)
        connection.close()

    return handle


CLOSED_WITHIN = "connection closed within the answer"


@pytest.mark.parametrize(
    ("part", "reason"),
    [
        (b"", "connection closed by the server"),
        (b"HTTP", CLOSED_WITHIN),
        (b"HTTP/1.1 200 OK\r\nCont", CLOSED_WITHIN),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc", CLOSED_WITHIN),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab", CLOSED_WITHIN),
        (b"SSH-2.0-OpenSSH\r\n\r\n", "not a valid HTTP answer: not an HTTP status line"),
        (b"HTTP/1.1 200 OK\r\nX: " + b"x" * 70_000, "not a valid HTTP answer: headers are too long"),
        (
            b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
            "not a valid HTTP answer: a wrong or ambiguous Content-Length",
        ),
        (
            b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
            "not a valid HTTP answer: a wrong or ambiguous Content-Length",
        ),
        (b"HTTP/1.1 200 OK\r\nno header\r\n\r\n", "not a valid HTTP answer: a malformed header line"),
        (
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
            "not a valid HTTP answer: a chunk without a size",
        ),
    ],
)
def test_broken_answers(serve, make_user, part, reason):
    user = make_user(f"http://{serve(closing(part))}")
    user.send_next()
    user.send_next()
    assert reasons(user) == [reason] * 2


def test_an_answer_that_is_reset(serve, make_user):
    def handle(connection):
        read_request(connection)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc")
        gevent.sleep(0.1)
        # Closed so, a socket sends a reset.
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.close()

    user = make_user(f"http://{serve(handle)}")
    user.send_next()
    assert reasons(user) == [CLOSED_WITHIN]


def test_connection_refused(serve, make_user):
    server = StreamServer(("127.0.0.1", 0), lambda *_: None)
    server.start()
    port = server.server_port
    server.stop()
    user = make_user(f"http://127.0.0.1:{port}")
    user.send_next()
    assert reasons(user) == ["connection refused"]


def test_unknown_host(make_user):
    user = make_user("http://no-such-host.invalid", timeout=20)
    user.send_next()
    assert reasons(user) in (["name resolution failed"], ["time-out while connecting"])


def test_silent_server(serve, make_user):
    user = make_user(f"http://{serve(lambda connection: gevent.sleep(3600))}", timeout=0.3)
    waited = []
    for _ in range(2):
        began = time.perf_counter()
        user.send_next()
        waited.append((time.perf_counter() - began) * 1000)
    assert reasons(user) == ["time-out after 0.3 s"] * 2
    for event, milliseconds in zip(user.events, waited, strict=True):
        assert 300 <= event["response_time"] <= milliseconds


def test_time_limit_is_for_the_whole_request(serve, make_user):
    def trickle(connection):
        read_request(connection)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
        for _ in range(999):
            connection.sendall(b"x")
            gevent.sleep(0.1)

    user = make_user(f"http://{serve(trickle)}", timeout=0.5)
    user.send_next()
    assert reasons(user) == ["time-out after 0.5 s"]


def test_recovers_after_a_failure(serve, make_user):
    connections = []

    def first_silent(connection):
        connections.append(connection)
        if len(connections) == 1:
            gevent.sleep(3600)
        answering(OK)(connection)

    user = make_user(f"http://{serve(first_silent)}", timeout=0.3)
    user.send_next()
    # What is answered may take longer here.
    user.endpoint.limits = Limits(60, 60, 60, 60)
    for _ in range(2):
        user.send_next()
    assert reasons(user) == ["time-out after 0.3 s", None, None]
    assert len(connections) == 2


def test_a_connection_that_the_server_closed_while_idle(serve, make_user):
    def one_answer(connection):
        read_request(connection)
        connection.sendall(OK)
        connection.close()

    user = make_user(f"http://{serve(one_answer)}")
    for _ in range(3):
        user.send_next()
        gevent.sleep(0.05)
    assert reasons(user) == [None] * 3


def test_a_check_that_fails_itself_still_counts_once(serve, make_user):
    class Broken(Source):
        def check(self, response):
            raise KeyError("x")

    user = make_user(f"http://{serve(answering(OK))}", Broken)
    with pytest.raises(KeyError):
        user.send_next()
    assert reasons(user) == ["check failed: KeyError"]


def test_stopping_a_user_reports_nothing(serve, make_user):
    user = make_user(f"http://{serve(lambda connection: gevent.sleep(10))}")
    greenlet = gevent.spawn(user.send_next)
    gevent.sleep(0.1)
    greenlet.kill()
    assert user.events == []
