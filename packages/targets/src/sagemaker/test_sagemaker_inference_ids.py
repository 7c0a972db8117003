"""Ids by which requests are found in the data capture of the endpoint."""

import itertools
import json
import re

import botocore.auth
import botocore.awsrequest
import botocore.credentials
import pytest
from loadwright_runtime import SourceSetup
from loadwright_runtime.answers.token_metrics import TokenReader
from loadwright_runtime.source.bundle import read_bundle
from locust_harness import Answer, Cluster, eventually, load_plan, serving
from sagemaker_async import SageMakerAsyncRequests
from sagemaker_requests import SageMakerRequests

HEADER = "x-amzn-sagemaker-inference-id"
CONFIG = {
    "endpointName": "fraud",
    "region": "eu-west-1",
    "timeoutSeconds": 70,
    "contentType": "application/json",
    "headers": {},
    "requestName": "invoke",
    "expect": {"status": [200]},
    "inferenceId": "canary",
}
PAYLOADS = [{"json": {"instances": [[1, 2]]}}, {"text": "1,2\n", "contentType": "text/csv"}]
VARIABLES = {"AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "a-secret"}


def verify(host, path, headers, body):
    """By botocore: the signature, and that the id is under it."""
    headers = {name.lower(): value for name, value in headers.items()}
    names = re.search(r"SignedHeaders=([^,]+)", headers["authorization"])[1].split(";")
    assert HEADER in names
    signed = {name: headers[name] for name in names if name != "host"}
    request = botocore.awsrequest.AWSRequest("POST", f"http://{host}{path}", headers=signed, data=body)
    request.context["timestamp"] = headers["x-amz-date"]
    auth = botocore.auth.SigV4Auth(
        botocore.credentials.Credentials("AKIDEXAMPLE", "a-secret"), "sagemaker", "eu-west-1"
    )
    expected = auth.signature(auth.string_to_sign(request, auth.canonical_request(request)), request)
    assert headers["authorization"].endswith(f"Signature={expected}")


@pytest.fixture
def source(make_bundle, monkeypatch):
    for name, value in VARIABLES.items():
        monkeypatch.setenv(name, value)

    def make(source_class=SageMakerRequests, payloads=PAYLOADS, **changes):
        directory = make_bundle(
            "sagemaker", host="http://h.example", config=CONFIG | changes, payloads=payloads
        )
        bundle = read_bundle(directory)
        return source_class(SourceSetup(bundle, bundle.host))

    return make


def check_requests(requests, number=8):
    sent = [requests.next_request() for _ in range(number)]
    for request in sent:
        assert request.headers["X-Amzn-SageMaker-Inference-Id"] == request.id
        assert re.fullmatch(r"canary-[0-9a-f]{16}-\d+", request.id)
        verify("h.example", request.path, request.headers, request.body)
    assert len({request.id for request in sent}) == number
    return sent


def test_each_request_has_an_id_of_its_own_and_a_signature(source):
    sent = check_requests(source(accept="text/plain", targetModels={"a.tar.gz": 1}))
    assert [request.row for request in sent] == [1, 2] * 4
    assert {request.name for request in sent} == {"a.tar.gz"}


def test_models_of_payloads_have_them_too(source):
    payloads = [{"json": {"model": model, "x": 1}} for model in ("a", "b")]
    sent = check_requests(source(payloads=payloads, targetModelFrom="/model"))
    assert [request.name for request in sent] == ["a", "b"] * 4


def test_a_stream_has_its_id_and_a_reader_of_its_own(source):
    sent = check_requests(source(stream=True))
    assert all(isinstance(request.on_piece, TokenReader) for request in sent)
    assert len({request.on_piece for request in sent}) == len(sent)


def test_asynchronous_inference_has_them_too(source):
    options = {"async": {"pollSeconds": 1}, "s3Url": "https://s3.example", "resultTimeoutSeconds": 60}
    check_requests(source(SageMakerAsyncRequests, **options))


def test_ids_of_different_processes_differ(source, tmp_path):
    first = source()
    second = SageMakerRequests(SourceSetup(read_bundle(tmp_path / "bundle"), "http://h.example"))
    ids = [requests.next_request().id for requests in (first, second) for _ in range(3)]
    assert len(set(ids)) == 6


def test_an_id_leads_from_a_failure_and_from_the_log_to_the_request(make_bundle, start_locusts):
    numbers = itertools.count()
    with serving(lambda _: Answer(500 if next(numbers) % 4 == 0 else 200)) as stub:
        load = load_plan(logRequests=1)
        directory = make_bundle("sagemaker", host=stub.url, config=CONFIG, payloads=PAYLOADS, load=load)
        cluster = Cluster(start_locusts(directory), 2, worker_variables=VARIABLES)
        cluster.swarm(4)
        eventually(lambda: len(stub.requests) >= 60, "requests")
        statistics = cluster.settled()
        _, _, log = cluster.web.request("/loadwright/requests?after=0")
    received = {request.headers[HEADER]: request for request in stub.requests}
    assert len(received) == len(stub.requests)
    for request in stub.requests:
        verify(request.headers["host"], request.path, request.headers, request.body)
    samples = statistics["failureSamples"]
    assert len(samples) == 3 and all(sample["requestId"] in received for sample in samples)
    document = json.loads(log)
    assert {row["id"] for row in document["rows"]} == set(received) and not document["leftOut"]
    bodies = {b'{"instances":[[1,2]]}': 1, b"1,2\n": 2}
    assert all(row["row"] == bodies[received[row["id"]].body] for row in document["rows"])
