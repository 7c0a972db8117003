import itertools
import re
import struct
import zlib
from collections import Counter

import botocore.auth
import botocore.awsrequest
import botocore.credentials
import pytest
import sagemaker_requests
from loadwright_runtime import Credentials, SetupError, SourceSetup
from loadwright_runtime.source.bundle import read_bundle
from locust_harness import Answer, Cluster, eventually, serving
from sagemaker_requests import SageMakerRequests

CONFIG = {
    "endpointName": "fraud",
    "region": "eu-west-1",
    "timeoutSeconds": 70,
    "contentType": "application/json",
    "headers": {"X-Amzn-SageMaker-Target-Model": "customer17.tar.gz"},
    "requestName": "invoke",
    "expect": {"status": [200]},
}
PAYLOADS = [{"json": {"instances": [[1, 2]]}}, {"text": "1,2\n", "contentType": "text/csv"}]


@pytest.fixture
def source(make_bundle, monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "a-secret")
    monkeypatch.delenv("AWS_SESSION_TOKEN", raising=False)

    def make(host="https://runtime.sagemaker.eu-west-1.amazonaws.com", payloads=PAYLOADS, **changes):
        bundle = read_bundle(make_bundle("sagemaker", host=host, config=CONFIG | changes, payloads=payloads))
        return SageMakerRequests(SourceSetup(bundle, bundle.host))

    return make


def test_request(source):
    request = source(accept="text/plain").next_request()
    assert (request.method, request.path, request.name) == ("POST", "/endpoints/fraud/invocations", "invoke")
    assert request.body == b'{"instances":[[1,2]]}'
    assert request.headers["Content-Type"] == "application/json"
    assert request.headers["Accept"] == "text/plain"
    assert request.headers["X-Amzn-SageMaker-Target-Model"] == "customer17.tar.gz"


def test_each_payload_has_its_content_type(source):
    requests = source()
    sent = [requests.next_request() for _ in range(3)]
    assert [request.headers["Content-Type"] for request in sent] == [
        "application/json",
        "text/csv",
        "application/json",
    ]
    assert sent[1].body == b"1,2\n"


@pytest.mark.parametrize("token", [None, "FwoGZXIvYXdzE=="])
@pytest.mark.parametrize(
    "host", ["https://runtime.sagemaker.eu-west-1.amazonaws.com", "http://127.0.0.1:8080"]
)
def test_signature_is_the_one_of_botocore(source, monkeypatch, host, token):
    if token:
        monkeypatch.setenv("AWS_SESSION_TOKEN", token)
    request = source(host).next_request()
    headers = {
        name: value for name, value in request.headers.items() if name not in ("Authorization", "X-Amz-Date")
    }
    headers.pop("X-Amz-Security-Token", None)
    assert request.headers.get("X-Amz-Security-Token") == token
    theirs = botocore.awsrequest.AWSRequest("POST", host + request.path, headers=headers, data=request.body)
    theirs.context["timestamp"] = request.headers["X-Amz-Date"]
    auth = botocore.auth.SigV4Auth(
        botocore.credentials.Credentials("AKIDEXAMPLE", "a-secret", token), "sagemaker", "eu-west-1"
    )
    theirs.headers["X-Amz-Date"] = theirs.context["timestamp"]
    if token:
        theirs.headers["X-Amz-Security-Token"] = token
    canonical = auth.canonical_request(theirs)
    signature = auth.signature(auth.string_to_sign(theirs, canonical), theirs)
    assert re.search(r"Signature=(\w+)$", request.headers["Authorization"])[1] == signature


@pytest.mark.parametrize("name", ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"])
def test_missing_credentials(source, monkeypatch, name):
    monkeypatch.delenv(name)
    with pytest.raises(SetupError, match=name):
        source()


def test_run(stub, make_bundle, start_locusts):
    directory = make_bundle("sagemaker", host=stub.url, config=CONFIG, payloads=PAYLOADS)
    variables = {"AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "canary-secret"}
    code, output = start_locusts(directory).run_until(lambda: len(stub.requests) > 20, variables=variables)
    assert code == 0 and "canary-secret" not in output
    assert not any(b"canary-secret" in file.read_bytes() for file in directory.rglob("*") if file.is_file())
    assert {request.path for request in stub.requests} == {"/endpoints/fraud/invocations"}


def test_newer_credentials_of_a_role_sign_what_comes_after_them(source, monkeypatch):
    kept = []
    make = lambda purpose, renew, _: kept.append(renew) or Credentials("ASIAOLD", "old", "old-token")  # noqa: E731
    monkeypatch.setattr(sagemaker_requests, "aws_credentials", make)
    requests = source()
    # A payload of one second: its request is kept until the second, or the credentials, are over.
    monkeypatch.setattr("time.time", lambda: 1_800_000_000.0)
    before = [requests.next_request() for _ in PAYLOADS][0]
    assert before.headers["X-Amz-Security-Token"] == "old-token"
    kept[0](Credentials("ASIANEW", "new", "new-token"))
    after = requests.next_request()
    assert after.body == before.body
    assert after.headers["X-Amz-Security-Token"] == "new-token"
    assert "Credential=ASIANEW/" in after.headers["Authorization"]


def aws_frame(headers, payload):
    """One message, by botocore's own reader the other way round."""
    block = b"".join(
        bytes([len(name)]) + name.encode() + b"\x07" + struct.pack(">H", len(value)) + value.encode()
        for name, value in headers.items()
    )
    prelude = struct.pack(">II", 16 + len(block) + len(payload), len(block))
    message = prelude + struct.pack(">I", zlib.crc32(prelude)) + block + payload
    return message + struct.pack(">I", zlib.crc32(message))


PART = {":event-type": "PayloadPart", ":message-type": "event"}
BROKEN = {":exception-type": "ModelStreamError", ":message-type": "exception"}
LINES = b'{"token":{"text":"a"}}\n{"token":{"text":"b"},"details":{"generated_tokens":2}}\n'
TYPE = {"Content-Type": "application/vnd.amazon.eventstream"}
WHOLE = Answer(200, aws_frame(PART, LINES[:7]) + aws_frame(PART, LINES[7:]), TYPE)
WITH_ERROR = Answer(200, aws_frame(PART, LINES[:23]) + aws_frame(BROKEN, b'{"Message":"no"}'), TYPE)


def test_a_stream_is_another_operation(source):
    request = source(stream=True, accept="application/jsonlines").next_request()
    assert request.path == "/endpoints/fraud/invocations-response-stream"
    assert request.headers["X-Amzn-SageMaker-Accept"] == "application/jsonlines"
    assert "x-amzn-sagemaker-accept" in request.headers["Authorization"] and "Accept" not in request.headers


def test_streams_are_measured_and_an_error_within_one_is_a_failure(make_bundle, start_locusts):
    answers = itertools.cycle([WHOLE, WITH_ERROR])
    config = CONFIG | {"stream": True, "goodput": {}}
    variables = {"AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "a-secret"}
    with serving(lambda _: next(answers)) as stub:
        directory = make_bundle("sagemaker", host=stub.url, config=config, payloads=PAYLOADS)
        cluster = Cluster(start_locusts(directory), 1, worker_variables=variables)
        cluster.swarm(1)
        eventually(lambda: len(stub.requests) >= 8, "requests")
        statistics = cluster.settled()
    total = statistics["total"]
    good, failed = total["succeeded"], total["failed"]
    assert (total["counters"]["output_tokens"], total["counters"]["output_chunks"]) == (2 * good, 2 * good)
    assert total["rates"]["goodput"] == {"hits": good, "total": good + failed}
    (error,) = statistics["errors"]
    assert (error["kind"], error["error"]) == ("stream", "error in the stream: ModelStreamError")


def test_a_model_is_drawn_for_each_request_by_its_weight(source):
    requests = source(headers={}, targetModels={"a.tar.gz": 9, "b.tar.gz": 1})
    sent = [requests.next_request() for _ in range(2000)]
    for request in sent[:50]:
        assert request.headers["X-Amzn-SageMaker-Target-Model"] == request.name
        assert "x-amzn-sagemaker-target-model" in request.headers["Authorization"]
    names = Counter(request.name for request in sent)
    assert set(names) == {"a.tar.gz", "b.tar.gz"} and 120 < names["b.tar.gz"] < 290
    # Payloads go on in their order, whatever the model.
    assert [request.body for request in sent[:4:2]] == [sent[0].body] * 2


def test_a_model_that_is_loaded_is_a_cold_start_and_a_limit_is_none(make_bundle, start_locusts):
    names = {"a.tar.gz": "ModelNotReadyException", "b.tar.gz": "ThrottlingException"}

    def answer(received):
        name = names[received.headers["x-amzn-sagemaker-target-model"]]
        return Answer(429, b'{"Message":"of today"}', {"x-amzn-ErrorType": name})

    config = CONFIG | {"headers": {}, "targetModels": dict.fromkeys(names, 1)}
    variables = {"AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "a-secret"}
    with serving(answer) as stub:
        directory = make_bundle("sagemaker", host=stub.url, config=config, payloads=PAYLOADS)
        cluster = Cluster(start_locusts(directory), 1, worker_variables=variables)
        cluster.swarm(2)
        eventually(lambda: len(stub.requests) >= 20, "requests")
        statistics = cluster.settled()
    kinds = {error["name"]: (error["kind"], error["error"]) for error in statistics["errors"]}
    assert kinds == {
        "a.tar.gz": ("cold-start", "HTTP 429 ModelNotReadyException"),
        "b.tar.gz": ("throttled", "HTTP 429 ThrottlingException"),
    }
    assert sum(error["occurrences"] for error in statistics["errors"]) == statistics["total"]["failed"]


def test_each_model_has_statistics_of_its_own(make_bundle, start_locusts):
    config = CONFIG | {"headers": {}, "targetModels": {"a.tar.gz": 1, "b.tar.gz": 1}}
    variables = {"AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "a-secret"}
    with serving() as stub:
        directory = make_bundle("sagemaker", host=stub.url, config=config, payloads=PAYLOADS)
        cluster = Cluster(start_locusts(directory), 1, worker_variables=variables)
        cluster.swarm(2)
        eventually(lambda: len(stub.requests) >= 40, "requests")
        statistics = cluster.settled()
    seen = Counter(request.headers["x-amzn-sagemaker-target-model"] for request in stub.requests)
    assert {row["name"]: row["succeeded"] for row in statistics["requests"]} == seen
