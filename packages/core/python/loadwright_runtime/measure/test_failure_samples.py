import gzip
import json

import pytest

from loadwright_runtime import EventReader, Piece, Request, Response, variables
from loadwright_runtime.measure.failure_samples import MAXIMUM_SAMPLES, FailureSamples
from loadwright_runtime.measure.failures import Failure

FAILED = Failure("status", "HTTP 500")


@pytest.fixture
def collected():
    return FailureSamples()


def request(name="predict", headers=None, row=None, on_piece=None, id=None):
    return Request("POST", "/", name=name, headers=headers, body=b"body", on_piece=on_piece, row=row, id=id)


class Headers(dict):
    def all(self):
        return self


def answer(body, **headers):
    return Response(500, Headers({name.replace("_", "-"): value for name, value in headers.items()}), body)


def sample_of(collected, *arguments):
    collected.collect(*arguments)
    (sample,) = collected.take()
    return sample


def test_what_a_sample_holds(collected):
    body = b'{"error":"CUDA out of memory"}'
    response = answer(body, content_type="application/json")
    sample = sample_of(collected, request(row=17, id="canary-1"), response, FAILED, 0.25)
    assert 1_500_000_000 < sample.pop("time") < 4_000_000_000
    assert sample == {
        "method": "POST",
        "name": "predict",
        "kind": "status",
        "error": "HTTP 500",
        "seconds": 0.25,
        "status": 500,
        "headers": {"content-type": "application/json"},
        "body": '{"error":"CUDA out of memory"}',
        "requestRow": 17,
        "requestId": "canary-1",
    }


def test_a_request_without_an_answer(collected):
    sample = sample_of(collected, request(), None, Failure("timeout", "time-out after 60 s"), 60.0)
    assert set(sample) == {"method", "name", "kind", "error", "time", "seconds"}


def test_the_first_few_of_each_are_kept(collected):
    for number in range(10):
        for name in ("a", "b"):
            collected.collect(request(name), None, FAILED, float(number))
    collected.collect(request("a"), None, Failure("status", "HTTP 503"), 9.0)
    kept = [(sample["name"], sample["error"], sample["seconds"]) for sample in collected.take()]
    assert kept == [
        *((name, "HTTP 500", float(number)) for number in range(3) for name in ("a", "b")),
        ("a", "HTTP 503", 9.0),
    ]
    collected.collect(request("a"), None, FAILED, 1.0)
    assert collected.take() is None
    collected.clear()
    collected.collect(request("a"), None, FAILED, 1.0)
    assert len(collected.take()) == 1


def test_samples_are_bounded_in_all(collected):
    for number in range(500):
        collected.collect(request(f"name {number}"), None, FAILED, 0.0)
    assert len(collected.take()) == MAXIMUM_SAMPLES


def test_a_master_keeps_no_more_than_a_worker(collected):
    for worker in range(5):
        own = FailureSamples()
        for _ in range(4):
            own.collect(request(), None, FAILED, float(worker))
        collected.merge(f"worker {worker}", json.loads(json.dumps(own.take())))
    assert [sample["seconds"] for sample in collected.all()] == [0.0] * 3
    assert len(collected.all()) == 3


def test_a_master_keeps_nothing_that_no_worker_sends(collected):
    sample = {"method": "GET", "name": "n", "kind": "status", "error": "HTTP 500"}
    collected.merge("w", [sample | {"body": "x" * 100_000}, sample | {"name": 7}, sample])
    assert collected.all() == [sample]


def test_a_lone_process_merges_its_own(collected):
    collected.collect(request(), None, FAILED, 1.0)
    assert len(collected.all()) == 1
    collected.collect(request(), None, FAILED, 2.0)
    assert [sample["seconds"] for sample in collected.all()] == [1.0, 2.0]


def test_secrets_are_left_out(collected, monkeypatch):
    monkeypatch.setenv("SOME_TOKEN", "canary-of-the-environment")
    variables.required("SOME_TOKEN", "x")
    sent = {"Authorization": "Bearer canary-of-a-header", "X-Other": "harmless"}
    body = b"canary-of-the-environment, harmless, bearer canary-of-a-header"
    response = answer(body, set_cookie="canary-cookie", x_echo="canary-of-the-environment", x="harmless")
    sample = sample_of(collected, request(headers=sent), response, FAILED, 0.0)
    assert "canary" not in json.dumps(sample)
    assert sample["body"] == "[redacted], harmless, bearer [redacted]"
    assert sample["headers"] == {"set-cookie": "[redacted]", "x-echo": "[redacted]", "x": "harmless"}


def test_a_secret_at_the_cut_is_left_out_as_a_whole(collected):
    secret = "canary" * 10
    for before in range(1980, 2052, 7):
        body = b"x" * before + secret.encode() + b"y" * 5000
        sent = {"Authorization": secret}
        sample = sample_of(FailureSamples(), request(headers=sent), answer(body), FAILED, 0.0)
        assert "canary" not in sample["body"] and len(sample["body"].encode()) <= 2048


def test_sizes_are_limited(collected):
    headers = {f"x_{number}": "v" * 1000 for number in range(100)}
    sample = sample_of(collected, request(), answer("é".encode() * 100_000, **headers), FAILED, 0.0)
    assert sample["body"] == "é" * 1024
    assert len(sample["headers"]) == 40 and max(map(len, sample["headers"].values())) == 257


def test_bodies_are_decoded(collected):
    packed = answer(gzip.compress(b"CUDA out of memory" + b" " * 100_000), content_encoding="gzip")
    assert sample_of(collected, request(), packed, FAILED, 0.0)["body"].startswith("CUDA out of memory")
    broken = answer(b"not packed", content_encoding="gzip")
    assert sample_of(collected, request(), broken, FAILED, 0.0)["body"] == "not packed"


def test_bytes_that_are_no_text(collected):
    assert sample_of(collected, request(), answer(bytes(range(256))), FAILED, 0.0)["body"] == (
        "256 bytes or more that are no text"
    )
    assert sample_of(collected, request(), answer(b"a\x00b\xff"), FAILED, 0.0)["body"] == "a��b�"[:2] + "b�"


def test_the_beginning_of_a_stream(collected):
    reader = EventReader(lambda _: None)
    for data in (b'data: {"a": 1}\n\n', b"data: " + b"x" * 20_000):
        reader(Piece(0.0, data, 200, {"content-type": "text/event-stream"}))
    cut_off = sample_of(collected, request(on_piece=reader), None, Failure("stream", "s"), 0.0)
    assert cut_off["status"] == 200
    assert cut_off["body"].startswith('data: {"a": 1}\n\ndata: xxx') and len(cut_off["body"]) == 2048
    whole = Response(200, Headers(), b"", reader)
    sample = sample_of(collected, request(on_piece=reader), whole, Failure("stream", "s"), 0.0)
    assert (sample["status"], sample["body"]) == (200, cut_off["body"])
