import itertools
import json
from pathlib import Path

import pytest
from databricks_requests import DatabricksRequests, wrap
from loadwright_runtime import Payload, Response, SetupError, SourceSetup, compact_json
from loadwright_runtime.source.bundle import read_bundle
from locust_harness import Answer, Cluster, eventually, load_plan, serving

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
        ({"text": "a"}, "instances", "needs JSON.*format: raw"),
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


CHAT = {"messages": [{"role": "user", "content": "Hi"}], "stream": True}
EVENTS = b"".join(
    b"data: %b\n\n" % json.dumps({"object": "chat.completion.chunk", **event}).encode()
    for event in (
        {"choices": [{"delta": {"role": "assistant", "content": ""}}]},
        {"choices": [{"delta": {"content": "a"}}]},
        {"choices": [{"delta": {"content": "b"}, "finish_reason": "stop"}]},
        {"choices": [], "usage": {"prompt_tokens": 3, "completion_tokens": 2}},
    )
)
STREAM = Answer(200, EVENTS + b"data: [DONE]\n\n", {"Content-Type": "text/event-stream"})
LIMIT = b'{"error_code":"REQUEST_LIMIT_EXCEEDED","message":"Exceeded max number of parallel requests."}'
LIMITED = Answer(429, LIMIT, {"Retry-After": "7"})


@pytest.mark.parametrize(
    ("payload", "is_whole"),
    [
        (CHAT, True),
        ({"messages": "three", "id": 7}, False),
        ({"messages": [{"text": "a"}]}, False),
        ({"prompt": "a", "max_tokens": 3}, False),
    ],
)
def test_a_chat_is_a_whole_body(payload, is_whole):
    text = compact_json(payload)
    expected = text if is_whole else b'{"dataframe_records":[%b]}' % text
    assert wrap(payload_of(text), "dataframe_records") == expected


@pytest.mark.parametrize(
    ("content", "is_streamed"),
    [
        (compact_json(CHAT), True),
        (b'{"stream": true}', True),
        (b'{"stream":false}', False),
        (b'{"a":1}', False),
    ],
)
def test_only_what_is_asked_for_in_events_has_a_reader(source, content, is_streamed):
    request = source([{"text": content.decode()}], format="raw").next_request()
    assert (request.on_piece is not None) == is_streamed
    assert (request.row, request.body) == (1, content)


def test_streams_are_measured_and_refusals_keep_their_reason(make_bundle, start_locusts):
    answers = itertools.cycle([STREAM, STREAM, LIMITED])
    config = CONFIG | {"goodput": {"timeToFirstTokenSeconds": 10}}
    with serving(lambda _: next(answers)) as stub:
        directory = make_bundle("databricks", host=stub.url, config=config, payloads=[{"json": CHAT}])
        cluster = Cluster(start_locusts(directory), 1, worker_variables={"DATABRICKS_TOKEN": "dapi1"})
        cluster.swarm(1)
        eventually(lambda: len(stub.requests) >= 12, "requests")
        statistics = cluster.settled()
    total = statistics["total"]
    good, failed = total["succeeded"], total["failed"]
    assert total["counters"] == {
        "input_tokens": 3 * good,
        "output_tokens": 2 * good,
        "output_chunks": 2 * good,
        "good_requests": good,
    }
    # Every request that failed is a miss.
    assert total["rates"]["goodput"] == {"hits": good, "total": good + failed}
    assert total["trends"]["time_to_first_token"]["count"] == good
    retry_after = total["trends"]["retry_after"]
    assert (retry_after["count"], retry_after["maximum"]) == (failed, 7000)
    assert {error["error"] for error in statistics["errors"]} == {
        "HTTP 429 REQUEST_LIMIT_EXCEEDED (parallel requests)"
    }


def test_a_row_that_does_not_fit_is_a_failure_of_its_own_and_every_worker_goes_on(make_bundle, start_locusts):
    """The second of three rows, at which the second worker begins."""
    with serving(lambda _: Answer(body=b'{"predictions":[1]}')) as endpoint:
        payloads = [{"json": {"a": 1}}, {"text": "a"}, {"json": {"a": 3}}]
        load = load_plan(users=4, durationSeconds=600)
        directory = make_bundle("databricks", host=endpoint.url, config=CONFIG, payloads=payloads, load=load)
        cluster = Cluster(start_locusts(directory), 2, worker_variables={"DATABRICKS_TOKEN": "dapi123"})
        cluster.swarm(4)
        eventually(lambda: len(endpoint.requests) >= 40, "requests")
        total = (statistics := cluster.settled())["total"]
    assert total["succeeded"] == len(endpoint.requests)
    (error,) = statistics["errors"]
    assert error["occurrences"] == total["failed"]
    assert error["error"].startswith("the payload cannot be sent: payloads.jsonl: the format")
    # Each worker takes one row after the other.
    assert abs(total["failed"] - total["succeeded"] / 2) <= 4
