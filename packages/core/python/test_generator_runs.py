"""The generator in real Locust processes: stopped, reshaped, listened to, split."""

import contextlib
import itertools
import json
import re
import threading
import time
from collections import Counter

import pytest
from locust_harness import CHALICE, Answer, Cluster, eventually, load_plan, serving

EAGER = {"waitTime": {"minimumSeconds": 0, "maximumSeconds": 0}}


def slow(seconds):
    def answer(_):
        time.sleep(seconds)
        return Answer()

    return answer


def arrivals(rate, in_flight=100, kind="constant"):
    return {
        "kind": kind,
        "startRate": rate,
        "stages": [{"durationSeconds": 600, "ratePerSecond": rate}],
        "maxInFlight": in_flight,
    }


def counted(output):
    """The requests of Locust's last table."""
    return int(re.findall(r"Aggregated +(\d+) +\d+\(", output)[-1])


def test_a_stop_lets_requests_end(make_bundle, start_locusts):
    with serving(slow(0.5)) as stub:
        directory = make_bundle("chalice", host=stub.url, config=CHALICE, load=load_plan(**EAGER))
        cluster = Cluster(start_locusts(directory), 1, arguments=("--stop-timeout=5",))
        cluster.swarm(6)
        eventually(lambda: len(stub.requests) >= 12, "two rounds")
        final = cluster.settled()
        # Not one was cut off, though each user was within one.
        total = final["total"]
        assert total["due"] == total["sent"] == total["succeeded"] == len(stub.requests)
        assert final["inFlight"] == {"count": 0, "oldestSeconds": 0.0}


@contextlib.contextmanager
def held():
    """A server that answers nobody before it is released."""
    may_answer = threading.Event()

    def answer(_):
        may_answer.wait(60)
        return Answer()

    with serving(answer) as stub:
        try:
            yield stub, may_answer
        finally:
            may_answer.set()


def test_what_is_not_answered_in_time_is_unfinished(make_bundle, start_locusts):
    with held() as (stub, _):
        load = load_plan(**EAGER, gracefulStopSeconds=0.5)
        directory = make_bundle("chalice", host=stub.url, config=CHALICE, load=load)
        cluster = Cluster(start_locusts(directory), 1, worker_arguments=())
        cluster.swarm(6)
        eventually(lambda: len(stub.requests) == 6, "a round")
        final = cluster.settled()
        total = final["total"]
        assert (total["due"], total["sent"], total["failed"], total["succeeded"]) == (6, 6, 6, 0)
        assert [(error["kind"], error["occurrences"]) for error in final["errors"]] == [("unfinished", 6)]
        assert total["trends"]["http_req_service"]["minimum"] >= 500
        assert len(stub.requests) == 6


@pytest.mark.parametrize("grace", [5, 0])
def test_a_stop_of_arrivals(make_bundle, start_locusts, grace):
    with held() as (stub, may_answer):
        load = load_plan(
            users=1, spawnRate=1, durationSeconds=600, arrivals=arrivals(20), gracefulStopSeconds=grace
        )
        directory = make_bundle("chalice", host=stub.url, config=CHALICE, load=load)
        cluster = Cluster(start_locusts(directory), 1, worker_arguments=())
        cluster.swarm(1)
        eventually(lambda: len(stub.requests) >= 20, "a second of arrivals")
        if grace:
            # While the stop gives them time.
            threading.Timer(0.5, may_answer.set).start()
        total = cluster.settled()["total"]
        assert total["due"] == total["succeeded"] + total["failed"] + total["dropped"]
        assert total["sent"] >= 20
        eventually(lambda: len(stub.requests) == total["sent"], "what was sent")
        assert total["failed"] == (0 if grace else total["sent"])


def test_reshaping_and_pauses(stub, make_bundle, start_locusts):
    wait = {"minimumSeconds": 0.1, "maximumSeconds": 0.1}
    directory = make_bundle("chalice", host=stub.url, config=CHALICE, load=load_plan(waitTime=wait))
    cluster = Cluster(start_locusts(directory), 2)
    gone = 0
    for users in (10, 4, 20):
        cluster.swarm(users)
        eventually(lambda users=users: cluster.web.statistics()["userCount"] == users, f"{users} users")
        began, before = time.monotonic(), len(stub.requests)
        eventually(lambda before=before: len(stub.requests) >= before + 100, "requests")
        sent = len(stub.requests) - before
        # Each user sends at once, then never sooner than after 0.1 s; one that went may have one under way.
        assert sent <= users * ((time.monotonic() - began) / 0.1 + 1) + gone
        gone = users
    final = cluster.settled()
    # Also those whose users have gone.
    assert final["total"]["due"] == final["total"]["succeeded"] == len(stub.requests)


LISTENER = """
from locust import events

@events.request.add_listener
def write(request_type, name, response_time, response_length, exception, response, **_):
    with open("heard.txt", "a") as file:
        print(request_type, name, response_length, response and response.status, exception, file=file)
"""


def test_listeners_of_the_locust_file(make_bundle, start_locusts):
    numbers = itertools.count(1)

    def answer(_):
        return Answer(503, b"") if next(numbers) % 5 == 0 else Answer()

    with serving(answer) as stub:
        directory = make_bundle("chalice", host=stub.url, config=CHALICE, load=load_plan())
        with (directory / "locustfile.py").open("a") as file:
            file.write(LISTENER)
        code, output = start_locusts(directory).run_until(lambda: len(stub.requests) > 30, "-u", "1")
        heard = (directory / "heard.txt").read_text().splitlines()
    assert {"POST predict 19 200 None", "POST predict 0 503 HTTP 503"} == set(heard)
    assert code == 1 and counted(output) == len(heard)


OWN_USER = """
from locust import HttpUser, constant, task

class Other(HttpUser):
    host = LoadwrightUser.host
    wait_time = constant(0.02)

    def on_start(self):
        self.client.get("/hello")

    @task
    def other(self):
        self.client.get("/other")
"""


def test_other_users_in_the_same_file_get_their_share(stub, make_bundle, start_locusts):
    directory = make_bundle("chalice", host=stub.url, config=CHALICE, load=load_plan(**EAGER))
    with (directory / "locustfile.py").open("a") as file:
        file.write(OWN_USER)

    def paths():
        return [request.path for request in list(stub.requests)]

    code, output = start_locusts(directory).run_until(lambda: paths().count("/other") > 20, "-u", "20")
    assert code == 0, output
    assert paths().count("/hello") > 0 and paths().count("/predict") > 0


@pytest.mark.parametrize("kind", ["constant", "poisson"])
def test_arrivals_in_one_process(stub, make_bundle, start_locusts, kind):
    load = load_plan(users=1, spawnRate=1, durationSeconds=60, arrivals=arrivals(100, kind=kind))
    directory = make_bundle("chalice", host=stub.url, config=CHALICE, load=load)
    began = time.monotonic()
    code, output = start_locusts(directory).run_until(lambda: len(stub.requests) > 200, "--stop-timeout=2")
    seconds, count = time.monotonic() - began, counted(output)
    # Poisson: five deviations. Locust takes a part of the time to begin and to end.
    lawful = 100 * seconds + (5 * (100 * seconds) ** 0.5 if kind == "poisson" else 1)
    assert code == 0 and count == len(stub.requests) and 200 < count <= lawful


def test_the_rate_is_split_again_when_a_worker_is_lost(stub, make_bundle, start_locusts):
    load = load_plan(users=1, spawnRate=1, durationSeconds=600, arrivals=arrivals(120))
    directory = make_bundle("chalice", host=stub.url, config=CHALICE, load=load)
    cluster = Cluster(start_locusts(directory), 3, arguments=("--stop-timeout=5",))
    cluster.swarm(1)
    eventually(lambda: whole_since(cluster, 1), "three seconds of three workers")
    cluster.workers[0].kill()
    eventually(lambda: lost(cluster) == 1, "the master misses the worker")
    # Two workers with a third each would never have it again, however late they are.
    missed = last_second(cluster) + 1
    eventually(lambda: whole_since(cluster, missed), "three seconds of two workers")

    final = cluster.settled()
    total = final["total"]
    # What the lost worker had under way when it last reported has no end; its share of the room bounds it.
    assert total["failed"] == 0
    assert 0 <= total["due"] - total["succeeded"] - total["dropped"] <= 100 / 3 + 1
    assert total["trends"]["http_req_response"]["count"] == total["succeeded"]
    assert {"http_req_connecting", "http_req_blocked"} <= set(total["trends"]) and final["lag"]
    json.dumps(final)


def lost(cluster):
    return sum(worker["state"] == "missing" for worker in cluster.web.statistics()["workers"])


def due_by_second(cluster):
    counts = Counter()
    for row in cluster.web.series()["rows"]:
        if row["name"]:
            counts[row["second"]] += row["due"]
    return counts


def whole_since(cluster, second):
    """Whether three seconds in a row have the whole rate, by when requests were due: some are sent late."""
    due = due_by_second(cluster)
    return any(
        sum(due[each] for each in range(first, first + 3)) == pytest.approx(360, rel=0.05)
        for first in range(second, last_second(cluster) - 1)
    )


def last_second(cluster):
    return max(due_by_second(cluster), default=0)
