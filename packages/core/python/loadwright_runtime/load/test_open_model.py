import time

import gevent
import pytest
from generator_harness import OK, Source, environment_for, read_request

from loadwright_runtime.load.arrivals import Share
from loadwright_runtime.load.generator import Generator
from loadwright_runtime.load.load_plan import ArrivalPlan, ArrivalStage
from loadwright_runtime.load.open_model import ArrivalLoop
from loadwright_runtime.measure.histogram import milliseconds_of


@pytest.fixture
def run(tmp_path):
    """Runs arrivals against a host, and gives the environment and its counters."""

    def start(host, rate, seconds, in_flight, source=Source, **config):
        environment = environment_for(tmp_path, f"http://{host}", source, config)
        (user_class,) = environment.user_classes
        counters = user_class.counters
        generator = Generator.of(environment, counters)
        loop = ArrivalLoop(
            generator.endpoint(user_class.source(environment)),
            ArrivalPlan("constant", rate, (ArrivalStage(seconds, rate),), in_flight),
        )
        loop.begin(time.perf_counter(), Share())
        while not loop.is_over:
            gevent.sleep(0.02)
        loop.close()
        environment.events.test_stop.fire(environment=environment)
        return environment.stats.total, counters.figures.total(), loop

    yield start
    Generator.end()


def percentile(pairs, fraction):
    total, seen = sum(count for _, count in pairs), 0
    for value, count in sorted(pairs):
        seen += count
        if seen >= total * fraction:
            return value
    raise AssertionError("no values")


def stalling(seconds, after):
    """Answers at once, but for one time at which it stops for everybody."""
    began = time.monotonic()

    def handle(connection):
        while read_request(connection):
            now = time.monotonic() - began
            if after <= now < after + seconds:
                gevent.sleep(after + seconds - now)
            connection.sendall(OK)

    return handle


def test_a_stall_is_seen_by_those_who_wait(serve, run):
    """Nobody is sent while the server stands still, but all that were due have waited."""
    _, total, _ = run(serve(stalling(2, 1)), 300, 6, in_flight=4)
    assert (total.due, total.sent, total.succeeded, total.failed, total.dropped) == (1800, 1800, 1800, 0, 0)
    assert total.counters["late"] > 500
    responses = total.trends["http_req_response"].pairs()
    assert sum(count for _, count in responses) == 1800
    assert milliseconds_of(percentile(responses, 0.99)) > 1900
    service = total.trends["http_req_service"].pairs()
    assert milliseconds_of(percentile(service, 0.99)) < 500
    assert milliseconds_of(percentile(service, 1)) > 1900


def test_the_rate_does_not_fall(serve, run):
    """With room in flight, requests go out at their rate while no answer comes."""
    arrived = []

    def handle(connection):
        while read_request(connection):
            arrived.append(time.monotonic())
            gevent.sleep(max(0.0, began + 2.5 - time.monotonic()))
            connection.sendall(OK)

    host = serve(handle)
    began = time.monotonic()
    _, total, _ = run(host, 200, 2, in_flight=1000)
    assert (total.due, total.succeeded) == (400, 400) and total.counters.keys() <= {"late"}
    # All of them before the first answer.
    assert sum(at - began < 2.5 for at in arrived) == 400


def test_what_waits_too_long_is_dropped(serve, run):
    stats, total, _ = run(serve(lambda connection: gevent.sleep(60)), 100, 1.5, 2, timeoutSeconds=0.5)
    assert total.due == 150 == total.failed + total.dropped and total.dropped > 100
    assert stats.num_requests == stats.num_failures == total.failed == total.sent


def test_a_target_that_raises_fails_every_request(serve, run):
    class Broken(Source):
        def next_request(self):
            raise KeyError("x")

    _, total, loop = run(serve(lambda connection: None), 50, 0.4, 5, Broken)
    assert (total.due, total.sent, total.failed, total.dropped) == (20, 0, 20, 0) and loop.in_flight == 0
    assert total.failures_by_kind() == {"target": 20}
