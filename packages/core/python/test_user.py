"""How requests are sent: each scenario against a real socket, in this process."""

import subprocess
import time

import gevent
import pytest
from generator_harness import OK, Source, answering, read_request
from gevent.server import StreamServer
from gevent.ssl import PROTOCOL_TLS_SERVER, SSLContext
from loadwright_runtime import tls_context


def reasons(user):
    return user.reasons


def test_success(serve, make_user):
    received, connections = [], []
    address = serve(answering(OK, received, connections))
    user = make_user(f"http://{address}/base")
    for _ in range(3):
        user.send_next()
    assert reasons(user) == [None] * 3
    assert len(connections) == 1
    assert received[0].split(b"\r\n\r\n")[0].decode().split("\r\n") == [
        "POST /base/p?q=%2F;a HTTP/1.1",
        f"Host: {address}",
        "X-Own: 1",
        "User-Agent: loadwright",
        "Content-Length: 4",
    ]
    event = user.events[0]
    assert (event["request_type"], event["name"], event["response_length"]) == ("POST", "name", 2)
    assert 0 < event["response_time"] < 2000


def test_making_and_checking_are_not_timed(serve, make_user):
    class Slow(Source):
        def next_request(self):
            time.sleep(0.2)
            return super().next_request()

        def check(self, response):
            time.sleep(0.2)
            return super().check(response)

    user = make_user(f"http://{serve(answering(OK))}", Slow)
    user.send_next()
    assert user.events[0]["response_time"] < 200


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


@pytest.mark.parametrize(
    ("part", "reason"),
    [
        (b"", "connection closed by the server"),
        (b"HTTP/1.1 200 OK\r\nCont", "connection closed or broken within the answer"),
        (
            b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc",
            "connection closed or broken within the answer",
        ),
        (
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab",
            "connection closed or broken within the answer",
        ),
        (b"SSH-2.0-OpenSSH\r\n\r\n", "connection closed or broken within the answer"),
    ],
)
def test_broken_answers(serve, make_user, part, reason):
    user = make_user(f"http://{serve(closing(part))}")
    user.send_next()
    user.send_next()
    assert reasons(user) == [reason] * 2


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
    user = make_user(f"http://{serve(lambda connection: gevent.sleep(10))}", timeout=0.3)
    for _ in range(2):
        user.send_next()
    assert reasons(user) == ["time-out after 0.3 s"] * 2
    assert all(250 < event["response_time"] < 2000 for event in user.events)


def test_time_limit_is_for_the_whole_request(serve, make_user):
    def trickle(connection):
        read_request(connection)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
        for _ in range(100):
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
            gevent.sleep(10)
        answering(OK)(connection)

    user = make_user(f"http://{serve(first_silent)}", timeout=0.3)
    for _ in range(3):
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


def test_tls_is_verified(serve, make_user, tmp_path, monkeypatch):
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
        + ["-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]
        + ["-keyout", key, "-out", certificate],
        check=True,
        capture_output=True,
    )
    context = SSLContext(PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    port = serve(answering(OK), ssl_context=context).split(":")[1]

    tls_context.forget()
    user = make_user(f"https://localhost:{port}")
    user.send_next()
    assert reasons(user) == ["the TLS certificate is not valid for this host"]

    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    tls_context.forget()
    trusting = make_user(f"https://localhost:{port}")
    trusting.send_next()
    elsewhere = make_user(f"https://127.0.0.1:{port}")
    elsewhere.send_next()
    assert reasons(trusting) == [None]
    assert reasons(elsewhere) == ["the TLS certificate is not valid for this host"]
    tls_context.forget()
