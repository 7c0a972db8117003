"""Requests whose bytes are put together, against those that are written and signed one by one."""

import random

import pytest

from loadwright_runtime import Body, Credentials, Request, Signer
from loadwright_runtime.http.http1 import encode_request
from loadwright_runtime.source.signed_requests import SignedRequests

HOST = "h.example:8443"
HEADERS = {"Content-Type": "application/json", "X-Own": "a b", "Accept": "*/*"}


class Clock:
    """Unix time that moves when it is told to."""

    def __init__(self):
        self.now = 1_440_938_160.5

    def signer(self):
        return Signer(Credentials("AKID", "a-secret", "a-token"), "eu-west-1", "sagemaker", lambda: self.now)


@pytest.mark.parametrize("query", ["", "a=1&b=%20"])
@pytest.mark.parametrize("method", ["POST", "GET"])
def test_the_bytes_are_those_of_requests_that_are_signed_one_by_one(method, query):
    clock, chance = Clock(), random.Random(7)
    path = f"/p%20q?{query}" if query else "/p%20q"
    signer = clock.signer()
    made = SignedRequests(signer.prepare(method, HOST, "/p%20q", query, HEADERS), method, path, HOST, "name")
    reference = clock.signer().prepare(method, HOST, "/p%20q", query, HEADERS)
    rows = [chance.randbytes(chance.choice([0, 1, 3, 300, 20_000])) for _ in range(40)]
    for _ in range(400):
        clock.now += chance.choice([0, 0, 0, 0.4])
        row = chance.randrange(len(rows))
        # Bodies of payloads, whose hashes are kept, and others.
        body = Body(rows[row], "", row + 1 if chance.random() < 0.7 else None)
        signer.moment()
        request = made.of(body)
        headers = reference.headers(body.content)
        expected = Request(method, path, name="name", headers=headers, body=body.content)
        assert (request.wire or encode_request(request, HOST)) == encode_request(expected, HOST)
        assert (request.headers, request.body, request.name) == (headers, body.content, "name")
        assert (request.method, request.path, request.on_piece) == (method, path, None)


def test_a_reader_gets_the_same_bytes():
    signer = Clock().signer()
    made = SignedRequests(signer.prepare("POST", HOST, "/p", "", HEADERS), "POST", "/p", HOST, "name")
    request = made.of(Body(b"body", "", 1))
    read = request.read_by(print)
    assert (read.wire, read.headers, read.on_piece) == (request.wire, request.headers, print)
