import time

import gevent
import pytest

from loadwright_runtime.measure.metrics import Metrics
from loadwright_runtime.measure.rows import Row
from loadwright_runtime.source import renewal, variables
from loadwright_runtime.source.errors import CredentialsError
from loadwright_runtime.source.redaction import Redactor
from loadwright_runtime.source.renewal import FAILED_RENEWALS, RENEWALS, Lasting, NoSecretError, Renewed

WHAT = "the OAuth token"


class Service:
    """Gives out one token after the other."""

    def __init__(self, *lives, answer_seconds=0.0):
        self.lives = list(lives)
        self.answer_seconds = answer_seconds
        self.asked_at = []
        self.problems = []
        self.ends = {}

    def __call__(self):
        now = time.monotonic()
        self.asked_at.append(now)
        gevent.sleep(self.answer_seconds)
        if self.problems:
            raise self.problems.pop(0)
        seconds = self.lives.pop(0) if len(self.lives) > 1 else self.lives[0]
        name = f"token-{len(self.asked_at)}"
        self.ends[name] = now + seconds
        return Lasting(name, seconds)


@pytest.fixture
def renewed(monkeypatch):
    monkeypatch.setattr(renewal, "_FIRST_PAUSE_SECONDS", 0.001)
    made = []

    def make(service, metrics=None):
        made.append(Renewed(WHAT, service, metrics))
        return made[-1]

    yield make
    for one in made:
        one.close()


def use(one, seconds, service):
    """Asks for the secret all the time. How often it was one that had ended, and which ones it was."""
    dead, seen = 0, []
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        value = one.current()
        dead += time.monotonic() >= service.ends[value]
        if value not in seen:
            seen.append(value)
        gevent.sleep(0.001)
    return dead, seen


def test_there_is_always_one_that_is_valid(renewed):
    service = Service(0.4, answer_seconds=0.03)
    dead, seen = use(renewed(service), 1.5, service)
    assert dead == 0 and seen == [f"token-{number}" for number in range(1, len(seen) + 1)]
    # Once at the start, and then no more often than twice a life.
    assert 4 <= len(service.asked_at) <= 1 + 1.5 / 0.2


@pytest.mark.parametrize(
    ("lasts", "earliest", "latest"), [(3600, 2400, 2880), (600, 300, 420), (7200, 6000, 6480)]
)
def test_each_worker_renews_at_a_moment_of_its_own(renewed, lasts, earliest, latest):
    moments = [renewed(Service(lasts))._renew_at - time.monotonic() for _ in range(50)]
    assert earliest - 1 <= min(moments) and max(moments) <= latest
    assert max(moments) - min(moments) > (latest - earliest) / 2


def test_a_renewal_that_fails_is_tried_again_and_nobody_notices(renewed, caplog, monkeypatch):
    monkeypatch.setattr(renewal, "_SHORTEST_PAUSE_SECONDS", 0.01)
    metrics, row = Metrics(), Row()
    metrics.row_of_run = lambda: row
    service = Service(0.5, 0.5, 60)
    one = renewed(service, metrics)
    service.problems = [NoSecretError("HTTP 503"), ValueError("no JSON")]
    dead, seen = use(one, 0.8, service)
    assert dead == 0 and len(seen) >= 2
    assert row.counters[FAILED_RENEWALS] == 2 and row.counters[RENEWALS] == len(seen) - 1
    assert [record.message for record in caplog.records if WHAT in record.message][0].endswith("HTTP 503")


def test_one_that_has_ended_is_never_used(renewed):
    service = Service(0.3)
    one = renewed(service)
    service.problems = [NoSecretError("HTTP 503")] * 1000
    with pytest.raises(CredentialsError, match="the OAuth token has ended and .*: HTTP 503"):
        use(one, 2, service)
    service.problems = []
    with gevent.Timeout(5):
        while one._problem:
            gevent.sleep(0.01)
    assert use(one, 0.05, service)[0] == 0


def test_a_life_of_nothing_asks_no_more_than_ten_times_a_second(renewed):
    service = Service(0)
    one = renewed(service)
    gevent.sleep(0.45)
    assert len(service.asked_at) <= 6
    with pytest.raises(CredentialsError):
        one.current()


def test_the_first_one_is_waited_for(renewed):
    service = Service(60)
    service.problems = [NoSecretError("HTTP 503")] * 4
    assert renewed(service).current() == "token-5"


@pytest.mark.parametrize(
    ("problems", "asked"),
    [
        ([NoSecretError("HTTP 401. Set it.", is_final=True)], 1),
        ([NoSecretError("HTTP 503")] * 9, 5),
    ],
)
def test_no_first_one(renewed, problems, asked):
    service = Service(60)
    service.problems = problems
    with pytest.raises(CredentialsError, match=f"the OAuth token cannot be had: {problems[0]}"):
        renewed(service)
    assert len(service.asked_at) == asked


def test_one_that_is_refused_is_renewed_once_a_minute_at_most(renewed):
    service = Service(600)
    one = renewed(service)
    first = one.current()
    for _ in range(20):
        one.refused(one.current())
        gevent.sleep(0.001)
    assert one.current() != first
    one.refused(first)
    gevent.sleep(0.01)
    assert len(service.asked_at) == 2


def test_sources_that_come_and_go_share_one(monkeypatch):
    monkeypatch.setattr(Renewed, "_shared", {})
    service = Service(600)
    first, second = (Renewed.shared(("host", "id"), WHAT, service) for _ in range(2))
    other = Renewed.shared(("host", "another"), WHAT, service)
    assert first is second and other is not first and len(service.asked_at) == 2
    for one in (first, other):
        one.close()


def test_what_is_renewed_is_not_shown_and_not_kept_for_ever(renewed, monkeypatch):
    service = Service(600)
    renewed(service)
    assert Redactor()("Bearer token-1!") == "Bearer [redacted]!"
    before = len(variables.given())
    for number in range(200):
        variables.keep_secret(f"canary-{number}")
    assert len(variables.given()) <= before + 64
    assert Redactor()("canary-199") == "[redacted]"
