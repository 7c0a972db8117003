"""How a load ends while requests are on their way: on real workers, and in a process without any."""

import json
import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from locust_harness import CHALICE, Answer, Cluster, eventually, load_plan, serving

CONFIG = {**CHALICE, "timeoutSeconds": 50}
LOAD = load_plan(
    users=2, spawnRate=2, durationSeconds=60, waitTime={"minimumSeconds": 0, "maximumSeconds": 0}
)


class Slow:
    """A service that takes its time, which a test may change, or waits until it may go on."""

    seconds = 0.0

    def __init__(self):
        self.may_go_on = threading.Event()
        self.may_go_on.set()
        self.slow = []
        """Requests that have not been answered at once."""
        self._lock = threading.Lock()

    def hold(self):
        with self._lock:
            self.may_go_on.clear()

    def __call__(self, request):
        # Each is among the slow ones and waits, or neither.
        with self._lock:
            seconds, is_held = self.seconds, not self.may_go_on.is_set()
            if seconds or is_held:
                self.slow.append(request)
        time.sleep(seconds)
        if is_held:
            self.may_go_on.wait(60)
        return Answer()


@pytest.fixture
def slow():
    service = Slow()
    yield service
    service.may_go_on.set()


@pytest.fixture
def stub(slow):
    with serving(slow) as server:
        yield server


@pytest.fixture
def directory(make_bundle, stub):
    return make_bundle("chalice", host=stub.url, config=CONFIG, load=LOAD)


def begin(web, stub, slow, seconds=None, load=LOAD):
    """A load of which requests are on their way that take so long; without a time, until they may go on."""
    form = {"user_count": 2, "spawn_rate": 2, "loadwright_load": json.dumps(load)}
    assert web.request("/swarm", form)[0] == 200
    eventually(lambda: len(stub.requests) > 10, "requests")
    if seconds is None:
        slow.hold()
    else:
        slow.seconds = seconds
    eventually(lambda: len(slow.slow) >= LOAD["users"], "a slow request of each user")


def outcomes(statistics):
    total = statistics["total"]
    # What was due as the load ended, when the loop had other things to do, is dropped.
    assert total["due"] == total["succeeded"] + total["failed"] + total["dropped"]
    return total["succeeded"] + total["failed"]


def test_a_worker_hears_its_master_while_it_waits_for_answers(start_locusts, directory, stub, slow):
    cluster = Cluster(start_locusts(directory), 1)
    begin(cluster.web, stub, slow)
    with ThreadPoolExecutor() as threads:
        threads.submit(cluster.web.press, "stop")
        eventually(lambda: cluster.web.statistics()["userCount"] == 0, "that the worker has obeyed")
        body = cluster.web.request("/loadwright/stop", {"by": "a test", "grace": "0.2"})[2]
        assert json.loads(body)["success"]
        # None of them has ended by itself.
        statistics = cluster.web.statistics()
        assert outcomes(statistics) == len(stub.requests)
        assert [one["kind"] for one in statistics["errors"]] == ["unfinished"]


PATIENT = {**LOAD, "gracefulStopSeconds": 45}
STEADY = {"startRate": 50, "stages": [{"durationSeconds": 60, "ratePerSecond": 50}], "maxInFlight": 1000}
ARRIVALS = {**PATIENT, "arrivals": {"kind": "constant", **STEADY}}


@pytest.mark.parametrize("load", [PATIENT, ARRIVALS], ids=["users", "arrivals"])
def test_after_the_end_no_request_reaches_the_service(start_locusts, directory, stub, slow, load):
    """Users that wait for an answer would send the next request at once, and arrivals go on being due."""
    cluster = Cluster(start_locusts(directory), 2)
    web = cluster.web
    begin(web, stub, slow, load=load)
    with ThreadPoolExecutor() as threads:
        stopped = threads.submit(web.press, "stop")
        eventually(lambda: web.statistics()["userCount"] == 0, "that the workers have obeyed")
        # Whatever was sent has come, and is held.
        received = eventually(
            lambda: len(stub.requests) == web.statistics()["total"]["sent"] and len(stub.requests),
            "all of them",
        )
        at = web.statistics()["time"]
        eventually(lambda: web.statistics()["time"] > at + 0.5, "time in which more would be due")
        slow.may_go_on.set()
        assert stopped.result() == 200
        statistics = eventually(
            lambda: "settledAt" in web.statistics()["test"] and web.statistics(), "figures"
        )
    assert len(stub.requests) == received == outcomes(statistics)
    # Not one was sent to be cut off.
    assert (statistics["errors"], statistics["total"]["failed"]) == ([], 0)
    assert statistics["total"]["sent"] == received


def test_the_last_figures_of_a_worker_that_is_ended_are_not_lost(start_locusts, directory, stub, slow):
    cluster = Cluster(start_locusts(directory), 2)
    begin(cluster.web, stub, slow, 1.5)
    worker = cluster.workers[0]
    worker.send_signal(signal.SIGTERM)
    eventually(lambda: len(cluster.web.statistics()["workers"]) == 1, "that it has left")
    # The other one does not give it time.
    assert cluster.web.request("/loadwright/stop", {"by": "a test", "grace": "0"})[0] == 200
    statistics = cluster.web.statistics()
    assert outcomes(statistics) == len(stub.requests)
    assert statistics["missingReports"] == 0
    assert "worker-lost" in {one["action"] for one in statistics["events"]}
    assert worker.wait(timeout=60) == 0


def test_a_process_without_workers_is_settled_when_its_last_request_has_ended(
    start_locusts, directory, stub, slow
):
    web = Cluster.alone(start_locusts(directory))
    begin(web, stub, slow)
    with ThreadPoolExecutor() as threads:
        stopped = threads.submit(web.press, "stop")
        ended = eventually(lambda: web.statistics()["test"].get("endedAt"), "the end")
        assert "settledAt" not in web.statistics()["test"]
        slow.may_go_on.set()
        eventually(lambda: "settledAt" in web.statistics()["test"], "its last figures")
        assert stopped.result() == 200
    statistics = web.statistics()
    assert statistics["test"]["settledAt"] > ended
    assert outcomes(statistics) == len(stub.requests)
