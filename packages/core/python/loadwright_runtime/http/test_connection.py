"""What connections meet: odd answers, closes, slow peers, names."""

import contextlib
import errno
import os
import resource
import select
import socket
import time

import gevent
import gevent.socket
import pytest
from generator_harness import OK, OneByOne, Source, answering, read_request
from gevent.server import StreamServer

from loadwright_runtime import Request
from loadwright_runtime.http.connection import Connection
from loadwright_runtime.http.poller import SelectPoller
from loadwright_runtime.load.closed_model import UserLoop
from loadwright_runtime.load.gate import gate

CLOSED = "connection closed by the server"


def totals(user):
    return dict(user.figures.total().counters)


def in_pieces(data, size, pause=0.0):
    def handle(connection):
        while read_request(connection):
            for start in range(0, len(data), size):
                connection.sendall(data[start : start + size])
                gevent.sleep(pause)

    return handle


@pytest.mark.parametrize("size", [1, 7, 10_000])
def test_answers_in_pieces(serve, make_user, size):
    answer = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    answer += b"2\r\nab\r\n1\r\nc\r\n0\r\nX: y\r\n\r\n"
    user = make_user(f"http://{serve(in_pieces(answer, size))}")
    user.send_next()
    user.send_next()
    assert (user.reasons, user.bodies) == ([None] * 2, [b"abc"] * 2)


def test_large_bodies_both_ways(serve, make_user):
    large = os.urandom(8_000_000)

    class Large(Source):
        def next_request(self):
            return Request("POST", "/", name="n", body=large)

    def echo(connection):
        received = b""
        while len(received) < len(large) + 1 or not received.endswith(large[-100:]):
            received += connection.recv(65536)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(large))
        connection.sendall(received.partition(b"\r\n\r\n")[2])

    user = make_user(f"http://{serve(echo)}", Large, timeout=20)
    user.send_next()
    assert user.reasons == [None] and user.bodies[0] == large


@pytest.mark.parametrize("of_the_rest", [b"", b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"])
def test_an_answer_before_the_request_is_sent(serve, make_user, of_the_rest):
    connections = []

    class Large(Source):
        def next_request(self):
            return Request("POST", "/", name="n", body=bytes(20_000_000))

    def refuse(connection):
        connections.append(connection)
        connection.recv(1000)
        connection.sendall(b"HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n" + of_the_rest)
        gevent.sleep(5)

    user = make_user(f"http://{serve(refuse)}", Large)
    user.send_next()
    user.send_next()
    assert user.reasons == ["HTTP 413"] * 2 and len(connections) == 2
    assert totals(user) == {}


@pytest.mark.parametrize("pieces", [[b"Content-Length: 0\r\n\r\n"], [b"Content-Length: 2\r\n\r\nn", b"o"]])
def test_a_refusal_of_a_server_that_reads_no_further(serve, make_user, monkeypatch, pieces):
    """Bytes that it leaves unread make its close a reset, which may be met before the answer is read."""

    class Large(Source):
        def next_request(self):
            return Request("POST", "/", name="n", body=bytes(20_000_000))

    def read(connection):
        # So that more could be sent at any time.
        while connection.recv(65536):
            pass

    def refuse(connection):
        connection.recv(1000)
        gevent.spawn(read, connection)
        for piece in [b"HTTP/1.1 413 Too Large\r\n" + pieces[0], *pieces[1:]]:
            connection.sendall(piece)
            gevent.sleep(0.05)

    def break_once_answered(connection):
        if select.select([connection._descriptor], [], [], 0)[0]:
            raise BrokenPipeError(errno.EPIPE, "")

    monkeypatch.setattr(Connection, "_send_rest", break_once_answered)
    user = make_user(f"http://{serve(refuse)}", Large)
    user.send_next()
    assert user.reasons == ["HTTP 413"]


def test_head(serve, make_user):
    class Head(Source):
        method = "HEAD"

    connections = []
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n"
    user = make_user(f"http://{serve(answering(answer, None, connections))}", Head)
    user.send_next()
    user.send_next()
    assert user.reasons == [None] * 2 and len(connections) == 1


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\n\r\nok",
        b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok",
        b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok",
    ],
)
def test_answers_that_end_the_connection(serve, make_user, answer):
    connections = []

    def handle(connection):
        connections.append(connection)
        read_request(connection)
        connection.sendall(answer)
        connection.shutdown(socket.SHUT_WR)

    user = make_user(f"http://{serve(handle)}")
    for _ in range(3):
        user.send_next()
    assert (user.reasons, user.bodies, len(connections)) == ([None] * 3, [b"ok"] * 3, 3)
    assert totals(user) == {}


def test_more_than_an_answer_ends_the_connection(serve, make_user):
    connections = []
    user = make_user(f"http://{serve(answering(OK + b'junk', None, connections))}")
    user.send_next()
    user.send_next()
    assert user.reasons == [None] * 2 and len(connections) == 2


def answering_twice(answer, pause):
    def handle(connection):
        while read_request(connection):
            connection.sendall(answer)
            if pause is not None:
                gevent.sleep(pause)
            connection.sendall(answer)

    return handle


CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"


@pytest.mark.parametrize("answer", [OK, CHUNKED])
@pytest.mark.parametrize("pause", [None, 0.01])
def test_answers_that_nobody_asked_for(serve, make_user, answer, pause):
    user = make_user(f"http://{serve(answering_twice(answer, pause))}")
    for sent in range(1, 5):
        user.send_next()
        # One on each connection, none of which has another request.
        with gevent.Timeout(30):
            while totals(user).get("unasked") != sent:
                gevent.sleep(0.001)
    assert user.reasons == [None] * 4


@pytest.mark.parametrize("answer", [OK, CHUNKED])
@pytest.mark.parametrize("pause", [None, 0.01])
def test_answers_that_nobody_asked_for_between_requests_without_a_pause(serve, make_user, answer, pause):
    """Each second answer is taken for the next one: what is left over shows after the last request."""
    user = make_user(f"http://{serve(answering_twice(answer, pause))}")
    loop = UserLoop(user.endpoint, None)
    running = gevent.spawn(loop.run)
    while len(user.events) < 10:
        gevent.sleep(0.001)
    gate.shut()
    loop.close()
    running.join()
    user.endpoint.drain.wait()
    assert totals(user)["unasked"] > 0 and not any(user.reasons)


@pytest.mark.parametrize(
    "said",
    [
        b"HTTP/1.1 408 Request Timeout\r\nConnection: close\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 100 Continue\r\n\r\n",
        b"the rest of a body that is longer than its Content-Length",
        b"\r\n",
    ],
)
@pytest.mark.parametrize("pause", [0.0, 0.05])
def test_what_is_no_answer_that_nobody_asked_for(serve, make_user, said, pause):
    def speak_out_of_turn(connection):
        while read_request(connection):
            connection.sendall(OK)
            gevent.sleep(pause / 2)
            connection.sendall(said)

    user = make_user(f"http://{serve(speak_out_of_turn)}")
    user.send_next()
    gevent.sleep(pause)
    user.connection.abort()
    assert user.reasons == [None] and totals(user) == {}


def test_limits_of_time(serve, make_user):
    user = make_user(f"http://{serve(lambda _: gevent.sleep(3600))}", firstByteTimeoutSeconds=0.2)
    user.send_next()
    assert user.reasons == ["no first byte within 0.2 s"]

    with full_backlog() as address:
        user = make_user(f"http://{address}", connectTimeoutSeconds=0.3)
        user.send_next()
        assert user.reasons == ["time-out while connecting"]


@contextlib.contextmanager
def full_backlog():
    """A listening socket that takes no more connections."""
    with contextlib.ExitStack() as stack:
        listener = stack.enter_context(gevent.socket.socket())
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        for _ in range(4):
            client = stack.enter_context(gevent.socket.socket())
            client.setblocking(False)
            client.connect_ex(listener.getsockname())
        yield f"127.0.0.1:{listener.getsockname()[1]}"


def test_pauses_grow_while_nothing_listens(make_user):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        user = make_user(f"http://127.0.0.1:{probe.getsockname()[1]}")
        pauses = []
        for _ in range(8):
            user.send_next()
            pauses.append(user.connection.pause_seconds)
    assert user.reasons == ["connection refused"] * 8
    assert 0.02 < pauses[0] <= 0.05 and 0.5 <= pauses[-1] <= 1


def test_pieces_of_an_answer(serve, make_user):
    pieces, written, read = [], [], []

    class Streaming(Source):
        def next_request(self):
            return Request("POST", "/", name="n", body=b"body", on_piece=take)

    def take(piece):
        read.append(time.perf_counter() - began)
        pieces.append(piece)

    def handle(connection):
        while read_request(connection):
            received = time.perf_counter()
            connection.sendall(b"HTTP/1.1 200 OK\r\nX-A: 1\r\nTransfer-Encoding: chunked\r\n\r\n")
            for text in (b"one", b"two"):
                gevent.sleep(0.01)
                written.append(time.perf_counter() - received)
                connection.sendall(b"3\r\n" + text + b"\r\n")
                while len(pieces) < len(written):
                    gevent.sleep(0.001)
            connection.sendall(b"0\r\n\r\n")

    user = make_user(f"http://{serve(handle)}", Streaming)
    for _ in range(2):
        began = time.perf_counter()
        user.send_next()
    assert user.reasons == [None] * 2
    assert [piece.data for piece in pieces] == [b"one", b"two"] * 2
    # Each from its request on: after it was written, and before it was handed over.
    for piece, earliest, latest in zip(pieces, written, read, strict=True):
        assert earliest <= piece.seconds <= latest
    assert (pieces[0].status, pieces[0].headers.get("x-a")) == (200, "1")
    assert user.events[0]["response_length"] == 0
    assert user.figures.total().trends["http_req_first_byte"].count == 2


def test_a_callback_that_raises(serve, make_user):
    class Broken(Source):
        def next_request(self):
            return Request("POST", "/", name="n", body=b"body", on_piece=lambda _: 1 / 0)

    user = make_user(f"http://{serve(answering(OK))}", Broken)
    with pytest.raises(ZeroDivisionError):
        user.send_next()
    assert user.reasons == ["check failed: ZeroDivisionError"]


def test_a_descriptor_above_1024(serve, make_user):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, max(soft, 4096)), hard))
    address = serve(answering(OK))
    with open(os.devnull) as null, contextlib.ExitStack() as stack:
        for _ in range(1100):
            stack.callback(os.close, os.dup(null.fileno()))
        user = make_user(f"http://{address}")
        user.send_next()
        user.send_next()
    assert user.reasons == [None] * 2


def test_without_epoll(serve, make_user, monkeypatch):
    monkeypatch.setattr("loadwright_runtime.http.reactor.new_poller", SelectPoller)
    connections = []
    user = make_user(f"http://{serve(answering(OK, None, connections))}")
    for _ in range(20):
        user.send_next()
    assert user.reasons == [None] * 20 and len(connections) == 1


def test_ipv6(make_user):
    server = StreamServer(("::1", 0), lambda connection, _: answering(OK)(connection))
    server.start()
    user = make_user(f"http://[::1]:{server.server_port}")
    user.send_next()
    assert user.reasons == [None] and user.connection.address[0] == socket.AF_INET6
    server.stop(timeout=0)


def resolve_to(*addresses):
    return lambda *_, **__: [(socket.AF_INET, socket.SOCK_STREAM, 6, "", address) for address in addresses]


def test_the_next_address_when_one_refuses(serve, make_user):
    host, port = serve(answering(OK)).split(":")
    with socket.socket() as probe:
        probe.bind(("127.0.0.2", 0))
        user = make_user("http://service.test")
        user.endpoint.resolver._resolve = resolve_to(probe.getsockname(), (host, int(port)))
        for _ in range(4):
            user.send_next()
            user.connection.retire()
    assert user.reasons == [None] * 4


def test_all_addresses_in_turn_and_new_ones_after_a_while(serve, make_user):
    seen = []

    def server(name):
        return serve(answering(OK, seen_by(seen, name)))

    first, second, third = ((host, int(port)) for host, port in (server(n).split(":") for n in "abc"))
    user = make_user("http://service.test")
    resolver = user.endpoint.resolver
    resolver._resolve = resolve_to(first, second)
    for _ in range(4):
        user.send_next()
        user.connection.retire()
    assert sorted(seen) == ["a", "a", "b", "b"]

    user.send_next()
    resolver._resolve = resolve_to(third)
    for _ in range(3):
        # As when the interval is over.
        resolver._due = 0
        resolver.refresh_when_due()
        gevent.sleep(0.02)
    seen.clear()
    for _ in range(3):
        user.send_next()
    assert seen == ["c", "c", "c"] and user.reasons == [None] * 8


def test_all_idle_connections_leave_an_address_that_is_gone(serve, make_user):
    first, second = (serve(answering(OK)).split(":") for _ in range(2))
    user = make_user("http://service.test")
    users = [user, *(OneByOne(user.environment) for _ in range(9))]
    resolver = user.endpoint.resolver
    resolver._resolve = resolve_to((first[0], int(first[1])))
    for each in users:
        each.send_next()
    resolver._resolve = resolve_to((second[0], int(second[1])))
    while resolver.knows(user.connection.address):
        # As when the interval is over.
        resolver._due = 0
        resolver.refresh_when_due()
        gevent.sleep(0.01)
    assert not any(each.connection.is_open for each in users)


class seen_by:  # noqa: N801
    def __init__(self, seen, name):
        self._seen, self._name = seen, name

    def append(self, _):
        self._seen.append(self._name)
