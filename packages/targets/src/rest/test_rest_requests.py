import json

import pytest
from loadwright_runtime import SetupError, SourceSetup
from loadwright_runtime.source.bundle import read_bundle
from rest_requests import RestRequests

CONFIG = {
    "path": "/api/evaluate",
    "method": "POST",
    "contentType": "application/json",
    "headers": {},
    "secretHeaders": {},
    "timeoutSeconds": 29,
    "requestName": "evaluate",
    "expect": {"status": [200], "json": {"pointer": "/cost", "type": "number"}},
}


@pytest.fixture
def source(make_bundle, monkeypatch):
    monkeypatch.setenv("LOADWRIGHT_CHALICE_API_KEY", "the-key")
    monkeypatch.setenv("LOADWRIGHT_CHALICE_BEARER_TOKEN", "the-token")

    def make(payloads=None, **changes):
        host = "https://id.execute-api.example"
        bundle = read_bundle(make_bundle("rest", host=host, config=CONFIG | changes, payloads=payloads))
        return RestRequests(SourceSetup(bundle, bundle.host))

    return make


def test_generated_body(source):
    requests = source(body={"distance": {"$uniform": [1, 6500]}})
    request = requests.next_request()
    assert (request.method, request.path, request.name) == ("POST", "/api/evaluate", "evaluate")
    assert request.headers == {"Content-Type": "application/json"}
    distances = {json.loads(requests.next_request().body)["distance"] for _ in range(100)}
    assert len(distances) > 90 and all(1 <= distance <= 6500 for distance in distances)


def test_payloads(source):
    requests = source([{"json": {"a": 1}}, {"text": "x", "contentType": "text/plain"}])
    sent = [requests.next_request() for _ in range(2)]
    assert [(request.body, request.headers["Content-Type"]) for request in sent] == [
        (b'{"a":1}', "application/json"),
        (b"x", "text/plain"),
    ]


def test_without_a_body(source):
    assert source(method="GET", path="/api/").next_request().body == b""


def test_null_is_a_body(source):
    assert source(body=None).next_request().body == b"null"


TOKEN = {"variable": "LOADWRIGHT_CHALICE_BEARER_TOKEN", "prefix": "Bearer "}


@pytest.mark.parametrize(
    ("secret_headers", "headers"),
    [
        ({"X-Key": "LOADWRIGHT_CHALICE_API_KEY"}, {"X-Key": "the-key"}),
        ({"Authorization": TOKEN}, {"Authorization": "Bearer the-token"}),
        (
            {"Authorization": TOKEN | {"prefix": "Token "}, "x-api-key": "LOADWRIGHT_CHALICE_API_KEY"},
            {"Authorization": "Token the-token", "x-api-key": "the-key"},
        ),
    ],
)
def test_credentials(source, secret_headers, headers):
    request = source(secretHeaders=secret_headers, headers={"X-Trace": "1"}).next_request()
    assert request.headers == {"X-Trace": "1", "Content-Type": "application/json"} | headers


def test_missing_credentials(source, monkeypatch):
    monkeypatch.delenv("LOADWRIGHT_CHALICE_BEARER_TOKEN")
    with pytest.raises(SetupError, match="LOADWRIGHT_CHALICE_BEARER_TOKEN"):
        source(secretHeaders={"Authorization": TOKEN})
