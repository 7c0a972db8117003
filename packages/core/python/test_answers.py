"""Samples of failures and the log of requests, from workers to the master's routes."""

import contextlib
import gzip
import itertools
import json

import pytest
from locust_harness import BEARER, CHALICE, Answer, Cluster, eventually, load_plan, serving

TOKEN = "canary-token-of-the-workers"
CONFIG = {
    **CHALICE,
    "path": "/evaluate",
    "requestName": "/items/{id}",
    "body": {"distance": 1},
    "secretHeaders": BEARER,
    "expect": {"status": [200], "json": {"pointer": "/cost"}},
}
SECRET = {"LOADWRIGHT_CHALICE_BEARER_TOKEN": TOKEN}


def in_turn(*answers):
    numbers = itertools.count()
    return lambda _: answers[next(numbers) % len(answers)]


RIGHT = Answer(200, gzip.compress(b'{"cost": 1}'), {"Content-Encoding": "gzip"})
OUT_OF_MEMORY = Answer(
    500,
    gzip.compress(f'{{"error":"CUDA out of memory","token":"{TOKEN}"}}'.encode()),
    {"Content-Encoding": "gzip", "Set-Cookie": "session=canary-cookie", "X-Model": "a"},
)


@pytest.fixture
def cluster_for(make_bundle, start_locusts):
    def start(answer, **load):
        stub = stack.enter_context(serving(answer))
        directory = make_bundle("chalice", host=stub.url, config=CONFIG, load=load_plan(**load))
        return stub, Cluster(start_locusts(directory), 2, worker_variables=SECRET)

    with contextlib.ExitStack() as stack:
        yield start


def test_what_the_service_said_of_failures(cluster_for):
    stub, cluster = cluster_for(in_turn(RIGHT, OUT_OF_MEMORY))
    cluster.swarm(4)
    eventually(lambda: len(stub.requests) > 60, "60 requests")
    statistics = cluster.settled()
    total = statistics["total"]
    assert total["failed"] == len(stub.requests) // 2 and total["succeeded"] == -(-len(stub.requests) // 2)
    samples = statistics["failureSamples"]
    # Two workers had three of them each.
    assert len(samples) == 3
    for sample in samples:
        assert (sample["method"], sample["name"], sample["kind"]) == ("POST", "/items/{id}", "status")
        assert (sample["error"], sample["status"]) == ("HTTP 500", 500)
        assert sample["body"] == '{"error":"CUDA out of memory","token":"[redacted]"}'
        assert sample["headers"]["x-model"] == "a" and 0 < sample["seconds"] < 5
    assert "canary" not in json.dumps(statistics)
    # Those of another test are its own.
    cluster.swarm(1)
    eventually(lambda: cluster.web.statistics()["total"]["failed"] > 0, "a failure")
    again = cluster.settled()["failureSamples"]
    assert again and min(sample["time"] for sample in again) > max(sample["time"] for sample in samples)


def test_the_log_of_requests(cluster_for):
    stub, cluster = cluster_for(in_turn(RIGHT, RIGHT, OUT_OF_MEMORY), logRequests=1)
    cluster.swarm(4)
    eventually(lambda: len(stub.requests) > 60, "60 requests")

    def after(number):
        status, _, body = cluster.web.request(f"/loadwright/requests?after={number}")
        assert status == 200
        return json.loads(body)

    first = eventually(lambda: (answer := after(0))["rows"] and answer, "rows")
    statistics = cluster.settled()
    rest = after(first["next"])
    rows = first["rows"] + rest["rows"]
    assert len(rows) == rest["next"] == statistics["total"]["due"] == len(stub.requests)
    failed = [row for row in rows if "kind" in row]
    assert len(failed) == statistics["total"]["failed"]
    assert {(row["kind"], row["error"], row["status"]) for row in failed} == {("status", "HTTP 500", 500)}
    assert {row["name"] for row in rows} == {"/items/{id}"} and {row["method"] for row in rows} == {"POST"}
    by_second = [row["second"] for row in rows]
    assert min(by_second) == 0 and max(by_second) < 30
    assert sum(row["bytes"] for row in rows) == statistics["total"]["bytes"]
    assert cluster.web.request("/loadwright/requests?after=x")[0] == 400


def test_nothing_is_logged_unless_it_is_asked_for(cluster_for):
    stub, cluster = cluster_for(in_turn(RIGHT))
    cluster.swarm(1)
    eventually(lambda: len(stub.requests) > 5, "5 requests")
    cluster.settled()
    assert json.loads(cluster.web.request("/loadwright/requests")[2]) == {"rows": [], "next": 0, "leftOut": 0}
