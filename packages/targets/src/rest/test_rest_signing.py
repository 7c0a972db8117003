import re

import botocore.auth
import botocore.awsrequest
import botocore.credentials
import pytest
import rest_signing
from loadwright_runtime import Credentials, SourceSetup
from loadwright_runtime.source.bundle import read_bundle
from rest_requests import RestRequests

HOST = "https://abc.execute-api.eu-west-1.amazonaws.com"
CONFIG = {
    "path": "/api/items/{word}",
    "parameters": {"word": {"$choice": ["a b", "ü/☃", "x&y=z", "~'()*!", "%41"]}},
    "query": {"b": {"$choice": ["1 2", "ü&", "+", "~'()*!"]}, "a": ["2", "1"], "none": ""},
    "method": "POST",
    "contentType": "application/json",
    "headers": {"X-Trace": {"$uuid": True}},
    "requestName": "evaluate",
    "timeoutSeconds": 5,
    "body": {"n": {"$sequence": True}},
    "signing": {"service": "execute-api", "region": "eu-west-1"},
}


def source_of(make_bundle, payloads=None, **changes):
    config = {key: value for key, value in (CONFIG | changes).items() if value is not None}
    bundle = read_bundle(make_bundle("chalice", host=HOST, config=config, payloads=payloads))
    return RestRequests(SourceSetup(bundle, bundle.host))


def their_signature(request, credentials):
    ours = {"Authorization", "X-Amz-Date", "X-Amz-Security-Token"}
    headers = {name: value for name, value in request.headers.items() if name not in ours}
    theirs = botocore.awsrequest.AWSRequest(
        request.method, HOST + request.path, headers=headers, data=request.body
    )
    theirs.context["timestamp"] = theirs.headers["X-Amz-Date"] = request.headers["X-Amz-Date"]
    if credentials.token:
        theirs.headers["X-Amz-Security-Token"] = credentials.token
    auth = botocore.auth.SigV4Auth(credentials, "execute-api", "eu-west-1")
    canonical = auth.canonical_request(theirs)
    return auth.signature(auth.string_to_sign(theirs, canonical), theirs)


def test_signatures_are_those_of_botocore(make_bundle, monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "a-secret")
    monkeypatch.setenv("AWS_SESSION_TOKEN", "a-token/+=")
    source = source_of(make_bundle)
    # So many that each of the 20 paths is among them.
    requests = [source.next_request() for _ in range(600)]
    assert len({request.path for request in requests}) == 20
    credentials = botocore.credentials.Credentials("AKIDEXAMPLE", "a-secret", "a-token/+=")
    for request in requests:
        signature = re.search(r"Signature=(\w+)$", request.headers["Authorization"])[1]
        assert signature == their_signature(request, credentials), request.path


@pytest.mark.parametrize("method", ["POST", "GET"])
@pytest.mark.parametrize(
    "changes",
    [
        {
            "payloads": [{"json": {"a": 1}}, {"text": ""}, {"text": "ü", "contentType": "text/plain"}],
            "body": None,
        },
        {"body": {"n": {"$sequence": True}}},
        {"body": {"n": 1}},
        {"payloads": [{"text": "a"}, {"text": "b"}], "body": None, "multipart": {"fields": {"x": "y"}}},
    ],
)
def test_so_are_those_of_requests_of_which_only_the_body_changes(make_bundle, monkeypatch, method, changes):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "a-secret")
    fixed = {"path": "/api/items", "parameters": {}, "query": {"b": "1 2"}, "headers": {"X-Trace": "1"}}
    source = source_of(make_bundle, method=method, **fixed, **changes)
    credentials = botocore.credentials.Credentials("AKIDEXAMPLE", "a-secret")
    for _ in range(7):
        request = source.next_request()
        signature = re.search(r"Signature=(\w+)$", request.headers["Authorization"])[1]
        assert signature == their_signature(request, credentials)


def test_newer_credentials_of_a_role_sign_what_comes_after_them(make_bundle, monkeypatch):
    kept = []
    make = lambda purpose, renew, _: kept.append(renew) or Credentials("ASIAOLD", "old", "old-token")  # noqa: E731
    monkeypatch.setattr(rest_signing, "aws_credentials", make)
    monkeypatch.setattr("time.time", lambda: 1_800_000_000.0)
    source = source_of(make_bundle, path="/api/evaluate", parameters={}, query={}, headers={}, body=1)
    # Nothing is generated, so that the request is kept until the second, or the credentials, are over.
    before = source.next_request()
    assert source.next_request() is before
    kept[0](Credentials("ASIANEW", "new", "new-token"))
    after = source.next_request()
    assert after.body == before.body == b"1"
    assert after.headers["X-Amz-Security-Token"] == "new-token"
    assert "Credential=ASIANEW/" in after.headers["Authorization"]
