import json

import pytest
from chalice_requests import ChaliceRequests
from loadwright_runtime import SetupError, SourceSetup
from loadwright_runtime.source.bundle import read_bundle

CONFIG = {
    "path": "/api/evaluate",
    "method": "POST",
    "contentType": "application/json",
    "apiKey": False,
    "bearerToken": False,
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
        bundle = read_bundle(make_bundle("chalice", host=host, config=CONFIG | changes, payloads=payloads))
        return ChaliceRequests(SourceSetup(bundle, bundle.host))

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


@pytest.mark.parametrize(
    ("changes", "headers"),
    [
        ({"apiKey": True}, {"x-api-key": "the-key"}),
        ({"secretHeaders": {"X-Key": "LOADWRIGHT_CHALICE_API_KEY"}}, {"X-Key": "the-key"}),
        ({"bearerToken": True}, {"Authorization": "Bearer the-token"}),
        (
            {"apiKey": True, "bearerToken": True, "headers": {"X-Trace": "1"}},
            {"X-Trace": "1", "x-api-key": "the-key", "Authorization": "Bearer the-token"},
        ),
    ],
)
def test_credentials(source, changes, headers):
    assert source(**changes).next_request().headers == headers | {"Content-Type": "application/json"}


@pytest.mark.parametrize(
    ("option", "name"),
    [("apiKey", "LOADWRIGHT_CHALICE_API_KEY"), ("bearerToken", "LOADWRIGHT_CHALICE_BEARER_TOKEN")],
)
def test_missing_credentials(source, monkeypatch, option, name):
    monkeypatch.delenv(name)
    with pytest.raises(SetupError, match=name):
        source(**{option: True})
