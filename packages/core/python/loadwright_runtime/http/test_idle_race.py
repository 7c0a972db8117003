"""Connections that the server closes while they are idle, and those that break within a request."""

import errno
import socket
import struct
import sys
from types import SimpleNamespace

import gevent
import pytest
from generator_harness import OK, answering, read_request

from loadwright_runtime.http import idle_race
from loadwright_runtime.http.idle_race import EndOfStreamError, is_likely, is_proven

ROUND_TRIP = 0.080
CLOSED = "connection closed by the server"


@pytest.mark.parametrize(
    ("idle", "waited", "expected"),
    [
        (5.0, 0.081, True),
        (5.0, 0.086, False),
        (5.0, 0.5, False),
        (0.05, 0.081, False),
    ],
)
def test_by_the_time(idle, waited, expected):
    assert is_likely(idle, waited, ROUND_TRIP) is expected


@pytest.mark.parametrize(
    ("sent", "unacknowledged", "error", "expected"),
    [
        (100, 100, EndOfStreamError(), True),
        (100, 122, EndOfStreamError(), True),
        (100, 99, EndOfStreamError(), False),
        (100, 0, EndOfStreamError(), False),
        (100, -1, EndOfStreamError(), False),
        (100, 100, ConnectionResetError(errno.ECONNRESET, ""), False),
        (0, -1, BrokenPipeError(errno.EPIPE, ""), True),
    ],
)
def test_by_what_was_acknowledged(monkeypatch, sent, unacknowledged, error, expected):
    monkeypatch.setattr(idle_race, "_unacknowledged", lambda _: unacknowledged)
    assert is_proven(7, sent, error) is expected


IDLE_SECONDS = 0.12


def totals(user):
    return dict(user.figures.total().counters)


def close_in_order(connection):
    connection.close()


def reset(connection):
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def answers_then(end, requests, seconds=0.0):
    """One answer on each connection; the next request is read, worked on, and then the connection ended."""

    def handle(connection):
        if read_request(connection, requests):
            connection.sendall(OK)
        if read_request(connection, requests):
            gevent.sleep(seconds)
            end(connection)

    return handle


def say_that_it_was_idle(connection):
    """As the balancers of AWS and HAProxy do, of which the latter end their answer by the close."""
    connection.sendall(b"HTTP/1.0 408 Request Time-out\r\nConnection: close\r\n\r\n<html>late</html>")
    connection.close()


@pytest.mark.parametrize("end", [close_in_order, reset, say_that_it_was_idle])
def test_the_one_retry_is_counted(serve, make_user, ample_margin, end):
    requests = []
    user = make_user(f"http://{serve(answers_then(end, requests))}")
    for _ in range(3):
        user.send_next()
        gevent.sleep(IDLE_SECONDS)
    assert user.reasons == [None] * 3
    assert totals(user) == {"retried_idle": 2}
    ((_, row),) = [(key, row) for key, row in user.figures.names() if key != ("", "")]
    assert (row.counters, row.due, row.sent, row.succeeded) == ({"retried_idle": 2}, 3, 3, 3)
    # Everything that was sent is accounted for.
    assert len(requests) == 3 + 2


@pytest.mark.parametrize("end", [close_in_order, reset])
def test_a_crash_within_a_request_is_not_retried(serve, make_user, end):
    requests = []
    user = make_user(f"http://{serve(answers_then(end, requests, 0.05))}")
    for _ in range(4):
        user.send_next()
        # However late a connection was made here: one that nobody waited for.
        user.endpoint.round_trip_seconds = 0.001
        gevent.sleep(IDLE_SECONDS)
    assert user.reasons == [None, CLOSED, None, CLOSED]
    assert (len(requests), totals(user)) == (4, {})
    assert min(user.events[index]["response_time"] for index in (1, 3)) > 50


@pytest.mark.parametrize(("header", "seconds"), [(b"Connection: close\r\n", 0.05), (b"", 0)])
def test_an_answer_that_the_request_came_too_slowly_is_one(serve, make_user, header, seconds):
    """Where the server had the time to read the request, or goes on with the connection."""
    requests = []

    def refuse(connection):
        connection.sendall(b"HTTP/1.1 408 a\r\nContent-Length: 0\r\n%b\r\n" % header)

    user = make_user(f"http://{serve(answers_then(refuse, requests, seconds))}")
    for _ in range(2):
        user.send_next()
        user.endpoint.round_trip_seconds = 0.001
        gevent.sleep(IDLE_SECONDS)
    assert user.reasons == [None, "HTTP 408"]
    assert (len(requests), totals(user)) == (2, {})


@pytest.mark.parametrize("end", [close_in_order, reset])
def test_a_crash_on_a_busy_connection_is_not_retried(serve, make_user, ample_margin, monkeypatch, end):
    # However long this process gets no turn between two requests.
    monkeypatch.setattr("loadwright_runtime.http.idle_race._IDLE_SECONDS", 3600)
    requests = []
    user = make_user(f"http://{serve(answers_then(end, requests))}")
    for _ in range(4):
        user.send_next()
    assert user.reasons == [None, CLOSED, None, CLOSED]
    assert (len(requests), totals(user)) == (4, {})


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux reports what was acknowledged")
def test_a_connection_that_was_closed_before_the_request_came(serve, make_user, monkeypatch):
    """However late the word of it comes, and however busy the connection was."""
    monkeypatch.setattr("loadwright_runtime.http.idle_race.is_likely", lambda *_: False)
    requests, connections = [], []
    user = make_user(f"http://{serve(answering(OK, requests, connections))}")
    start = user.connection.start

    def close_and_start(request):
        if len(connections) == 1:
            connections[0].shutdown(socket.SHUT_RDWR)
        start(request)

    user.send_next()
    user.connection = SimpleNamespace(start=close_and_start)
    user.send_next()
    assert user.reasons == [None, None] and len(requests) == 2
    assert totals(user) == {"retried_idle": 1}


def test_the_clock_goes_on_over_a_retry(serve, make_user, ample_margin):
    requests = []

    def handle(connection):
        if read_request(connection, requests) and len(requests) > 1:
            gevent.sleep(0.1)
        connection.sendall(OK)
        if read_request(connection, requests):
            gevent.sleep(0.2)

    user = make_user(f"http://{serve(handle)}")
    user.send_next()
    gevent.sleep(IDLE_SECONDS)
    user.send_next()
    assert user.reasons == [None, None] and totals(user) == {"retried_idle": 1}
    assert user.events[1]["response_time"] >= 300


def test_a_new_connection_is_not_retried(serve, make_user):
    requests = []

    def handle(connection):
        read_request(connection, requests)
        connection.close()

    user = make_user(f"http://{serve(handle)}")
    user.send_next()
    assert (user.reasons, len(requests), totals(user)) == ([CLOSED], 1, {})


def test_a_retry_is_not_retried(serve, make_user, ample_margin):
    numbers, requests = [], []

    def handle(connection):
        numbers.append(connection)
        read_request(connection, requests)
        if len(numbers) == 1:
            connection.sendall(OK)
            read_request(connection, requests)
        connection.close()

    user = make_user(f"http://{serve(handle)}")
    user.send_next()
    gevent.sleep(IDLE_SECONDS)
    user.send_next()
    assert user.reasons == [None, CLOSED]
    assert (len(requests), totals(user)) == (3, {"retried_idle": 1})


def test_nothing_is_retried_after_the_first_byte(serve, make_user):
    def handle(connection):
        read_request(connection)
        connection.sendall(OK)
        read_request(connection)
        connection.sendall(b"H")
        connection.close()

    user = make_user(f"http://{serve(handle)}")
    user.send_next()
    user.send_next()
    assert user.reasons[1] == "connection closed within the answer" and totals(user) == {}
