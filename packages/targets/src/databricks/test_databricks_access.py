"""Tokens of a service principal and route-optimised endpoints, against a workspace of few lines."""

import base64
import json
import threading
import time
from dataclasses import replace
from urllib.parse import parse_qs

import pytest
from databricks_access import Access, Place, _checked
from loadwright_runtime import SetupError, SourceSetup
from loadwright_runtime.source.bundle import read_bundle
from loadwright_runtime.source.errors import CredentialsError
from loadwright_runtime.source.renewal import Renewed
from locust_harness import Answer, Clock, Cluster, eventually, load_plan, serving

CLIENT = {"DATABRICKS_CLIENT_ID": "an-id", "DATABRICKS_CLIENT_SECRET": "canary-secret"}
BASIC = "Basic " + base64.b64encode(b"an-id:canary-secret").decode()
DETAILS = '[{"type":"workspace_permission","object_path":"/serving-endpoints/e1"}]'
PATH = "/serving-endpoints/m/invocations"
CONFIG = {
    "endpointPath": PATH,
    "lookUp": "m",
    "format": "dataframe_records",
    "timeoutSeconds": 60,
    "requestName": "predict",
    "expect": {"status": [200]},
}


class Workspace:
    """Its token service, its API of endpoints, and the endpoint itself."""

    def __init__(self, lives=3600.0, endpoint=None):
        self.clock = time.monotonic
        self.lives = lives
        self.endpoint = endpoint or {"name": "m", "id": "e1", "route_optimized": False}
        self.refusal = None
        self.asked = []
        self.dead = self.unknown = self.served = 0
        self._ends = {}
        self._lock = threading.Lock()

    def __call__(self, request):
        with self._lock:
            if request.path == "/oidc/v1/token":
                return self._token(request)
            if request.path == "/api/2.0/serving-endpoints/m":
                return Answer(200, json.dumps(self.endpoint).encode())
            return self._serve(request)

    def _token(self, request):
        form = {name: values[0] for name, values in parse_qs(request.body.decode()).items()}
        self.asked.append((form, request.headers.get("authorization")))
        if self.refusal:
            return self.refusal
        name = f"canary-token-{len(self.asked)}"
        self.issued_at = self.clock()
        self._ends[name] = self.issued_at + self.lives
        return Answer(200, json.dumps({"access_token": name, "expires_in": self.lives}).encode())

    def _serve(self, request):
        ends = self._ends.get(request.headers.get("authorization", "").removeprefix("Bearer "))
        self.unknown += ends is None
        self.dead += ends is not None and self.clock() >= ends
        self.served += 1
        return Answer()


@pytest.fixture
def access(make_bundle, monkeypatch):
    monkeypatch.setattr(Renewed, "_shared", {})
    for name, value in CLIENT.items():
        monkeypatch.setenv(name, value)

    written = read_bundle(make_bundle("databricks", host="http://127.0.0.1:1", config={}))

    def make(host, **changes):
        bundle = replace(written, host=host, config={**CONFIG, "baseUrl": host, **changes})
        return Access(SourceSetup(bundle, bundle.host))

    yield make
    for renewed in Renewed._shared.values():
        renewed.close()


def direct(url):
    info = {"endpoint_url": url, "authorization_details": DETAILS}
    return {"name": "m", "id": "e1", "route_optimized": True, "data_plane_info": {"query_info": info}}


def test_an_endpoint_of_the_workspace(access):
    workspace = Workspace()
    with serving(workspace) as stub:
        found = access(stub.url)
        assert (found.place, found.token()) == (None, "canary-token-1")
    assert workspace.asked == [({"grant_type": "client_credentials", "scope": "all-apis"}, BASIC)]


def test_a_route_optimised_endpoint_as_the_sdk_asks_for_it(access):
    workspace = Workspace()
    with serving(workspace) as stub:
        workspace.endpoint = direct(f"{stub.url}/1{PATH}")
        found = access(stub.url)
        assert found.place == Place(f"{stub.url}/1{PATH}", DETAILS)
        assert found.token() == "canary-token-2"
    exchange, authorization = workspace.asked[1]
    assert exchange == {
        "grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer",
        "assertion": "canary-token-1",
        "authorization_details": DETAILS,
    }
    assert authorization is None


def test_a_route_optimised_endpoint_that_was_given_by_hand(access):
    workspace = Workspace()
    with serving(workspace) as stub:
        found = access(stub.url, endpointId="e1", lookUp=None)
        assert (found.place, found.token()) == (None, "canary-token-1")
    ((form, authorization),) = workspace.asked
    assert (form["grant_type"], authorization) == ("client_credentials", BASIC)
    (permission,) = json.loads(form["authorization_details"])
    assert permission["object_path"] == "/serving-endpoints/e1"


def test_a_service_that_knows_no_exchange(access):
    workspace = Workspace()

    def answer(request):
        if b"jwt-bearer" in request.body:
            return Answer(400, b'{"error":"unsupported_grant_type"}')
        return workspace(request)

    with serving(answer) as stub:
        workspace.endpoint = direct(f"{stub.url}/1{PATH}")
        access(stub.url)
    assert [form.get("authorization_details") for form, _ in workspace.asked] == [None, DETAILS]


@pytest.mark.parametrize(
    ("workspace", "url", "is_own"),
    [
        ("https://dbc-1.cloud.databricks.com", "https://2.serving.cloud.databricks.com/1/x", True),
        ("https://adb-1.2.azuredatabricks.net", "https://a.b.serving.azuredatabricks.net/1/x", True),
        ("https://dbc-1.cloud.databricks.com", "https://dbc-1.cloud.databricks.com/x", True),
        ("http://127.0.0.1:8000", "http://127.0.0.1:9000/x", True),
        ("https://dbc-1.cloud.databricks.com", "https://databricks.com.example/1/x", False),
        ("https://dbc-1.cloud.databricks.com", "https://evildatabricks.com/1/x", False),
        ("https://dbc-1.cloud.databricks.com", "http://2.serving.cloud.databricks.com/1/x", False),
        ("https://dbc-1.cloud.databricks.com", "https://a@2.serving.cloud.databricks.com/1/x", False),
        ("https://models.company.example", "https://other.company.example/1/x", False),
        ("http://127.0.0.1:8000", "http://10.0.0.1/x", False),
    ],
)
def test_tokens_go_to_hosts_of_the_workspaces_own_domain(workspace, url, is_own):
    if is_own:
        assert _checked(Place(url, DETAILS), workspace).url == url
    else:
        with pytest.raises(SetupError, match="not of the same domain.*endpointUrl"):
            _checked(Place(url, DETAILS), workspace)


@pytest.mark.parametrize(
    "url", ["nothing", "https://[x", "https://h/a b", "https://h/\r\nX: 1", "ftp://h/x", "https://h/ü"]
)
def test_an_answer_that_names_no_url(url):
    with pytest.raises(SetupError, match=r"answers at '.*', which is no URL: .*endpointUrl"):
        _checked(Place(url, DETAILS), "https://dbc-1.cloud.databricks.com")


@pytest.mark.parametrize(
    ("endpoint", "is_found"),
    [
        ({"name": "m", "route_optimized": True}, False),
        ({"name": "m", "route_optimized": True, "endpoint_url": 5, "id": "e1"}, False),
        ({"name": "m", "route_optimized": True, "data_plane_info": "soon", "id": "e1"}, False),
        ({"name": "m", "route_optimized": True, "data_plane_info": {"query_info": []}}, False),
        ({"name": "m", "route_optimized": False, "data_plane_info": []}, True),
        ({"name": "m", "route_optimized": None, "data_plane_info": {"query_info": None}}, True),
        ([], True),
    ],
)
def test_whatever_the_workspace_says_of_the_endpoint(access, endpoint, is_found):
    workspace = Workspace()
    workspace.endpoint = endpoint
    with serving(workspace) as stub:
        if is_found:
            assert access(stub.url).place is None
        else:
            with pytest.raises(SetupError, match="give the options endpointUrl and endpointId"):
                access(stub.url)


def test_a_redirect_takes_no_secret_elsewhere(access):
    with serving() as foreign:
        redirect = Answer(307, b"", {"Location": f"{foreign.url}/oidc/v1/token"})
        with serving(lambda _: redirect) as stub, pytest.raises(CredentialsError, match="HTTP 307"):
            access(stub.url)
        assert foreign.requests == []


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (Answer(401, b'{"error":"invalid_client"}'), "HTTP 401 invalid_client.*DATABRICKS_CLIENT_SECRET"),
        (Answer(200, b"<html>"), "holds no access_token"),
        (Answer(200, b'{"access_token":"a b\\n"}'), "holds no access_token"),
        (Answer(200, b"[" * 100_000), "holds no access_token"),
        (Answer(200, b'{"access_token":"a","expires_in":0}'), "is given out for 0 s"),
        (Answer(200, b'{"access_token":"a","expires_in":"-5"}'), "is given out for -5 s"),
        (Answer(200, b'{"access_token":"a","expires_in":NaN}'), "is given out for nan s"),
    ],
)
def test_a_token_service_that_gives_none(access, answer, message):
    with serving(lambda _: answer) as stub, pytest.raises(CredentialsError, match=message) as raised:
        access(stub.url)
    assert "canary" not in str(raised.value)


@pytest.mark.parametrize(
    ("life", "seconds"),
    [
        (b',"expires_in":"3600"', 3600),
        (b',"expires_in":3600.5', 3600.5),
        # It does not say, and the shortest life that is heard of is taken.
        (b"", 600),
        (b',"expires_in":null', 600),
        (b',"expires_in":"soon"', 600),
        (b',"expires_in":[3600]', 600),
        (b',"expires_in":1' + b"0" * 400, 600),
    ],
)
def test_how_long_a_token_lasts(access, life, seconds):
    answer = Answer(200, b'{"access_token":"canary-token"%b}' % life)
    with serving(lambda request: answer if request.path == "/oidc/v1/token" else Answer(404)) as stub:
        began = time.monotonic()
        assert access(stub.url).token() == "canary-token"
        (renewed,) = Renewed._shared.values()
        usable = seconds - min(seconds / 10, 40)
        assert began + usable <= renewed._ends <= time.monotonic() + usable


def test_a_personal_token_and_a_route_optimised_endpoint(access, monkeypatch):
    monkeypatch.delenv("DATABRICKS_CLIENT_ID")
    monkeypatch.setenv("DATABRICKS_TOKEN", "dapi1")
    workspace = Workspace()
    with serving(workspace) as stub:
        assert access(stub.url).token() == "dapi1"
        workspace.endpoint = direct(f"{stub.url}/1{PATH}")
        with pytest.raises(CredentialsError, match="m is route-optimised.* refuse personal access tokens"):
            access(stub.url)
    # Requests tell better why nobody answers.
    assert access(stub.url).token() == "dapi1"


@pytest.fixture
def run(make_bundle, start_locusts):
    """A worker of a master, which are a service principal, with a clock by which its tokens age."""

    def start(url, workspace, **changes):
        directory = make_bundle(
            "databricks",
            host=url,
            config={**CONFIG, "baseUrl": url, **changes},
            payloads=[{"json": {"a": 1}}],
            load=load_plan(durationSeconds=60, waitTime={"minimumSeconds": 0.01, "maximumSeconds": 0.01}),
        )
        workspace.clock = Clock(directory)
        return Cluster(start_locusts(directory), 1, worker_variables=CLIENT)

    return start


def go_on(workspace):
    """Lets time pass, and waits until the only user has sent a request after that."""
    workspace.clock.pass_by(workspace.lives / 20)
    before = workspace.served
    eventually(lambda: workspace.served >= before + 2, "that requests go on")


def test_requests_go_on_while_tokens_are_renewed(run):
    workspace = Workspace()
    with serving(workspace) as stub:
        workspace.endpoint = direct(f"{stub.url}/1{PATH}")
        cluster = run(stub.url, workspace)
        with serving() as foreign:
            form = {"user_count": 1, "spawn_rate": 1, "host": foreign.url}
            assert cluster.web.request("/swarm", form)[0] == 400 and foreign.requests == []
        cluster.swarm(1)
        # One of the workspace and one of the endpoint at first, and then of both by turns.
        for number in range(3, 9):
            while len(workspace.asked) < number:
                # Each is renewed at 0.8 of its life at the latest.
                if workspace.clock() < workspace.issued_at + 0.8 * workspace.lives:
                    go_on(workspace)
                else:
                    eventually(lambda number=number: len(workspace.asked) >= number, "a renewal")
        statistics = cluster.settled()
    total = statistics["total"]
    assert (total["failed"], workspace.dead, workspace.unknown) == (0, 0, 0)
    assert total["counters"]["credential_renewals"] >= 4
    paths = {request.path for request in stub.requests if request.path.endswith("invocations")}
    assert paths == {f"/1{PATH}"}


@pytest.mark.parametrize(
    "answers",
    [
        [
            Answer(500),
            Answer(429, b"{}", {"Retry-After": "30"}),
            Answer(503, b"<html>", {"Retry-After": "Wed, 21 Oct 2015 07:28:00 GMT"}),
            Answer(401, b'{"error":"invalid_client"}'),
            Answer(302, b"", {"Location": "http://127.0.0.1:1/"}),
        ],
        [
            Answer(200, b"<html>"),
            Answer(200, b'{"access_token":""}'),
            Answer(200, b'{"access_token":"a","expires_in":0}'),
            Answer(200, b'{"access_token":"a","expires_in":"-1"}'),
            Answer(204),
        ],
    ],
    ids=["statuses", "bodies"],
)
def test_requests_go_on_whatever_the_token_service_answers_for_some_time(run, answers):
    workspace = Workspace()
    with serving(workspace) as stub:
        cluster = run(stub.url, workspace, lookUp=None)
        cluster.swarm(1)
        eventually(lambda: workspace.served > 5, "requests")
        for answer in answers:
            workspace.refusal = answer
            asked = len(workspace.asked)
            # Further attempts are a minute apart.
            while len(workspace.asked) == asked:
                is_early = workspace.clock() < workspace.issued_at + 0.6 * workspace.lives
                workspace.clock.pass_by(workspace.lives / 20 if is_early else 20)
                before = workspace.served
                eventually(lambda before=before: workspace.served >= before + 2, "that requests go on")
        workspace.refusal, issued = None, workspace.issued_at
        while workspace.issued_at == issued:
            workspace.clock.pass_by(20)
            before = workspace.served
            eventually(lambda before=before: workspace.served >= before + 2, "that requests go on")
        total = cluster.settled()["total"]
    assert (total["failed"], workspace.dead, workspace.unknown) == (0, 0, 0)
    assert total["counters"]["credential_renewals_failed"] >= len(answers)


def test_without_a_valid_token_nothing_is_sent_and_the_failure_says_why(run):
    workspace = Workspace()
    with serving(workspace) as stub:
        cluster = run(stub.url, workspace, lookUp=None)
        cluster.swarm(1)
        eventually(lambda: workspace.served > 5, "requests")
        workspace.refusal = Answer(503, b'{"message":"canary-of-the-service"}')
        asked = len(workspace.asked)
        while workspace.clock() < workspace.issued_at + 0.8 * workspace.lives:
            go_on(workspace)
        eventually(lambda: len(workspace.asked) > asked, "an attempt")
        assert cluster.web.statistics()["errors"] == []
        # After its last use, before its end: what is on its way may arrive.
        workspace.clock.pass_by(workspace.issued_at + workspace.lives - 30 - workspace.clock())
        errors = eventually(
            lambda: [one for one in cluster.web.statistics()["errors"] if "503" in one["error"]], "failures"
        )
        workspace.refusal = None
        before = workspace.served
        # Further attempts are a minute apart.
        workspace.clock.pass_by(60)
        eventually(lambda: workspace.served > before, "that it goes on")
        statistics = cluster.settled()
    assert (workspace.dead, workspace.unknown) == (0, 0)
    assert {error["kind"] for error in errors} == {"credentials"}
    assert errors[0]["error"] == (
        "the OAuth token of the workspace has ended and could not be renewed: the token service "
        f"{stub.url}/oidc/v1/token answered HTTP 503"
    )
    assert statistics["total"]["counters"]["credential_renewals_failed"] >= 1
