"""What lies on the path of each request, by the calls that it makes: times vary, and these do not."""

import json
import sys
from collections import Counter
from pathlib import Path

import pytest
from databricks_requests import DatabricksRequests
from dht_requests import DhtRequests
from generator_harness import environment_for
from loadwright_runtime.http.link import IDLE
from loadwright_runtime.http.poller import READ
from loadwright_runtime.load.closed_model import UserLoop
from loadwright_runtime.load.generator import Generator
from rest_requests import RestRequests
from sagemaker_requests import SageMakerRequests

PACKAGES = str(Path(__file__).parents[2])
COMMON = {"requestName": "n", "timeoutSeconds": 60}
REST = {**COMMON, "path": "/p", "method": "POST", "contentType": "application/json", "headers": {}}
SAGEMAKER = {
    **COMMON,
    "endpointName": "e",
    "region": "us-east-1",
    "contentType": "application/json",
    "headers": {},
}
DATABRICKS = {**COMMON, "endpointPath": "/e", "format": "raw"}
DHT = {
    **COMMON,
    "path": "/c",
    "urls": {"list": ["http://o/1", "http://o/2"]},
    "choice": "uniform",
    "protocol": "koorde",
}
GLANCE = {"Connection._take_ordinary", "glance"}
REQUESTS = 200


def answer(*headers):
    head = ["HTTP/1.1 200 OK", "Content-Type: application/json", "Content-Length: 2", *headers]
    return "\r\n".join([*head, "", "{}"]).encode()


@pytest.fixture
def path_of(tmp_path, monkeypatch):
    """The functions of ours that are called for each request, once what is made once is made."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "a-secret")
    monkeypatch.setenv("DATABRICKS_TOKEN", "a-token")

    def calls(source, config, rows=3, headers=()):
        lines = [f'{{"json":{json.dumps({"row": row})}}}\n' for row in range(rows)]
        (tmp_path / "payloads.jsonl").write_text("".join(lines))
        environment = environment_for(tmp_path, "http://127.0.0.1:9", source, config)
        (user_class,) = environment.user_classes
        loop = UserLoop(user_class.endpoint(environment), None)
        # A connection to a server that answers at once.
        connection = loop._connection
        connection._state, connection._has_answered, connection._send = IDLE, True, len
        answers = iter([])

        def receive(_):
            nonlocal answers
            if (data := next(answers, None)) is None:
                answers = iter([answer(*headers), answer(*headers)])
                data = next(answers)
            return data

        connection._receive = receive
        loop._send_next()
        for _ in range(20):
            connection.on_event(READ)
        found = Counter()

        def note(frame, event, _):
            code = frame.f_code
            if event == "call" and code.co_filename.startswith(PACKAGES) and code.co_filename != __file__:
                found[code.co_qualname] += 1

        sys.setprofile(note)
        try:
            for _ in range(REQUESTS):
                connection.on_event(READ)
        finally:
            sys.setprofile(None)
        return found

    yield calls
    Generator.end()


def of_each(found):
    return {name for name, count in found.items() if count >= REQUESTS // 2}


LOOP = {
    "Connection.on_event",
    "NameMeasure.succeeded",
    "UserLoop.finished",
    "UserLoop._send_next",
    "make",
    "Connection.start",
    "Connection._transmit",
}


def test_a_plain_request_is_looked_up_and_sent(path_of):
    assert of_each(path_of(RestRequests, {**REST, "payloads": True})) == LOOP | {"_Rows.next"}


def test_a_signed_request_is_made_of_what_is_ready(path_of, monkeypatch):
    # As of more rows than are kept: each request is signed.
    monkeypatch.setattr("loadwright_runtime.source.row_requests.KEPT_REQUESTS", 0)
    found = of_each(path_of(SageMakerRequests, SAGEMAKER))
    making = {
        "SageMakerRequests.next_request",
        "Signer.moment",
        "_Rows.next",
        "_Rows._of_row",
        "Payloads.body_of",
    }
    signing = {
        "SageMakerRequests._make",
        "SignedRequests.of",
        "PreparedRequest.signature",
        "SignedRequest.__init__",
    }
    assert found >= making | signing
    # Neither written nor signed as a whole.
    assert not found & {
        "encode_request",
        "PreparedRequest.headers",
        "PreparedRequest._sign",
        "Request.__init__",
    }


def test_a_prediction_is_no_more_than_looked_at(path_of):
    found = of_each(path_of(DatabricksRequests, DATABRICKS))
    making = {"DatabricksRequests.next_request", "_Rows.next"}
    assert found - {name for name in found if name.startswith("Access.")} == (
        LOOP | GLANCE | making | {"DatabricksRequests.glance", "TokenMetrics.names_usage"}
    )


def test_what_a_node_says_is_understood_once(path_of):
    headers = ("X-Cache: HIT-LOCAL", "X-Node-ID: 0xA", "X-Latency-Ms: 1.5")
    found = of_each(path_of(DhtRequests, DHT, headers=headers))
    assert {"Answers.count_bytes", "Metrics.count_each"} <= found
    assert not found & {
        "Answers._understand",
        "_decoded",
        "NodeNames.of",
        "Headers.get",
        "parse_head",
        "judge",
    }
