import time

import gevent
import pytest
from generator_harness import OK, Source, environment_for, read_request
from gevent.event import Event

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


def sum_of(pairs):
    """In milliseconds."""
    return sum(milliseconds_of(value) * count for value, count in pairs)


class Stalling:
    """Answers at once, but for one time, when 300 have come, at which it stops for everybody."""

    def __init__(self, seconds, in_flight):
        self.seconds, self.in_flight = seconds, in_flight
        self.received = 0
        self.stalled = 0
        """How many requests it has meanwhile."""
        self._is_over = Event()

    def __call__(self, connection):
        while read_request(connection):
            self.received += 1
            if self.received == 300:
                gevent.spawn(self._stall)
            if self.received >= 300 and not self._is_over.is_set():
                self.stalled += 1
                self._is_over.wait()
            connection.sendall(OK)

    def _stall(self):
        gevent.sleep(self.seconds)
        # On a machine on which nobody had a turn meanwhile too.
        while self.stalled < self.in_flight:
            gevent.sleep(0.01)
        self._is_over.set()


def test_a_stall_is_seen_by_those_who_wait(serve, run):
    """Nobody is sent while the server stands still, but all that were due have waited."""
    server = Stalling(2, in_flight=4)
    began = time.monotonic()
    _, total, _ = run(serve(server), 300, 4, in_flight=4)
    elapsed = time.monotonic() - began
    assert (total.due, total.sent, total.succeeded, total.failed, total.dropped) == (1200, 1200, 1200, 0, 0)
    assert total.counters["late"] > 500 and server.stalled == 4
    # As many were due in two seconds: they waited for one second each, on average.
    responses = total.trends["http_req_response"].pairs()
    assert sum(count for _, count in responses) == 1200
    assert milliseconds_of(percentile(responses, 0.99)) > 1900 and sum_of(responses) > 550_000
    # No more than four were ever at the service: all of their times are at most four times the whole. None
    # of them has in it how long a request waited for its turn.
    service = total.trends["http_req_service"].pairs()
    assert sum(count for _, count in service) == 1200
    assert milliseconds_of(percentile(service, 1)) > 1900 and sum_of(service) <= 4 * elapsed * 1000


def test_the_rate_does_not_fall(serve, run):
    """With room in flight, requests go out at their rate while no answer comes."""
    arrived = []

    everybody = Event()

    def handle(connection):
        while read_request(connection):
            arrived.append(connection)
            if len(arrived) == 400:
                everybody.set()
            # All of them come before the first answer.
            everybody.wait()
            connection.sendall(OK)

    _, total, _ = run(serve(handle), 200, 2, in_flight=1000)
    assert (total.due, total.succeeded) == (400, 400) and total.counters.keys() <= {"late"}


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
