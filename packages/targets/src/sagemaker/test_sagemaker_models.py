"""Which model each payload is for: its name in the request and in the statistics."""

import json
from collections import Counter

import pytest
from loadwright_runtime import SetupError, SourceSetup
from loadwright_runtime.source.bundle import read_bundle
from loadwright_runtime.source.payloads import PayloadError
from locust_harness import Cluster, eventually, serving
from sagemaker_requests import SageMakerRequests

CONFIG = {
    "endpointName": "fraud",
    "region": "eu-west-1",
    "timeoutSeconds": 70,
    "contentType": "application/json",
    "headers": {},
    "requestName": "invoke",
    "expect": {"status": [200]},
    "targetModelFrom": "/meta/the~1model",
}
VARIABLES = {"AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "a-secret"}
NO_MODELS = [
    {"json": {"meta": {}, "x": 1}},
    {"json": {"x": 1}},
    {"json": [1]},
    {"json": {"meta": {"the/model": 7}}},
    {"json": {"meta": {"the/model": ""}}},
    {"json": {"meta": {"the/model": "a\r\nX-Other: b"}}},
    {"json": {"meta": ["the/model"]}},
    {"text": "a.tar.gz"},
]


def row(model, **rest):
    return {"json": {"meta": {"the/model": model}, **rest}}


@pytest.fixture
def source(make_bundle, monkeypatch):
    for name, value in VARIABLES.items():
        monkeypatch.setenv(name, value)

    def make(payloads, lines=None):
        directory = make_bundle("sagemaker", host="https://runtime.example", config=CONFIG, payloads=payloads)
        if lines is not None:
            (directory / "payloads.jsonl").write_text(lines)
        bundle = read_bundle(directory)
        return SageMakerRequests(SourceSetup(bundle, bundle.host))

    return make


def test_the_payload_names_its_model_and_is_sent_without_that_member(source):
    requests = source([row("b.tar.gz", x=[1e-7]), row("a.tar.gz", x=2), row("b.tar.gz", x=3)])
    sent = [requests.next_request() for _ in range(6)]
    assert [request.name for request in sent] == ["b.tar.gz", "a.tar.gz", "b.tar.gz"] * 2
    assert [request.row for request in sent] == [1, 2, 3] * 2
    assert sent[2].body == b'{"meta":{},"x":3}'
    for request in sent:
        assert request.headers["X-Amzn-SageMaker-Target-Model"] == request.name
        assert "x-amzn-sagemaker-target-model" in request.headers["Authorization"]
    assert requests.request_named("a.tar.gz").name == "a.tar.gz"


def test_numbers_stay_as_they_were_written(source):
    line = '{"json":{"x":[1e-7,2.0,1E400],"meta":{"the/model":"a"}},"contentType":"a/b"}'
    request = source([], "\n" + line + "\n").next_request()
    assert request.body == b'{"x":[1e-7,2.0,1E400],"meta":{}}'
    assert (request.name, request.headers["Content-Type"]) == ("a", "a/b")


@pytest.mark.parametrize("payload", NO_MODELS)
def test_a_row_without_a_model_fails_with_its_number(source, payload):
    requests = source([row("a"), payload, row("b")])
    assert requests.next_request().name == "a"
    with pytest.raises(PayloadError, match="row 2: no name of a model is at /meta/the~1model") as raised:
        requests.next_request()
    assert raised.value.row == 2
    assert requests.next_request().name == "b"


def test_a_hundred_models_have_statistics_and_more_are_refused(source):
    requests = source([row(f"{number % 100}.tar.gz") for number in range(300)])
    assert len({requests.next_request().name for _ in range(300)}) == 100


def test_more_than_a_hundred_models_are_refused(source):
    with pytest.raises(SetupError, match="more than 100 models"):
        source([row(f"{number}.tar.gz") for number in range(101)])


def test_each_model_that_payloads_name_has_statistics_of_its_own(make_bundle, start_locusts):
    payloads = [row("a.tar.gz", x=1), row("b.tar.gz", x=2), {"json": {"x": 3}}, row("a.tar.gz", x=4)]
    with serving() as stub:
        directory = make_bundle("sagemaker", host=stub.url, config=CONFIG, payloads=payloads)
        cluster = Cluster(start_locusts(directory), 2, worker_variables=VARIABLES)
        cluster.swarm(2)
        eventually(lambda: len(stub.requests) >= 60, "requests")
        statistics = cluster.settled()
    # The model stands in the header alone, and belongs to the body.
    models = {1: "a.tar.gz", 2: "b.tar.gz", 4: "a.tar.gz"}
    for request in stub.requests:
        body = json.loads(request.body)
        assert body == {"meta": {}, "x": body["x"]}
        assert request.headers["x-amzn-sagemaker-target-model"] == models[body["x"]]
    seen = Counter(request.headers["x-amzn-sagemaker-target-model"] for request in stub.requests)
    rows = {row["name"]: row for row in statistics["requests"]}
    assert {name: rows[name]["succeeded"] for name in seen} == seen
    (error,) = statistics["errors"]
    assert (error["name"], error["kind"]) == ("invoke", "payload")
    assert rows["invoke"]["failed"] == error["occurrences"] > 0
