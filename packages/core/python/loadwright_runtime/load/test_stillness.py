"""A process that stood still says so: a hole is one value among thousands of the lag."""

from types import SimpleNamespace

import gevent
import pytest
from generator_harness import OK, Source, answering, environment_for

from loadwright_runtime.load.closed_model import UserLoop
from loadwright_runtime.load.gate import gate
from loadwright_runtime.load.generator import Generator
from loadwright_runtime.load.stillness import LONGEST_SECONDS, Stillness, stillness
from loadwright_runtime.measure import flusher

TICKS = 20


class Clock:
    """Time as the loop's lag is measured by it: it stands still when a test says so, and only then."""

    def __init__(self):
        self.now = 1000.0
        self.ticks = 0

    def __call__(self):
        return self.now

    def sleep(self, seconds):
        gevent.sleep(0.001)
        self.now += seconds
        self.ticks += 1

    def stand_still(self, seconds):
        self.now += seconds

    def go_on(self):
        end = self.ticks + TICKS
        while self.ticks < end:
            gevent.sleep(0.001)


@pytest.fixture
def clock(monkeypatch):
    clock = Clock()
    monkeypatch.setattr(flusher, "time", SimpleNamespace(perf_counter=clock))
    monkeypatch.setattr(flusher, "gevent", SimpleNamespace(sleep=clock.sleep, spawn=gevent.spawn))
    return clock


@pytest.fixture
def loops(tmp_path, serve, clock):
    environment = environment_for(tmp_path, f"http://{serve(answering(OK))}", Source, {})
    (user_class,) = environment.user_classes
    endpoint = Generator.of(environment, user_class.counters).endpoint(user_class.source(environment))
    loop = UserLoop(endpoint, lambda: 0.01)
    greenlet = gevent.spawn(loop.run)
    clock.go_on()
    stillness.take()
    yield environment
    loop.close()
    greenlet.kill()
    Generator.end()


def test_a_hole_while_requests_are_sent_is_told(clock, loops):
    clock.stand_still(LONGEST_SECONDS)
    clock.go_on()
    assert stillness.take() is None
    clock.stand_still(LONGEST_SECONDS + 0.2)
    clock.go_on()
    assert stillness.take() == [pytest.approx(LONGEST_SECONDS + 0.2)]
    gate.shut()
    clock.go_on()
    clock.stand_still(LONGEST_SECONDS + 0.2)
    clock.go_on()
    assert stillness.take() is None


def test_it_goes_with_the_last_figures(clock, loops):
    clock.stand_still(LONGEST_SECONDS + 0.2)
    # Before the loop has had its turn.
    loops.events.test_stop.fire(environment=loops)
    assert len(stillness.take()) == 1
    clock.go_on()
    assert stillness.take() is None


def test_the_report_names_the_worker():
    events = []
    report = Stillness.teller(lambda *event: events.append(event))
    report("worker_a", [4.25])
    report("", [3.5])
    assert events == [
        ("worker-stalled", "worker worker_a stood still for 4.2 s"),
        ("worker-stalled", "the load generator stood still for 3.5 s"),
    ]
