import json
import time

import gevent
import pytest
from gevent.pywsgi import WSGIServer

from loadwright_runtime import Credentials, Metrics, SetupError
from loadwright_runtime.measure.rows import Row
from loadwright_runtime.source import role_credentials
from loadwright_runtime.source.role_credentials import aws_credentials

TOKEN = "a-token-of-the-service"
PURPOSE = "requests are signed"


class MetadataService:
    """Version 2 of the instance metadata service: one set of credentials after the other."""

    def __init__(self):
        self.sets = [("1", 3600)]
        self.failures = 0
        self.nonsense = []
        self.asked = 0

    def __call__(self, environment, start):
        path, token = environment["PATH_INFO"], environment.get("HTTP_X_AWS_EC2_METADATA_TOKEN")
        if environment["REQUEST_METHOD"] == "PUT" and path == "/latest/api/token":
            return self.answer(start, "200 OK", TOKEN)
        if token != TOKEN:
            return self.answer(start, "401 Unauthorized")
        if path == "/latest/meta-data/iam/security-credentials/":
            return self.answer(start, "200 OK", "a-role\n")
        assert path == "/latest/meta-data/iam/security-credentials/a-role"
        self.asked += 1
        if self.failures:
            self.failures -= 1
            return self.answer(start, "404 Not Found")
        if self.nonsense:
            return self.answer(start, "200 OK", self.nonsense.pop(0))
        number, seconds = self.sets.pop(0) if len(self.sets) > 1 else self.sets[0]
        expiration = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + seconds))
        found = {"AccessKeyId": f"ASIA{number}", "SecretAccessKey": f"s{number}", "Token": f"t{number}"}
        return self.answer(start, "200 OK", json.dumps({**found, "Expiration": expiration}))

    def answer(self, start, status, text=""):
        start(status, [("Content-Length", str(len(text)))])
        return [text.encode()]


@pytest.fixture
def counted():
    """Metrics of a target that count in a row of a run."""
    metrics, row = Metrics(), Row()
    metrics.row_of_run = lambda: row
    return metrics, row.counters


def of_set(number):
    return Credentials(f"ASIA{number}", f"s{number}", f"t{number}")


@pytest.fixture
def service(monkeypatch):
    of_container = ("CREDENTIALS_RELATIVE_URI", "CREDENTIALS_FULL_URI", "AUTHORIZATION_TOKEN_FILE")
    of_container = [f"AWS_CONTAINER_{name}" for name in of_container]
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", *of_container):
        monkeypatch.delenv(name, raising=False)
    application = MetadataService()
    server = WSGIServer(("127.0.0.1", 0), application, log=None)
    server.start()
    monkeypatch.setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT", f"http://127.0.0.1:{server.server_port}/")
    monkeypatch.setenv("LOADWRIGHT_ROLE_CREDENTIALS", "1")
    monkeypatch.setattr(role_credentials, "_FIRST_PAUSE_SECONDS", 0.001)
    yield application
    server.stop(timeout=0)


@pytest.fixture
def started(monkeypatch):
    """The greenlets that were started; none outlives the test."""
    greenlets = []
    spawn = gevent.spawn
    monkeypatch.setattr(gevent, "spawn", lambda *args: greenlets.append(spawn(*args)))
    yield greenlets
    gevent.killall(greenlets)


def test_the_variables_win(service, started, monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIA")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    assert aws_credentials(PURPOSE, pytest.fail, Metrics()) == Credentials("AKIA", "secret", None)
    assert (service.asked, started) == (0, [])


def test_a_role_is_asked_only_where_that_was_said(service, monkeypatch):
    monkeypatch.delenv("LOADWRIGHT_ROLE_CREDENTIALS")
    with pytest.raises(SetupError, match="the variable AWS_ACCESS_KEY_ID is not set: requests are signed"):
        aws_credentials(PURPOSE, pytest.fail, Metrics())
    assert service.asked == 0


def test_a_role_that_is_seen_after_a_while(service, started):
    service.failures = 3
    assert aws_credentials(PURPOSE, pytest.fail, Metrics()) == of_set(1)
    assert service.asked == 4


def test_no_role(service, started):
    service.failures = 100
    with pytest.raises(SetupError, match="gives no credentials of a role .*answered 404.*instance profile"):
        aws_credentials(PURPOSE, pytest.fail, Metrics())
    assert (service.asked, started) == (5, [])


def test_renewed_whenever_the_service_has_newer_ones(service, started, counted, monkeypatch):
    metrics, counters = counted
    monkeypatch.setattr(role_credentials, "_BETWEEN_RENEWALS_SECONDS", 0.001)
    service.sets = [("1", 600), ("1", 600), ("2", 600), ("3", 3600)]
    renewed = []
    assert aws_credentials(PURPOSE, renewed.append, metrics) == of_set(1)
    service.failures = 2
    with gevent.Timeout(10):
        while len(renewed) < 2:
            gevent.sleep(0.001)
    assert renewed == [of_set(2), of_set(3)]
    # What failed was tried again; that there was nothing newer yet is neither.
    assert dict(counters) == {"credential_renewals": 2, "credential_renewals_failed": 2}


SET = {"AccessKeyId": "A", "SecretAccessKey": "s", "Token": "t", "Expiration": "2040-01-02T03:04:05Z"}
NONSENSE = [
    "",
    "<html>",
    "null",
    "[]",
    '"text"',
    "[" * 100_000,
    '{"Code":"Failed","Message":"no role"}',
    *(json.dumps(SET | {name: value}) for name in SET for value in (1, "", "a\nb", {}, "ü")),
    *(json.dumps(SET | {name: None}) for name in SET if name != "Token"),
    *(json.dumps({name: SET[name] for name in SET if name != left_out}) for left_out in SET),
    json.dumps(SET | {"Expiration": "2040-13-02T03:04:05Z"}),
]


def test_nonsense_neither_ends_the_renewals_nor_takes_the_place_of_credentials(
    service, started, counted, monkeypatch
):
    metrics, counters = counted
    monkeypatch.setattr(role_credentials, "_BETWEEN_RENEWALS_SECONDS", 0.001)
    service.sets = [("1", 600), ("2", 3600)]
    renewed = []
    assert aws_credentials(PURPOSE, renewed.append, metrics) == of_set(1)
    service.nonsense = list(NONSENSE)
    with gevent.Timeout(30):
        while not renewed:
            gevent.sleep(0.001)
    assert renewed == [of_set(2)]
    assert dict(counters) == {"credential_renewals": 1, "credential_renewals_failed": len(NONSENSE)}


@pytest.mark.parametrize("nonsense", NONSENSE)
def test_nonsense_at_the_start_is_a_message(service, started, nonsense):
    service.nonsense = [nonsense] * 5
    with pytest.raises(SetupError, match="gives no credentials of a role"):
        aws_credentials(PURPOSE, pytest.fail, Metrics())


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("2040-01-02T03:04:05Z", 2_209_086_245),
        ("2040-01-02T03:04:05.250Z", 2_209_086_245.25),
        ("2040-01-02T05:04:05+02:00", 2_209_086_245),
        ("2040-01-02T03:04:05", 2_209_086_245),
    ],
)
def test_when_they_end(service, text, seconds):
    service.nonsense = [json.dumps(SET | {"Token": None, "Expiration": text})]
    assert role_credentials.read_role() == (Credentials("A", "s", None), seconds)


@pytest.mark.parametrize(
    ("lasts", "waits"), [(6 * 3600, 6 * 3600 - 900), (1000, 100), (400, 60), (25, 12), (-5, 60)]
)
def test_asks_a_quarter_of_an_hour_before_they_end_and_then_every_minute(
    service, started, monkeypatch, lasts, waits
):
    service.sets = [("1", lasts)]
    slept = []
    forever = gevent.event.Event()

    def sleep(seconds):
        # Locust of earlier tests may sleep too.
        if gevent.getcurrent() in started:
            slept.append(seconds)
        forever.wait()

    monkeypatch.setattr(role_credentials.gevent, "sleep", sleep)
    aws_credentials(PURPOSE, pytest.fail, Metrics())
    gevent.idle()
    started[0].join(0.01)
    assert slept == [pytest.approx(waits, abs=2)]


class Agent:
    """The agent of a container: one set of credentials after the other, for whoever shows its token."""

    def __init__(self):
        self.sets = [("1", 3600)]
        self.asked = []

    def __call__(self, environment, start):
        path = environment["PATH_INFO"] + (f"?{query}" if (query := environment["QUERY_STRING"]) else "")
        self.asked.append((path, environment.get("HTTP_AUTHORIZATION")))
        number, seconds = self.sets.pop(0) if len(self.sets) > 1 else self.sets[0]
        expiration = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + seconds))
        found = {"AccessKeyId": f"ASIA{number}", "SecretAccessKey": f"s{number}", "Token": f"t{number}"}
        text = json.dumps(
            {**found, "RoleArn": "arn:aws:iam::123456789012:role/task", "Expiration": expiration}
        )
        start("200 OK", [("Content-Length", str(len(text)))])
        return [text.encode()]


@pytest.fixture
def agent(service, monkeypatch):
    """Beside the service of the machine, which host networking leaves in reach."""
    application = Agent()
    server = WSGIServer(("127.0.0.1", 0), application, log=None)
    server.start()
    application.url = f"http://127.0.0.1:{server.server_port}"
    monkeypatch.setattr(role_credentials, "_CONTAINER_SERVICE", application.url)
    yield application
    server.stop(timeout=0)


def test_the_role_of_a_container_goes_before_that_of_its_machine(agent, service, started, monkeypatch):
    monkeypatch.setenv("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/v2/credentials/a-task?x=1")
    assert aws_credentials(PURPOSE, pytest.fail, Metrics()) == of_set(1)
    assert agent.asked == [("/v2/credentials/a-task?x=1", None)]
    assert service.asked == 0


def test_the_role_of_a_container_is_renewed(agent, started, counted, monkeypatch):
    metrics, counters = counted
    monkeypatch.setenv("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/v2/credentials/a-task")
    monkeypatch.setattr(role_credentials, "_BETWEEN_RENEWALS_SECONDS", 0.001)
    agent.sets = [("1", 600), ("1", 600), ("2", 3600)]
    renewed = []
    assert aws_credentials(PURPOSE, renewed.append, metrics) == of_set(1)
    with gevent.Timeout(10):
        while not renewed:
            gevent.sleep(0.001)
    assert renewed == [of_set(2)]
    assert dict(counters) == {"credential_renewals": 1}


def test_a_full_uri_is_asked_with_the_token_of_its_file_whenever_it_changes(
    agent, started, monkeypatch, tmp_path
):
    token = tmp_path / "token"
    token.write_text("first\n")
    monkeypatch.setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", f"{agent.url}/credentials")
    monkeypatch.setenv("AWS_CONTAINER_AUTHORIZATION_TOKEN", "of the variable")
    assert role_credentials.read_container_role().credentials == of_set(1)
    monkeypatch.setenv("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", str(token))
    for text in ("first", "second"):
        token.write_text(f"{text}\n")
        role_credentials.read_container_role()
    asked = [authorization for _, authorization in agent.asked]
    assert asked == ["of the variable", "first", "second"]


@pytest.mark.parametrize("uri", ["http://example.org/credentials", "file:///etc/passwd", "nothing"])
def test_nobody_else_is_shown_the_token(agent, started, monkeypatch, uri):
    monkeypatch.setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", uri)
    monkeypatch.setenv("AWS_CONTAINER_AUTHORIZATION_TOKEN", "canary")
    with pytest.raises(
        SetupError, match=r"of this container gives no credentials .*Give its task a role"
    ) as found:
        aws_credentials(PURPOSE, pytest.fail, Metrics())
    assert "canary" not in str(found.value)
