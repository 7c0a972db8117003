"""Asynchronous inference: what is enqueued, and how its results are found."""

import base64
import hashlib
import re
import threading
import time
import urllib.parse
import uuid

import botocore.auth
import botocore.awsrequest
import botocore.credentials
import botocore.session
import pytest
from loadwright_runtime import SetupError, SourceSetup
from loadwright_runtime.source.bundle import read_bundle
from locust_harness import Answer, Cluster, eventually, load_plan, serving
from sagemaker_async import SageMakerAsyncRequests

CONFIG = {
    "endpointName": "fraud",
    "region": "eu-west-1",
    "timeoutSeconds": 10,
    "resultTimeoutSeconds": 600,
    "contentType": "application/json",
    "headers": {},
    "requestName": "invoke",
    "expect": {"status": [202]},
}
PAYLOADS = [{"json": {"instances": [[1, 2]]}}, {"text": "1,2\n", "contentType": "text/csv"}]
VARIABLES = {"AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "a-secret"}
OPERATION = (
    botocore.session.get_session()
    .get_service_model("sagemaker-runtime")
    .operation_model("InvokeEndpointAsync")
)


class Service:
    """An endpoint whose results come after a while, and the bucket that they come to."""

    def __init__(self, seconds, failing=lambda number: False, lost=lambda number: False, extends=True):
        self.seconds = seconds
        self.failing, self.lost, self.extends = failing, lost, extends
        self.objects = {}
        self.enqueued = 0
        self.lists = 0
        self.nonsense = []
        self.removed = []
        self._lock = threading.Lock()

    def answer(self, received):
        path, _, query = received.path.partition("?")
        verify(received)
        if path.startswith("/bucket"):
            return self._s3(received, path, urllib.parse.parse_qs(query, keep_blank_values=True))
        with self._lock:
            number, self.enqueued = self.enqueued, self.enqueued + 1
        extension = received.headers["x-amzn-sagemaker-s3outputpathextension"] + "/" if self.extends else ""
        name = uuid.uuid4().hex
        output, failure = f"out/{extension}{name}.out", f"bad/{name}-error.out"
        if not self.lost(number):
            self.objects[failure if self.failing(number) else output] = time.monotonic() + self.seconds
        places = {"Output": output, "Failure": failure}
        headers = {f"X-Amzn-SageMaker-{kind}Location": f"s3://bucket/{key}" for kind, key in places.items()}
        return Answer(202, b'{"InferenceId":"i"}', headers)

    def _s3(self, received, path, query):
        if received.method == "POST":
            assert (
                base64.b64encode(hashlib.md5(received.body).digest()).decode()
                == received.headers["content-md5"]
            )
            keys = re.findall(r"<Key>(.*?)</Key>", received.body.decode())
            self.removed += keys
            for key in keys:
                del self.objects[key]
            return Answer(200, b'<DeleteResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"/>')
        if path != "/bucket":
            return Answer(200, b"the model ran out of memory")
        self.lists += 1
        if self.nonsense:
            return self.nonsense.pop(0)
        (prefix,), token = query["prefix"], query.get("continuation-token", [""])[0]
        now = time.monotonic()
        keys = sorted(key for key, at in list(self.objects.items()) if at <= now and key.startswith(prefix))
        page = [key for key in keys if key > token][:1000]
        is_cut = bool(page) and page[-1] != keys[-1]
        rows = "".join(f"<Contents><Key>{key}</Key></Contents>" for key in page)
        more = f"<NextContinuationToken>{page[-1]}</NextContinuationToken>" if is_cut else ""
        text = (
            '<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">'
            f"<IsTruncated>{str(is_cut).lower()}</IsTruncated>{more}{rows}</ListBucketResult>"
        )
        return Answer(200, text.encode())


def verify(received):
    """By botocore: the signature of each call, to S3 as S3 signs."""
    is_s3 = received.path.startswith("/bucket")
    auth_class = botocore.auth.S3SigV4Auth if is_s3 else botocore.auth.SigV4Auth
    auth = auth_class(
        botocore.credentials.Credentials("AKIDEXAMPLE", "a-secret"),
        "s3" if is_s3 else "sagemaker",
        "eu-west-1",
    )
    signed = received.headers["authorization"]
    names = re.search(r"SignedHeaders=([^,]+)", signed)[1].split(";")
    headers = {name: received.headers[name] for name in names}
    url = f"http://{received.headers['host']}{received.path}"
    request = botocore.awsrequest.AWSRequest(received.method, url, headers=headers, data=received.body)
    request.context["timestamp"] = received.headers["x-amz-date"]
    if is_s3:
        request.context["payload_signing_enabled"] = True
    canonical = auth.canonical_request(request)
    expected = auth.signature(auth.string_to_sign(request, canonical), request)
    assert signed.endswith(f"Signature={expected}"), received.path


@pytest.fixture
def source(make_bundle, monkeypatch):
    for name, value in VARIABLES.items():
        monkeypatch.setenv(name, value)

    def make(payloads=PAYLOADS, **options):
        config = CONFIG | {
            "async": {"pollSeconds": 1, **options},
            "s3Url": "https://s3.eu-west-1.amazonaws.com",
        }
        directory = make_bundle("sagemaker", host="https://runtime.example", config=config, payloads=payloads)
        bundle = read_bundle(directory)
        return SageMakerAsyncRequests(SourceSetup(bundle, bundle.host))

    return make


def described(request):
    """Which of botocore's parameters of InvokeEndpointAsync a request is made of."""
    members = OPERATION.input_shape.members
    names = {
        shape.serialization["name"].lower(): name
        for name, shape in members.items()
        if shape.serialization.get("location") == "header"
    }
    found = {names[name.lower()]: value for name, value in request.headers.items() if name.lower() in names}
    return found | ({"Body": request.body} if request.body else {})


def test_inputs_lie_in_s3_by_the_number_of_their_payload(source):
    requests = source(inputPrefix="s3://bucket/in/")
    sent = [described(requests.next_request()) for _ in range(2)]
    assert [one["InputLocation"] for one in sent] == ["s3://bucket/in/1", "s3://bucket/in/2"]
    assert [one["ContentType"] for one in sent] == ["application/json", "text/csv"]
    assert all("Body" not in one and one["S3OutputPathExtension"].startswith("loadwright/") for one in sent)
    assert requests.next_request().path == "/endpoints/fraud/async-invocations"


def test_small_inputs_travel_in_the_request(source):
    assert described(source().next_request())["Body"] == b'{"instances":[[1,2]]}'


def test_larger_inputs_do_not(source):
    with pytest.raises(SetupError, match=r"128000 bytes.*inputPrefix"):
        source([{"text": "x" * 128_001}])


def test_locations_may_be_given(source):
    requests = source([{"text": "s3://mine/a.json"}, {"json": "s3://mine/b.json"}], inputLocations=True)
    sent = [described(requests.next_request()) for _ in range(2)]
    assert [one["InputLocation"] for one in sent] == ["s3://mine/a.json", "s3://mine/b.json"]
    assert {one["ContentType"] for one in sent} == {"application/json"}


def test_what_is_no_location_is_refused(source):
    with pytest.raises(SetupError, match="location in S3"):
        source([{"text": "https://mine/a.json"}], inputLocations=True)


def run(make_bundle, start_locusts, service, enough, workers=2, grace=20, **options):
    with serving(service.answer) as stub:
        config = CONFIG | {"async": {"pollSeconds": 0.2, **options}, "s3Url": stub.url}
        load = load_plan(users=4, durationSeconds=60, gracefulStopSeconds=grace)
        directory = make_bundle("sagemaker", host=stub.url, config=config, payloads=PAYLOADS, load=load)
        cluster = Cluster(start_locusts(directory), workers, worker_variables=VARIABLES)
        cluster.swarm(4)
        eventually(lambda: service.enqueued >= enough, "requests")
        return cluster.settled()


@pytest.mark.parametrize("extends", [True, False], ids=["a prefix of its own", "one prefix"])
def test_every_request_counts_once_by_what_became_of_it(make_bundle, start_locusts, extends):
    service = Service(0.5, failing=lambda number: number % 5 == 0, extends=extends)
    statistics = run(make_bundle, start_locusts, service, 100, inputPrefix="s3://bucket/in/")
    total = statistics["total"]
    failed = -(-service.enqueued // 5)
    assert (total["due"], total["failed"], total["dropped"]) == (service.enqueued, failed, 0)
    assert total["succeeded"] == service.enqueued - failed
    (error,) = statistics["errors"]
    assert (error["kind"], error["occurrences"]) == ("async-failed", failed)
    enqueue, whole = total["trends"]["async_enqueue"], total["trends"]["async_end_to_end"]
    assert (enqueue["count"], whole["count"]) == (service.enqueued, total["succeeded"])
    # Half a second of the model, and at most an interval and a list until it is seen.
    assert whole["minimum"] / 1000 >= 0.5 and enqueue["maximum"] < whole["maximum"]
    assert 0 < total["counters"]["async_list_calls"] == service.lists
    # In bulk: a request for each result would be another magnitude.
    assert service.lists < service.enqueued
    assert service.removed == []
    samples = [sample["body"] for sample in statistics["failureSamples"]]
    assert samples and set(samples) == {"the model ran out of memory"}


def test_what_s3_answers_for_some_time_ends_nothing(make_bundle, start_locusts):
    service = Service(0.1)
    service.nonsense = [
        Answer(503, b"<Error><Code>SlowDown</Code></Error>"),
        Answer(403, b"<html>"),
        Answer(500),
        Answer(200),
        Answer(200, b"<html>"),
        Answer(200, b"\x00\xff"),
        Answer(200, b'<?xml version="1.0" encoding="nothing"?><a/>'),
        Answer(200, b'<?xml version="1.0" encoding="shift_jis"?><a/>'),
        Answer(200, b"<ListBucketResult/>"),
        Answer(404, b'<?xml version="1.0" encoding="nothing"?><Error/>'),
        Answer(302, b"", {"Location": "http://127.0.0.1:1/"}),
    ]
    statistics = run(make_bundle, start_locusts, service, 40)
    total = statistics["total"]
    assert service.nonsense == []
    assert total["due"] == total["succeeded"] == service.enqueued
    # All but the one that is a list without results.
    assert total["counters"]["async_list_calls_failed"] == 10


def test_what_has_no_result_at_the_end_is_unfinished(make_bundle, start_locusts):
    service = Service(0.1, lost=lambda number: number % 4 == 0)
    statistics = run(make_bundle, start_locusts, service, 40, grace=2)
    total, lost = statistics["total"], -(-service.enqueued // 4)
    assert (total["due"], total["succeeded"], total["failed"]) == (
        service.enqueued,
        service.enqueued - lost,
        lost,
    )
    (error,) = statistics["errors"]
    assert (error["kind"], error["occurrences"]) == ("unfinished", lost)
    assert statistics["inFlight"]["count"] == 0


def test_results_are_removed_where_that_is_asked_for(make_bundle, start_locusts):
    service = Service(0.1, failing=lambda number: number % 10 == 0)
    statistics = run(make_bundle, start_locusts, service, 40, removeOutputs=True)
    assert not service.objects
    assert len(set(service.removed)) == service.enqueued == statistics["total"]["due"]
