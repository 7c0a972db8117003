"""What lies between: proxies and TLS."""

import contextlib
import os
import subprocess
import time

import gevent
import gevent.socket
import pytest
from generator_harness import OK, Source, answering, read_request
from gevent.ssl import PROTOCOL_TLS_SERVER, SSLContext

from loadwright_runtime import Request
from loadwright_runtime.http import tls_context


def proxy(connects, target, answer=b"HTTP/1.1 200 Established\r\n\r\n"):
    def handle(connection):
        request = b""
        while b"\r\n\r\n" not in request:
            request += connection.recv(1000)
        connects.append(request)
        connection.sendall(answer)
        if b" 200 " not in answer:
            return
        with gevent.socket.create_connection(target) as behind:
            back = gevent.spawn(pump, behind, connection)
            pump(connection, behind)
            back.kill()

    return handle


def pump(source, destination):
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            destination.sendall(data)


def test_a_proxy_of_the_environment(serve, make_user, monkeypatch):
    connects, received = [], []
    host, port = serve(answering(OK, received)).split(":")
    address = serve(proxy(connects, (host, int(port))))
    monkeypatch.setenv("http_proxy", f"http://ada:s%40cret@{address}")
    user = make_user("http://service.test:8080")
    user.send_next()
    user.send_next()
    assert user.reasons == [None] * 2
    assert connects == [
        b"CONNECT service.test:8080 HTTP/1.1\r\nHost: service.test:8080\r\n"
        b"Proxy-Authorization: Basic YWRhOnNAY3JldA==\r\n\r\n"
    ]
    assert received[0].startswith(b"POST /p?q=%2F;a HTTP/1.1\r\nHost: service.test:8080\r\n")

    monkeypatch.setenv("no_proxy", "other.test,.test")
    assert make_user("http://service.test:8080").endpoint.proxy is None
    assert make_user("http://127.0.0.1:1").endpoint.proxy is None


def test_a_proxy_that_refuses(serve, make_user, monkeypatch):
    refusal = b"HTTP/1.1 407 No\r\nContent-Length: 0\r\n\r\n"
    monkeypatch.setenv("http_proxy", f"http://{serve(proxy([], None, refusal))}")
    user = make_user("http://service.test")
    user.send_next()
    assert user.reasons == ["the proxy refused: HTTP 407"]


@pytest.fixture
def certificate(tmp_path, monkeypatch):
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
        + ["-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,DNS:service.test"]
        + ["-keyout", key, "-out", certificate],
        check=True,
        capture_output=True,
    )
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    tls_context.forget()
    context = SSLContext(PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    yield context
    tls_context.forget()


@pytest.mark.parametrize("version", ["TLSv1_2", "TLSv1_3"])
def test_tls(serve, make_user, certificate, version):
    import ssl

    certificate.minimum_version = certificate.maximum_version = ssl.TLSVersion[version]
    large = os.urandom(3_000_000)
    connections = []

    class Large(Source):
        def next_request(self):
            return Request("POST", "/", name="n", body=large + b"body")

    def handle(connection):
        connections.append(connection)
        while True:
            received = b""
            while not received.endswith(b"body"):
                block = connection.recv(65536)
                if not block:
                    return
                received += block
            body = received.partition(b"\r\n\r\n")[2]
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body)

    port = serve(handle, ssl_context=certificate).split(":")[1]
    user = make_user(f"https://localhost:{port}", Large, timeout=20)
    user.send_next()
    user.send_next()
    assert user.bodies == [large + b"body"] * 2 and len(connections) == 1
    user.connection.retire()
    user.send_next()
    assert user.reasons == [None] * 3 and len(connections) == 2
    total = user.figures.total()
    assert total.counters == {"tls_resumed": 1}
    assert total.trends["http_req_tls_handshaking"].count == 2


@pytest.mark.parametrize("pause", [0.0, 0.05])
def test_answers_that_nobody_asked_for_over_tls(serve, make_user, certificate, pause):
    """The second one may be there as a whole, in a record that nobody has read, and nothing more comes."""

    def answer_twice(connection):
        while read_request(connection):
            connection.sendall(OK)
            connection.sendall(OK)

    port = serve(answer_twice, ssl_context=certificate).split(":")[1]
    user = make_user(f"https://localhost:{port}")
    for _ in range(3):
        user.send_next()
        gevent.sleep(pause)
    user.connection.abort()
    assert user.reasons == [None] * 3 and user.figures.total().counters["unasked"] > 0


def test_tls_through_a_proxy(serve, make_user, certificate, monkeypatch):
    host, port = serve(answering(OK), ssl_context=certificate).split(":")
    connects = []
    monkeypatch.setenv("https_proxy", serve(proxy(connects, (host, int(port)))))
    user = make_user("https://service.test")
    user.send_next()
    assert user.reasons == [None] and connects[0].startswith(b"CONNECT service.test:443 HTTP/1.1\r\n")


def test_a_session_is_copied_once_however_many_connections_close_at_once(make_user, monkeypatch):
    class Stream:
        copies = 0

        @property
        def session(self):
            Stream.copies += 1
            return f"session {Stream.copies}"

    endpoint = make_user("http://127.0.0.1:9").endpoint
    now = time.monotonic()
    monkeypatch.setattr("loadwright_runtime.http.endpoint.time.monotonic", lambda: now)
    for _ in range(5000):
        endpoint.keep_session(Stream())
    assert (Stream.copies, endpoint.tls_session) == (1, "session 1")
    monkeypatch.setattr("loadwright_runtime.http.endpoint.time.monotonic", lambda: now + 1.1)
    endpoint.keep_session(Stream())
    assert endpoint.tls_session == "session 2"
