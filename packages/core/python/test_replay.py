"""A trace in real Locust processes: each request at its time, sessions in order, nothing lost."""

import contextlib
import json
import threading
import time
from collections import defaultdict

import pytest
from locust_harness import CHALICE, Answer, Cluster, eventually, load_plan, serving

SECONDS = 2
REQUESTS = 400
SESSIONS = 100
EACH = REQUESTS // SESSIONS
SLOW_SESSION = 7
SPEED = 2


def replay(**changes):
    arrivals = {"kind": "trace", "speed": SPEED, "startRate": 0, "stages": [], "maxInFlight": 200}
    load = {"users": 3, "spawnRate": 3, "durationSeconds": SECONDS, "arrivals": {**arrivals, **changes}}
    return load_plan(**load)


class Service:
    """Remembers when the first byte of what came, and answers one session slowly."""

    def __init__(self):
        self.arrived = {}
        self.ended = {}
        self.bodies = []
        self._lock = threading.Lock()

    def __call__(self, received):
        number = json.loads(received.body)["n"]
        with self._lock:
            assert number not in self.arrived, "sent twice"
            self.arrived[number] = time.monotonic()
            self.bodies.append(received.body.decode())
        if number % SESSIONS == SLOW_SESSION:
            time.sleep(0.6)
        self.ended[number] = time.monotonic()
        return Answer()


@pytest.fixture
def trace(make_bundle):
    """A bundle whose payloads are in another order than their times, and spelled as no program would."""

    def make(host):
        due = [number * SECONDS * SPEED / REQUESTS for number in range(REQUESTS)]
        bodies = [f'{{ "n" :{number},\t"x":1e-7 }}' for number in range(REQUESTS)]
        payloads = [{"text": body, "contentType": "application/json"} for body in reversed(bodies)]
        directory = make_bundle("chalice", host=host, config=CHALICE, load=replay(), payloads=payloads)
        lines = (
            f"{seconds:.6f},{REQUESTS - 1 - number},{number % SESSIONS}\n"
            for number, seconds in enumerate(due)
        )
        (directory / "schedule.csv").write_text("".join(lines))
        return directory, bodies

    return make


def lateness(cluster, service, bodies):
    """
    One load: checks that nothing is lost or out of order.

    :returns: the share that was sent 10 ms late or more, or not at all, and the share that may be, for other
        programs held a worker or the service up
    """
    service.arrived.clear()
    service.ended.clear()
    form = {"user_count": 3, "spawn_rate": 3, "loadwright_load": json.dumps(replay())}
    eventually(lambda: cluster.connected() == 3, "all workers, which connect anew after a load")
    eventually(lambda: cluster.web.request("/swarm", form)[0] == 200, "the load")
    with standstills() as holes:
        eventually(lambda: cluster.web.statistics()["state"] not in ("running", "spawning"), "its end")
        final = cluster.settled()
    total = final["total"]
    assert total["due"] == total["succeeded"] + total["failed"] + total["dropped"]
    # A worker that hears more than a second late has no time for the last of its share: they are never due.
    undue = REQUESTS - total["due"]
    assert undue >= 0
    assert (total["failed"], total["sent"]) == (0, len(service.arrived))
    assert set(service.bodies) <= bodies

    sessions = defaultdict(list)
    for number in sorted(service.arrived):
        sessions[number % SESSIONS].append(number)
    for numbers in sessions.values():
        for before, after in zip(numbers, numbers[1:], strict=False):
            assert service.arrived[after] >= service.ended[before]
    # Those of the slow session wait for each other.
    late = total["counters"].get("late", 0) + total["dropped"] + undue - EACH
    # In a worker a hole holds up its third of what is due meanwhile, in the service everything; and each as
    # many again until it has caught up.
    lags = sum(lag / 1000 * count for lag, count in final["lag"] if lag > 5)
    return late / REQUESTS, 0.01 + 2 * (lags / 3 + sum(holes)) / SECONDS


@contextlib.contextmanager
def standstills():
    """For how long at a time, in seconds, this process had no turn."""
    holes, is_over = [], threading.Event()

    def look():
        while not is_over.is_set():
            before = time.monotonic()
            time.sleep(0.01)
            hole = time.monotonic() - before - 0.01
            if hole > 0.005:
                holes.append(hole)

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield holes
    finally:
        is_over.set()
        thread.join()


def test_a_trace_is_sent_at_its_times_over_all_workers(trace, start_locusts):
    service = Service()
    with serving(service) as stub:
        directory, bodies = trace(stub.url)
        cluster = Cluster(start_locusts(directory), 3, arguments=("--stop-timeout=5",))
        share, lawful = lateness(cluster, service, set(bodies))
        assert share <= lawful


HEARS_LATE = """
import gevent
from loadwright_runtime.load import ending
from loadwright_runtime.load.open_run import OpenRun

# However busy the machine is.
ending._LATE_SECONDS = 60
on_message = OpenRun.on_message
OpenRun.on_message = lambda *given, **named: gevent.spawn_later(0.4, on_message, *given, **named)
"""


def test_all_of_a_trace_is_due_on_a_worker_that_hears_late_of_its_beginning(trace, start_locusts):
    service = Service()
    with serving(service) as stub:
        directory, _ = trace(stub.url)
        locustfile = directory / "locustfile.py"
        locustfile.write_text(HEARS_LATE + locustfile.read_text())
        cluster = Cluster(start_locusts(directory), 2, arguments=("--stop-timeout=5",))
        form = {"user_count": 3, "spawn_rate": 3, "loadwright_load": json.dumps(replay())}
        eventually(lambda: cluster.web.request("/swarm", form)[0] == 200, "the load")
        eventually(lambda: cluster.web.statistics()["state"] not in ("running", "spawning"), "its end")
        total = cluster.settled()["total"]
    assert total["due"] == REQUESTS == total["succeeded"] + total["failed"] + total["dropped"]


def test_a_bundle_without_a_schedule_sends_nothing(trace, start_locusts):
    service = Service()
    with serving(service) as stub:
        directory, _ = trace(stub.url)
        (directory / "schedule.csv").unlink()
        code, output = start_locusts(directory).run("--headless", "--stop-timeout=1")
    assert code != 0 and "schedule.csv does not exist" in output
    assert not stub.requests
