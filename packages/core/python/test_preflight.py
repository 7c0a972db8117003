"""The one request before a load: by the command, and by the route of a master."""

import gzip
import json
import os
import subprocess
import sys
import time

import pytest
from locust_harness import Answer, Cluster, eventually, free_port, load_plan, serving

TOKEN = "dapi-canary-4f1d"
DATABRICKS = {
    "endpointPath": "/serving-endpoints/m/invocations",
    "format": "dataframe_records",
    "timeoutSeconds": 60,
    "requestName": "predict",
    "expect": {"status": [200]},
}


def preflight(directory, *arguments, **variables):
    """The document of the command."""
    command = [sys.executable, "-m", "loadwright_runtime.preflight", *arguments]
    environment = {"PATH": os.environ["PATH"], **variables}
    done = subprocess.run(command, cwd=directory, env=environment, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert "Warning" not in done.stderr and TOKEN not in done.stdout + done.stderr
    return json.loads(done.stdout)


@pytest.fixture
def databricks(make_bundle):
    def make(host, payloads=({"json": {"a": 1}},), **config):
        return make_bundle("databricks", host=host, config=DATABRICKS | config, payloads=list(payloads))

    return make


def test_sends_what_the_load_sends_and_tells_it_without_secrets(databricks):
    def answer(request):
        body = json.dumps({"predictions": [1], "seen": request.headers["authorization"]}).encode()
        return Answer(200, body, {"X-Model": "v1", "Set-Cookie": "session=1"})

    with serving(answer) as stub:
        directory = databricks(stub.url)
        began = time.monotonic()
        document = preflight(directory, DATABRICKS_TOKEN=TOKEN)
        elapsed = time.monotonic() - began
        (received,) = stub.requests
    assert received.body == b'{"dataframe_records":[{"a":1}]}'
    assert received.headers["authorization"] == f"Bearer {TOKEN}"
    assert document["version"] == 1 and document["failure"] is None
    assert document["request"] == {
        "method": "POST",
        "url": f"{stub.url}/serving-endpoints/m/invocations",
        "name": "predict",
        "headers": {"Authorization": "[redacted]", "Content-Type": "application/json"},
        "body": {"bytes": 31, "isCut": False, "text": '{"dataframe_records":[{"a":1}]}'},
        "row": document["request"]["row"],
    }
    assert document["answer"]["status"] == 200
    assert document["answer"]["headers"]["x-model"] == "v1"
    assert document["answer"]["headers"]["set-cookie"] == "[redacted]"
    assert json.loads(document["answer"]["body"]["text"])["seen"] == "[redacted]"
    assert 0 < document["seconds"] <= elapsed


@pytest.mark.parametrize(
    ("answer", "kind", "reason"),
    [
        (Answer(403, b'{"error_code":"PERMISSION_DENIED"}'), "status", "HTTP 403 PERMISSION_DENIED"),
        (Answer(429, b"parallel requests"), "throttled", "HTTP 429 (parallel requests)"),
        (Answer(200, b'{"outputs":[1]}'), "check", "check of /predictions: no such value"),
    ],
)
def test_says_what_the_check_says(databricks, answer, kind, reason):
    with serving(lambda _: answer) as stub:
        directory = databricks(stub.url, expect={"status": [200], "json": {"pointer": "/predictions"}})
        document = preflight(directory, DATABRICKS_TOKEN=TOKEN)
    assert document["failure"] == {"kind": kind, "reason": reason}
    assert document["answer"]["status"] == answer.status


def test_decodes_what_the_service_compresses(databricks):
    body = gzip.compress(b'{"predictions":[1]}')
    with serving(lambda _: Answer(200, body, {"Content-Encoding": "gzip"})) as stub:
        document = preflight(databricks(stub.url), DATABRICKS_TOKEN=TOKEN)
    assert document["answer"]["body"]["text"] == '{"predictions":[1]}'


def test_tells_long_and_binary_bodies_by_their_beginning(databricks):
    with serving(lambda _: Answer(200, bytes([0, 255]) * 50_000)) as stub:
        payload = {"text": "ü" * 5000}
        document = preflight(databricks(stub.url, [payload], format="raw"), DATABRICKS_TOKEN=TOKEN)
    sent, came = document["request"]["body"], document["answer"]["body"]
    assert (sent["bytes"], sent["isCut"], sent["text"]) == (10_000, True, "ü" * 4096)
    assert (came["bytes"], came["isCut"], came["base64"][:8]) == (100_000, True, "AP8A/wD/")


def test_nobody_listens(databricks):
    document = preflight(databricks(f"http://127.0.0.1:{free_port()}"), DATABRICKS_TOKEN=TOKEN)
    assert document["failure"] == {"kind": "connect", "reason": "connection refused"}
    assert document["answer"] is None and document["request"]["method"] == "POST"


def test_a_source_that_cannot_be_set_up(databricks):
    document = preflight(databricks("http://127.0.0.1:1"))
    assert document["failure"]["kind"] == "setup"
    assert "DATABRICKS_TOKEN is not set" in document["failure"]["reason"]
    assert document["request"] is None


def test_a_path_of_the_host(databricks):
    with serving(lambda request: Answer(503, request.path.encode())) as stub:
        document = preflight(databricks(f"{stub.url}/base"), "/health?deep=1", DATABRICKS_TOKEN=TOKEN)
        (received,) = stub.requests
    assert (received.method, received.path, received.body) == ("GET", "/base/health?deep=1", b"")
    assert document["request"]["url"] == f"{stub.url}/base/health?deep=1"
    assert document["failure"] is None and document["answer"]["status"] == 503


def test_goes_through_the_proxy_that_the_environment_names(databricks, serve):
    heard = []

    def refuse(connection):
        heard.append(connection.recv(1000))
        connection.sendall(b"HTTP/1.1 407 No\r\nContent-Length: 0\r\n\r\n")

    proxy = f"http://{serve(refuse)}"
    directory = databricks("https://only.behind-the-proxy.example")
    document = preflight(directory, DATABRICKS_TOKEN=TOKEN, HTTPS_PROXY=proxy)
    assert document["failure"] == {"kind": "connect", "reason": "the proxy refused: HTTP 407"}
    assert heard[0].startswith(b"CONNECT only.behind-the-proxy.example:443 HTTP/1.1\r\n")


def test_a_worker_makes_it_for_the_master(databricks, start_locusts):
    with serving() as stub:
        directory = databricks(stub.url)
        locusts = start_locusts(directory)
        login = {"LOADWRIGHT_UI_PASSWORD": "a-generated-password"}
        cluster = Cluster(
            locusts,
            1,
            arguments=("--web-login",),
            variables=login,
            worker_variables={"DATABRICKS_TOKEN": TOKEN},
        )
        status, _, body = cluster.web.request("/loadwright/preflight", {})
        document = json.loads(body)
        assert (status, document["failure"], document["answer"]["status"]) == (200, None, 200)
        assert len(stub.requests) == 1 and TOKEN not in body.decode()
        assert cluster.web.statistics()["total"]["due"] == 0

        status, _, body = cluster.web.request("/loadwright/preflight", {"path": "/health"})
        assert (status, stub.requests[-1].path) == (200, "/health")

        cluster.swarm(1)
        status, _, body = cluster.web.request("/loadwright/preflight", {})
        assert (status, body[:17]) == (409, b"a test is running")


def test_after_a_test_that_lost_a_worker(databricks, start_locusts):
    with serving() as stub:
        variables = {"DATABRICKS_TOKEN": TOKEN}
        cluster = Cluster(start_locusts(databricks(stub.url)), 2, worker_variables=variables)
        cluster.swarm(2)
        eventually(lambda: len(stub.requests) > 10, "requests")
        # Stopped before the master misses it.
        cluster.workers[0].kill()
        cluster.settled()
        status, _, body = cluster.web.request("/loadwright/preflight", {})
        assert (status, json.loads(body)["answer"]["status"]) == (200, 200)


def test_the_route_needs_the_login_and_a_worker(databricks, start_locusts):
    directory = databricks("http://127.0.0.1:1")
    login = {"LOADWRIGHT_UI_PASSWORD": "a-generated-password"}
    cluster = Cluster(start_locusts(directory), 0, arguments=("--web-login",), variables=login)
    assert cluster.web.request("/loadwright/preflight", {})[0] == 409
    cluster.web._headers = {}
    assert cluster.web.request("/loadwright/preflight", {})[0] == 401


def test_a_lone_process_makes_it_itself(databricks, start_locusts):
    with serving() as stub:
        directory = databricks(stub.url)
        locusts = start_locusts(directory)
        cluster = Cluster.alone(locusts, variables={"DATABRICKS_TOKEN": TOKEN})
        status, _, body = cluster.request("/loadwright/preflight", {})
        assert (status, json.loads(body)["answer"]["status"], len(stub.requests)) == (200, 200, 1)


def test_no_load_begins(databricks, start_locusts):
    """Whatever load the bundle has, the variable makes one request of it."""
    with serving() as stub:
        directory = databricks(stub.url)
        (directory / "load.json").write_text(json.dumps(load_plan(users=50)))
        code, output = start_locusts(directory).run(
            "--headless", variables={"DATABRICKS_TOKEN": TOKEN, "LOADWRIGHT_PREFLIGHT": "load"}
        )
    assert (code, len(stub.requests)) == (0, 1)
    assert '"status": 200' in output
