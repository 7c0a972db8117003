import json
from pathlib import Path

import pytest
from databricks_requests import DatabricksRequests, wrap
from loadwright_runtime import Payload, Response, SetupError, SourceSetup, compact_json
from loadwright_runtime.source.bundle import read_bundle

VECTORS = json.loads((Path(__file__).parent / "wrap-vectors.json").read_text())
CONFIG = {
    "endpointPath": "/serving-endpoints/ads%20model/invocations",
    "format": "dataframe_records",
    "timeoutSeconds": 300,
    "requestName": "predict",
    "expect": {"status": [200]},
}


def payload_of(text):
    return Payload(b'{"json":' + text + b"}")


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
    body = wrap(payload_of(compact_json(vector["payload"])), vector["format"])
    assert body == compact_json(vector["body"])


NUMBERS = b'{"id":9007199254740993,"x":2.0,"y":1e-7,"z":-0,"w":1E400,"v":-0.0}'


@pytest.mark.parametrize(
    ("body_format", "payload", "body"),
    [
        ("dataframe_records", NUMBERS, b'{"dataframe_records":[%b]}' % NUMBERS),
        (
            "dataframe_records",
            b"[%b , %b]" % (NUMBERS, NUMBERS),
            b'{"dataframe_records":[%b , %b]}' % (NUMBERS, NUMBERS),
        ),
        ("instances", b"[2.0,-0]", b'{"instances":[[2.0,-0]]}'),
        ("inputs", NUMBERS, b'{"inputs":%b}' % NUMBERS),
        ("inputs", b'{"instances": [1.0]}', b'{"instances": [1.0]}'),
        (
            "dataframe_split",
            NUMBERS,
            b'{"dataframe_split":{"columns":["id","x","y","z","w","v"],'
            b'"data":[[9007199254740993,2.0,1e-7,-0,1E400,-0.0]]}}',
        ),
    ],
)
def test_numbers_arrive_as_they_were_written(body_format, payload, body):
    assert wrap(payload_of(payload), body_format) == body


def test_a_key_of_a_body_further_in_makes_no_whole_body():
    payload = payload_of(b'{"a":{"inputs":1}}')
    assert wrap(payload, "instances") == b'{"instances":[{"a":{"inputs":1}}]}'


@pytest.mark.parametrize("body_format", ["dataframe_records", "dataframe_split", "instances", "inputs"])
def test_half_a_character_cannot_be_sent(body_format):
    assert wrap(payload_of(b'{"text":"\\ud83d\\ude00"}'), body_format)
    with pytest.raises(UnicodeEncodeError):
        wrap(payload_of(b'{"text":"cut \\ud83d"}'), body_format)


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
