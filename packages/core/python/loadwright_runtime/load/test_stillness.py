"""A process that stood still says so: a hole is one value among thousands of the lag."""

import gevent
import pytest
from generator_harness import OK, Source, answering, environment_for
from gevent.monkey import get_original

from loadwright_runtime.load.closed_model import UserLoop
from loadwright_runtime.load.gate import gate
from loadwright_runtime.load.generator import Generator
from loadwright_runtime.load.stillness import Stillness, stillness

stand_still = get_original("time", "sleep")


@pytest.fixture
def loops(tmp_path, serve, monkeypatch):
    monkeypatch.setattr("loadwright_runtime.load.stillness.LONGEST_SECONDS", 0.3)
    environment = environment_for(tmp_path, f"http://{serve(answering(OK))}", Source, {})
    (user_class,) = environment.user_classes
    endpoint = Generator.of(environment, user_class.counters).endpoint(user_class.source(environment))
    loop = UserLoop(endpoint, lambda: 0.01)
    greenlet = gevent.spawn(loop.run)
    gevent.sleep(0.1)
    stillness.take()
    yield environment
    loop.close()
    greenlet.kill()
    Generator.end()


def test_a_hole_while_requests_are_sent_is_told(loops):
    stand_still(0.2)
    gevent.sleep(0.1)
    assert stillness.take() is None
    stand_still(0.5)
    gevent.sleep(0.1)
    (hole,) = stillness.take()
    assert 0.3 < hole < 2
    gate.shut()
    gevent.sleep(0.1)
    stand_still(0.5)
    gevent.sleep(0.1)
    assert stillness.take() is None


def test_it_goes_with_the_last_figures(loops):
    stand_still(0.5)
    # Before the loop has had its turn.
    loops.events.test_stop.fire(environment=loops)
    assert len(stillness.take()) == 1
    gevent.sleep(0.1)
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
