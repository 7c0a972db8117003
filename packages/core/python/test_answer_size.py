"""Answers that are larger than a worker's memory should be, or that never end."""

import contextlib
import json
import socket
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from generator_harness import answering, read_request

SCRIPT = Path(__file__).with_name("swallowing.py")
MEGABYTE = b"x" * 2**20
LARGEST = 64
"""Megabytes that are read of an answer."""
TOO_LARGE = "the answer is larger than maxAnswerBytes"


@contextlib.contextmanager
def served(answer):
    """A server of real threads: greenlets would be in the way of the process that is measured."""
    ended = 0

    def serve(connection):
        nonlocal ended
        with connection, contextlib.suppress(OSError):
            while read_request(connection):
                answer(connection)
        ended += 1

    def accept():
        with contextlib.suppress(OSError):
            while True:
                threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=accept, daemon=True).start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}", lambda: ended
        listener.shutdown(socket.SHUT_RDWR)


def large(connection):
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % (LARGEST * len(MEGABYTE)))
    for _ in range(LARGEST):
        connection.sendall(MEGABYTE)


def endless(connection):
    connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    while True:
        connection.sendall(b"100000\r\n" + MEGABYTE + b"\r\n")


def until_close(connection):
    connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
    while True:
        connection.sendall(MEGABYTE)


@pytest.mark.parametrize(
    ("answer", "users", "is_checked"), [(large, 6, 0), (large, 1, 1), (endless, 6, 0), (until_close, 1, 1)]
)
def test_memory_stays_small(tmp_path, answer, users, is_checked):
    with served(answer) as (host, connections_ended):
        command = [sys.executable, SCRIPT, tmp_path, host, str(users), str(is_checked)]
        result = subprocess.run(command, capture_output=True, text=True, timeout=110, check=True)
        found = json.loads(result.stdout)
        print(found)
        assert found["megabytes"] < 300
        if answer is large:
            assert found["succeeded"] > users and found["kinds"] == {}
            assert found["bytes"] == found["succeeded"] * LARGEST * 2**20
        else:
            assert found["succeeded"] == 0 and set(found["kinds"]) == {"size"}
            assert (found["reasons"], connections_ended() >= found["kinds"]["size"] - users) == (
                [TOO_LARGE],
                True,
            )


def test_the_limit_is_that_of_the_target(serve, make_user):
    def chunked(connection):
        while body := read_request(connection):
            connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
            connection.sendall(b"3\r\nabc\r\n" * (2 if b"body" in body else 0) + b"0\r\n\r\n")

    counted = answering(b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nabcdef")
    closing = answering(b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\nConnection: close\r\n\r\nabcdef")
    for server in (chunked, counted, closing):
        host = f"http://{serve(server)}"
        for limit, expected in ((6, None), (5, TOO_LARGE)):
            user = make_user(host, maxAnswerBytes=limit)
            user.send_next()
            assert user.reasons == [expected]
            assert not expected or set(user.figures.total().failures_by_kind()) == {"size"}


def test_of_an_answer_that_nobody_looks_into_the_beginning_is_kept(serve, make_user):
    body = b"{" + b"x" * 500_000
    head = b"HTTP/1.1 500 No\r\nContent-Length: %d\r\n\r\n" % len(body)
    user = make_user(f"http://{serve(answering(head + body))}")
    user.endpoint.listeners.clear()
    outcomes = []
    user.endpoint.on_outcome = lambda _, response, *__: outcomes.append(response)
    user.send_next()
    (response,) = outcomes
    assert 64 * 1024 <= len(response.body) < 200_000 and body.startswith(response.body)
    assert user.figures.total().bytes == len(body)
