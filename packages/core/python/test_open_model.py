import time

import gevent
import pytest
from generator_harness import OK, Source, environment_for, read_request
from loadwright_runtime.arrivals import Share
from loadwright_runtime.generator import Generator
from loadwright_runtime.load_plan import ArrivalPlan, ArrivalStage
from loadwright_runtime.open_model import ArrivalLoop


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
        return environment.stats.total, counters, loop

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


def response_times(counters):
    from loadwright_runtime.histogram import to_milliseconds

    return to_milliseconds(counters.histogram("response", "POST", "name"))


def test_a_stall_is_seen_by_those_who_wait(serve, run):
    """Nobody is sent while the server stands still, but all that were due have waited."""
    total, counters, _ = run(serve(stalling(2, 1)), 300, 6, in_flight=4)
    counts = counters.totals()
    assert counts["arrivals"] == total.num_requests == 1800 and total.num_failures == 0
    assert counts["late"] > 500 and "dropped" not in counts
    responses = response_times(counters)
    assert sum(count for _, count in responses) == 1800
    assert percentile(responses, 0.99) > 1900
    assert percentile(total.response_times.items(), 0.99) < 500
    assert percentile(total.response_times.items(), 1) > 1900


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
    total, counters, _ = run(host, 200, 2, in_flight=1000)
    assert total.num_requests == 400 and counters.totals() == {"arrivals": 400} | {
        name: count for name, count in counters.totals().items() if name == "late"
    }
    halves = [sum(start <= at - began < start + 1 for at in arrived) for start in (0, 1)]
    assert all(abs(half - 200) < 25 for half in halves)


def test_what_waits_too_long_is_dropped(serve, run):
    total, counters, _ = run(serve(lambda connection: gevent.sleep(60)), 100, 1.5, 2, timeoutSeconds=0.5)
    counts = counters.totals()
    assert counts["arrivals"] == 150 and counts["dropped"] > 100
    assert total.num_requests == total.num_failures
    assert total.num_requests + counts["dropped"] == 150


def test_a_target_that_raises_is_told_and_dropped(serve, run):
    class Broken(Source):
        def next_request(self):
            raise KeyError("x")

    total, counters, loop = run(serve(lambda connection: None), 50, 0.4, 5, Broken)
    assert total.num_requests == 0 and loop.in_flight == 0
    assert counters.totals()["dropped"] == counters.totals()["arrivals"] == 20
