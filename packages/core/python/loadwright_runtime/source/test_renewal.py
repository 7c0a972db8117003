import heapq
import itertools

import gevent
import pytest
from gevent.event import Event

from loadwright_runtime.measure.metrics import Metrics
from loadwright_runtime.measure.rows import Row
from loadwright_runtime.source import renewal, variables
from loadwright_runtime.source.errors import CredentialsError
from loadwright_runtime.source.redaction import Redactor
from loadwright_runtime.source.renewal import Lasting, NoSecretError, Renewed

WHAT = "the OAuth token"


class Clock:
    """Time that passes only when a test says so: how busy the machine is changes nothing."""

    def __init__(self):
        self.now = 1000.0
        self._test = gevent.getcurrent()
        self._alarms = []
        self._order = itertools.count()

    def __call__(self):
        return self.now

    def alarm(self, seconds):
        rings = Event()
        heapq.heappush(self._alarms, (self.now + seconds, next(self._order), rings))
        return rings

    def sleep(self, seconds):
        if gevent.getcurrent() is self._test:
            self.pass_by(seconds)
        else:
            self.alarm(seconds).wait()

    def pass_by(self, seconds):
        gevent.idle()
        end = self.now + seconds
        while self._alarms and self._alarms[0][0] <= end:
            self.now, _, rings = heapq.heappop(self._alarms)
            rings.set()
            gevent.idle()
        self.now = end

    def wanted(self):
        """An event of which no one waits longer than by this clock."""
        clock = self

        class Wanted(Event):
            def wait(self, timeout=None):
                gevent.wait([self, clock.alarm(timeout)], count=1)
                return self.is_set()

        return Wanted()


class Service:
    """Gives out one token after the other."""

    def __init__(self, clock, *lives, answer_seconds=0.0):
        self.clock = clock
        self.lives = list(lives)
        self.answer_seconds = answer_seconds
        self.asked_at = []
        self.problems = []
        self.ends = {}

    def __call__(self):
        now = self.clock.now
        self.asked_at.append(now)
        self.clock.sleep(self.answer_seconds)
        if self.problems:
            raise self.problems.pop(0)
        seconds = self.lives.pop(0) if len(self.lives) > 1 else self.lives[0]
        name = f"token-{len(self.asked_at)}"
        self.ends[name] = now + seconds
        return Lasting(name, seconds)


@pytest.fixture
def clock(monkeypatch):
    clock = Clock()
    monkeypatch.setattr(renewal, "_clock", clock)
    monkeypatch.setattr(renewal, "Event", clock.wanted)
    monkeypatch.setattr(renewal.gevent, "sleep", clock.sleep)
    return clock


@pytest.fixture
def renewed(clock):
    made = []

    def make(service, metrics=None):
        made.append(Renewed(WHAT, service, metrics or Metrics()))
        return made[-1]

    yield make
    for one in made:
        one.close()


def use(one, seconds, service):
    """Asks for the secret all the time. How often it was one that had ended, and which ones it was."""
    clock, dead, seen = service.clock, 0, []
    end = clock.now + seconds
    while clock.now < end:
        value = one.current()
        dead += clock.now >= service.ends[value]
        if value not in seen:
            seen.append(value)
        clock.pass_by(seconds / 2000)
    return dead, seen


@pytest.mark.parametrize("life", [2, 60, 600, 3600, 86_400])
def test_there_is_always_one_that_is_valid(clock, renewed, life):
    service = Service(clock, life, answer_seconds=min(life / 13, 60))
    dead, seen = use(renewed(service), 4 * life, service)
    assert dead == 0 and seen == [f"token-{number}" for number in range(1, len(seen) + 1)]
    # Once at the start, and then no more often than twice a life.
    assert 4 <= len(service.asked_at) <= 1 + 4 / 0.5


@pytest.mark.parametrize(
    ("lasts", "earliest", "latest"), [(3600, 2400, 2880), (600, 300, 420), (7200, 6000, 6480)]
)
def test_each_worker_renews_at_a_moment_of_its_own(clock, renewed, lasts, earliest, latest):
    moments = [renewed(Service(clock, lasts))._renew_at - clock.now for _ in range(50)]
    assert earliest <= min(moments) and max(moments) <= latest
    assert max(moments) - min(moments) > (latest - earliest) / 2


def test_a_renewal_that_fails_is_tried_again_and_nobody_notices(clock, renewed, caplog):
    metrics, row = Metrics(), Row()
    metrics.row_of_run = lambda: row
    service = Service(clock, 60, 60, 3600)
    one = renewed(service, metrics)
    service.problems = [NoSecretError("HTTP 503"), ValueError("no JSON")]
    dead, seen = use(one, 90, service)
    assert dead == 0 and len(seen) >= 2
    assert (
        row.counters["credential_renewals_failed"] == 2
        and row.counters["credential_renewals"] == len(seen) - 1
    )
    assert [record.message for record in caplog.records if WHAT in record.message][0].endswith("HTTP 503")


def test_one_that_has_ended_is_never_used(clock, renewed):
    service = Service(clock, 60)
    one = renewed(service)
    service.problems = [NoSecretError("HTTP 503")] * 1000
    with pytest.raises(CredentialsError, match="the OAuth token has ended and .*: HTTP 503"):
        use(one, 120, service)
    service.problems = []
    clock.pass_by(60)
    assert one._problem is None and use(one, 10, service)[0] == 0


@pytest.mark.parametrize("life", [0, -1, float("-inf"), float("nan")])
def test_a_life_of_nothing_is_none(clock, renewed, life):
    service = Service(clock, life)
    with pytest.raises(CredentialsError, match=f"cannot be had: it is given out for {life} s"):
        renewed(service)
    # Of one that is given out later nobody notices: the former one lasts, and there is another attempt.
    service = Service(clock, 60, life, life, 3600)
    dead, seen = use(renewed(service), 90, service)
    assert dead == 0 and seen == ["token-1", "token-4"]
    # As for any other failure there is a pause.
    assert service.asked_at[3] - service.asked_at[1] >= 2


def test_a_short_life_asks_no_more_than_ten_times_a_second(clock, renewed):
    service = Service(clock, 0.01)
    renewed(service)
    clock.pass_by(10)
    assert 90 <= len(service.asked_at) <= 101


def test_the_first_one_is_waited_for(clock, renewed):
    service = Service(clock, 60)
    service.problems = [NoSecretError("HTTP 503")] * 4
    assert renewed(service).current() == "token-5"


@pytest.mark.parametrize(
    ("problems", "asked"),
    [
        ([NoSecretError("HTTP 401. Set it.", is_final=True)], 1),
        ([NoSecretError("HTTP 503")] * 9, 5),
    ],
)
def test_no_first_one(clock, renewed, problems, asked):
    service = Service(clock, 60)
    service.problems = problems
    with pytest.raises(CredentialsError, match=f"the OAuth token cannot be had: {problems[0]}"):
        renewed(service)
    assert len(service.asked_at) == asked


def test_one_that_is_refused_is_renewed_once_a_minute_at_most(clock, renewed):
    service = Service(clock, 600)
    one = renewed(service)
    first = one.current()
    for _ in range(20):
        one.refused(one.current())
        clock.pass_by(1)
    assert one.current() != first
    one.refused(first)
    clock.pass_by(1)
    assert len(service.asked_at) == 2
    clock.pass_by(60)
    one.refused(one.current())
    clock.pass_by(1)
    assert len(service.asked_at) == 3


def test_sources_that_come_and_go_share_one(clock, monkeypatch):
    monkeypatch.setattr(Renewed, "_shared", {})
    service = Service(clock, 600)
    first, second = (Renewed.shared(("host", "id"), WHAT, service, Metrics()) for _ in range(2))
    other = Renewed.shared(("host", "another"), WHAT, service, Metrics())
    assert first is second and other is not first and len(service.asked_at) == 2
    for one in (first, other):
        one.close()


def test_what_is_renewed_is_not_shown_and_not_kept_for_ever(clock, renewed, monkeypatch):
    service = Service(clock, 600)
    renewed(service)
    assert Redactor()("Bearer token-1!") == "Bearer [redacted]!"
    before = len(variables.given())
    for number in range(200):
        variables.keep_secret(f"canary-{number}")
    assert len(variables.given()) <= before + 64
    assert Redactor()("canary-199") == "[redacted]"
