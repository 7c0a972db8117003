import json
from pathlib import Path

import pytest
from databricks_requests import DatabricksRequests, wrap
from loadwright_runtime import Response, SetupError, SourceSetup
from loadwright_runtime.bundle import read_bundle

VECTORS = json.loads((Path(__file__).parent / "wrap-vectors.json").read_text())
CONFIG = {
    "endpointPath": "/serving-endpoints/ads%20model/invocations",
    "format": "dataframe_records",
    "timeoutSeconds": 300,
    "requestName": "predict",
    "expect": {"status": [200]},
}


@pytest.fixture
def source(make_bundle, monkeypatch):
    monkeypatch.setenv("DATABRICKS_TOKEN", "dapi123")

    def make(payloads=({"json": {"a": 1}},), **changes):
        host = "https://dbc.example"
        bundle = read_bundle(
            make_bundle("databricks", host=host, config=CONFIG | changes, payloads=list(payloads))
        )
        return DatabricksRequests(SourceSetup(bundle, bundle.host))

    return make


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["name"])
def test_wrap(vector):
    body = wrap(vector["payload"], vector["format"])
    assert json.dumps(body) == json.dumps(vector["body"])


def test_request(source):
    request = source().next_request()
    assert (request.method, request.path) == ("POST", "/serving-endpoints/ads%20model/invocations")
    assert (request.name, request.body) == ("predict", b'{"dataframe_records":[{"a":1}]}')
    assert request.headers == {"Authorization": "Bearer dapi123", "Content-Type": "application/json"}


def test_raw_bodies_of_any_kind(source):
    requests = source([{"json": {"messages": []}}, {"text": "a,b", "contentType": "text/csv"}], format="raw")
    sent = [requests.next_request() for _ in range(2)]
    assert [(request.body, request.headers["Content-Type"]) for request in sent] == [
        (b'{"messages":[]}', "application/json"),
        (b"a,b", "text/csv"),
    ]


@pytest.mark.parametrize(
    ("payload", "body_format", "text"),
    [
        ({"text": "a"}, "instances", "needs JSON"),
        ({"json": [1, 2]}, "dataframe_split", "rows that are objects"),
        ({"json": 1}, "parquet", "'parquet' is not known"),
    ],
)
def test_payloads_that_do_not_fit(source, payload, body_format, text):
    with pytest.raises(SetupError, match=text):
        source([payload], format=body_format)


def test_missing_token(source, monkeypatch):
    monkeypatch.delenv("DATABRICKS_TOKEN")
    with pytest.raises(SetupError, match="DATABRICKS_TOKEN is not set"):
        source()


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        (
            "Exceeded max number of parallel requests.",
            "HTTP 429 REQUEST_LIMIT_EXCEEDED (parallel requests)",
        ),
        (
            "Consider increasing the provisioned concurrency of the served entity.",
            "HTTP 429 REQUEST_LIMIT_EXCEEDED (provisioned concurrency)",
        ),
        ("Slow down, 17 s.", "HTTP 429 REQUEST_LIMIT_EXCEEDED"),
    ],
)
def test_the_two_limits_are_told_apart(source, message, reason):
    body = json.dumps({"error_code": "REQUEST_LIMIT_EXCEEDED", "message": message}).encode()
    assert source().check(Response(429, {}, body)) == reason


def test_429_may_be_expected(source):
    assert source(expect={"status": [200, 429]}).check(Response(429, {}, b"")) is None


def test_run(stub, make_bundle, start_locusts):
    directory = make_bundle("databricks", host=stub.url, config=CONFIG, payloads=[{"json": {"a": 1}}])
    code, output = start_locusts(directory).run_until(
        lambda: len(stub.requests) > 20, variables={"DATABRICKS_TOKEN": "canary-token"}
    )
    assert code == 0 and "canary-token" not in output
    assert {request.headers["authorization"] for request in stub.requests} == {"Bearer canary-token"}
