"""One test after the other on the same master and workers, each with a load of its own."""

import json
import signal
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest
from locust_harness import CHALICE, Cluster, eventually, load_plan, serving

# What a load has that does not say.
GRACE = {"gracefulStopSeconds": 30}
# Of the bundle: far longer than any test here.
OWN = load_plan(users=1, durationSeconds=600)
# Locust's own stop looks for the end once a second, and workers report once a second.
SLACK_SECONDS = 3


def arrivals(rate, seconds):
    stages = [{"durationSeconds": seconds, "ratePerSecond": rate}]
    plan = {"kind": "constant", "maxInFlight": 100, "startRate": rate, "stages": stages}
    return load_plan(
        users=2,
        spawnRate=2,
        durationSeconds=seconds,
        waitTime={"minimumSeconds": 0, "maximumSeconds": 0},
        arrivals=plan,
    )


def ended(test):
    return test if "endedAt" in test else None


class Fleet:
    """A master and its workers, driven as a command does."""

    def __init__(self, locusts, workers=2, variables=None):
        self.cluster = Cluster(locusts, workers, arguments=("--stop-timeout=1",), variables=variables)
        self.web = self.cluster.web

    def swarm(self, load):
        form = {"user_count": load["users"], "spawn_rate": load["spawnRate"]}
        return self.web.request("/swarm", {**form, "loadwright_load": json.dumps(load)})

    def start(self, load):
        eventually(self.is_ready, "both workers ready")
        status, _, body = self.swarm(load)
        assert (status, json.loads(body)["success"]) == (200, True), body
        test = self.test()
        assert (test["load"], "endedAt" in test) == ({**load, **GRACE}, False)
        return test

    def states(self):
        return [worker["state"] for worker in self.web.statistics()["workers"]]

    def is_ready(self):
        return self.states() == ["ready"] * len(self.cluster.workers)

    def test(self):
        return self.web.statistics()["test"]

    def settled(self):
        """The last statistics of a test that nobody stops; its length is checked."""
        test = eventually(lambda: ended(self.test()), "the end")
        seconds = test["load"]["durationSeconds"]
        assert seconds <= test["endsAt"] - test["startedAt"] < seconds + SLACK_SECONDS
        assert test["endedAt"] - test["endsAt"] > -0.1
        eventually(lambda: "settledAt" in self.test(), "the last figures of all workers")
        assert self.test()["endedBy"] == "duration"
        # However late it was seen to be over: nothing was due after its end.
        assert max(self.due_by_second()) <= seconds + SLACK_SECONDS
        statistics = self.web.statistics()
        total = statistics["total"]
        assert total["due"] == total["succeeded"] + total["failed"] + total["dropped"]
        return statistics

    def due_by_second(self):
        counts = Counter()
        for row in self.web.series()["rows"]:
            if row["name"]:
                counts[row["second"]] += row["due"]
        return counts

    def numbers_of_users(self):
        """Second by second, as the master saw them."""
        return [sample["users"] for sample in self.web.series()["samples"]]


def stay_idle(fleet, stub):
    number, before = len(stub.requests), time.monotonic()
    eventually(lambda: time.monotonic() > before + 2, "a moment in which users would send")
    assert (len(stub.requests), fleet.is_ready()) == (number, True)


@pytest.fixture
def stub():
    with serving() as server:
        yield server


@pytest.fixture
def fleet(make_bundle, start_locusts, stub):
    directory = make_bundle("chalice", host=stub.url, config=CHALICE, load=OWN)
    return Fleet(start_locusts(directory))


def test_each_test_has_its_own_load_and_ends_by_itself(fleet, stub):
    assert "test" not in fleet.web.statistics()
    fleet.start(load_plan(users=4, durationSeconds=2))
    closed = fleet.settled()
    assert max(fleet.numbers_of_users()) == 4
    assert closed["total"]["succeeded"] == len(stub.requests) > 20
    assert (closed["userCount"], "http_req_response" in closed["total"]["trends"]) == (0, False)

    # From the closed to the open model.
    del stub.requests[:]
    fleet.start(arrivals(50, 3))
    opened = fleet.settled()
    assert opened["total"]["due"] <= 150
    # A worker that begins late has so much less time, but its share of the rate.
    assert max(fleet.due_by_second().values()) == pytest.approx(50, abs=3)
    # What a worker was too busy to send before the end is dropped: no more is asked of the machine here.
    assert (opened["total"]["failed"], opened["total"]["succeeded"]) == (0, len(stub.requests))
    assert len(stub.requests) > 100
    assert opened["total"]["trends"]["http_req_response"]["count"] == len(stub.requests)

    # And back, with stages.
    del stub.requests[:]
    stages = [(0, 6), (2, 6), (0, 2), (2, 2)]
    load = load_plan(
        users=6,
        durationSeconds=4,
        stages=[{"durationSeconds": seconds, "users": users} for seconds, users in stages],
    )
    fleet.start(load)
    staged = fleet.settled()
    users = fleet.numbers_of_users()
    assert 2 in users[users.index(6) :]
    assert staged["total"]["succeeded"] == len(stub.requests) > 20
    assert "http_req_response" not in staged["total"]["trends"]

    # Without a load of its own a test has that of the bundle, and ends when it is stopped.
    eventually(fleet.is_ready, "both workers ready")
    status, _, body = fleet.web.request("/swarm", {"user_count": 3, "spawn_rate": 100})
    assert (status, json.loads(body)["message"]) == (200, "Swarming started")
    eventually(lambda: fleet.web.statistics()["userCount"] == 3, "three users")
    test = fleet.test()
    assert (test["load"], "endsAt" in test) == ({**OWN, **GRACE}, False)


def test_a_stop_cancels_the_end_and_pauses_are_those_of_the_test(fleet, stub):
    long_pause = {"minimumSeconds": 300, "maximumSeconds": 300}
    # The second must begin before the first would end: on a slow machine it has to be a longer one.
    for seconds in (4, 16, 40):
        first = fleet.start(load_plan(users=2, durationSeconds=seconds))
        assert fleet.swarm(load_plan())[0::2] == (409, b"a test is under way: stop it first")
        assert fleet.web.press("stop") == 200
        is_early = fleet.test()["endedAt"] < first["endsAt"]
        second = fleet.start(load_plan(users=2, durationSeconds=300, waitTime=long_pause))
        eventually(lambda: fleet.web.statistics()["userCount"] == 2, "two users")
        if is_early and second["startedAt"] < first["endsAt"]:
            break
        assert fleet.web.press("stop") == 200
    # The end of the first passes, and the second does not notice.
    over = first["endsAt"] + 1.5
    eventually(lambda: fleet.web.statistics()["time"] > over, "that the first would be over", 60)
    running = fleet.web.statistics()
    assert (running["state"], running["userCount"]) == ("running", 2)
    assert running["total"]["due"] == 2


def test_a_stop_reaches_workers_that_have_not_yet_started_users(fleet, stub):
    def signal_workers(number):
        for worker in fleet.cluster.workers:
            worker.send_signal(number)

    # A worker that has had no test obeyed, one that has had a test did not.
    for number in (1, 2, 3):
        eventually(fleet.is_ready, f"both workers ready before test {number}")
        # So that they find both orders at once.
        signal_workers(signal.SIGSTOP)
        assert fleet.swarm(load_plan(users=4, spawnRate=4, durationSeconds=60))[0] == 200
        assert fleet.web.press("stop") == 200
        # A test that started now would lose them in a moment.
        assert fleet.states() == ["stopping", "stopping"]
        assert fleet.swarm(load_plan())[0::2] == (409, b"no worker is ready: wait until they are connected")
        signal_workers(signal.SIGCONT)
    eventually(fleet.is_ready, "both workers ready after the last test")
    # A busy machine may hand over the second order a moment after the first: no more than that begins.
    stay_idle(fleet, stub)


def test_of_two_who_wait_for_the_end_of_a_test_one_starts(fleet):
    fleet.start(load_plan(users=2, durationSeconds=60))
    eventually(lambda: fleet.web.statistics()["userCount"] == 2, "two users")
    slow = fleet.cluster.workers[0]
    slow.send_signal(signal.SIGSTOP)
    with ThreadPoolExecutor() as threads:
        stop = threads.submit(fleet.web.press, "stop")
        eventually(lambda: fleet.web.statistics()["state"] == "stopping", "the stop")
        starts = [threads.submit(fleet.swarm, load_plan(users=users, durationSeconds=60)) for users in (2, 4)]
        # The other worker is ready, so a start is not refused for that.
        eventually(lambda: "ready" in fleet.states(), "a ready worker")
        slow.send_signal(signal.SIGCONT)
        assert stop.result() == 200
        answers = sorted(start.result()[0::2] for start in starts)
    assert [status for status, _ in answers] == [200, 409]
    assert answers[1][1] == b"a test is under way: stop it first"


def test_users_are_not_started_after_the_last_worker_was_lost(make_bundle, start_locusts, stub):
    directory = make_bundle("chalice", host=stub.url, config=CHALICE, load=OWN)
    fleet = Fleet(start_locusts(directory), workers=1)
    fleet.start(load_plan(users=600, spawnRate=10, durationSeconds=600))
    eventually(lambda: fleet.web.statistics()["userCount"] > 5, "the first users")
    (worker,) = fleet.cluster.workers
    worker.send_signal(signal.SIGSTOP)
    eventually(lambda: ended(fleet.test()), "the end, for want of workers")
    worker.send_signal(signal.SIGCONT)
    eventually(fleet.is_ready, "the worker ready again")
    stay_idle(fleet, stub)


def test_a_stop_while_users_are_moved_to_other_workers(make_bundle, start_locusts, stub):
    directory = make_bundle("chalice", host=stub.url, config=CHALICE, load=OWN)
    # Enough time to see that users are moved, and to stop.
    patience = {"LOCUST_WAIT_FOR_WORKERS_REPORT_AFTER_RAMP_UP": "5"}
    fleet = Fleet(start_locusts(directory), workers=3, variables=patience)
    fleet.start(load_plan(users=3, durationSeconds=60))
    eventually(lambda: fleet.web.statistics()["state"] == "running", "that all users are there")
    fleet.cluster.workers.pop().terminate()
    # Of a worker that says that it leaves they may be moved between two looks.
    moved = lambda: fleet.web.statistics()["state"] == "spawning" or len(fleet.states()) == 2  # noqa: E731
    eventually(moved, "that users are moved")
    # One after the other: a master that has no worker for a moment forgets everything.
    slow = fleet.cluster.workers[0]
    slow.send_signal(signal.SIGSTOP)
    with ThreadPoolExecutor() as threads:
        stop = threads.submit(fleet.web.press, "stop")
        eventually(lambda: "ready" in fleet.states(), "the first worker ready again")
        slow.send_signal(signal.SIGCONT)
        assert stop.result() == 200
    fleet.start(load_plan(users=2, durationSeconds=60))


def test_a_worker_that_was_replaced_has_no_share_of_the_users(make_bundle, start_locusts, stub):
    directory = make_bundle("chalice", host=stub.url, config=CHALICE, load=OWN)
    locusts = start_locusts(directory)
    fleet = Fleet(locusts)
    fleet.cluster.workers[0].kill()
    locusts.start("--worker", f"--master-port={fleet.cluster.port}")
    eventually(lambda: sorted(fleet.states()) == ["missing", "ready", "ready"], "its replacement")
    assert fleet.swarm(load_plan(users=6, durationSeconds=60))[0] == 200
    eventually(lambda: fleet.web.statistics()["state"] == "running", "that all users are there")
    eventually(lambda: fleet.web.statistics()["userCount"] == 6, "six users")


def test_a_worker_that_was_silent_for_a_while_is_taken_back(fleet):
    slow = fleet.cluster.workers[0]
    slow.send_signal(signal.SIGSTOP)
    eventually(lambda: sorted(fleet.states()) == ["missing", "ready"], "that it is missed")
    assert fleet.swarm(load_plan(users=2, durationSeconds=60))[0] == 200
    eventually(lambda: fleet.states() == ["running"], "a test without it")
    slow.send_signal(signal.SIGCONT)
    eventually(lambda: len(fleet.states()) == 2, "that it is back")


def test_whoever_is_ready_again_has_reported_everything(make_bundle, start_locusts, stub):
    directory = make_bundle("chalice", host=stub.url, config=CHALICE, load=OWN)
    cluster = Cluster(start_locusts(directory), 1, worker_arguments=())
    pause = {"minimumSeconds": 60, "maximumSeconds": 60}
    load = json.dumps(load_plan(users=4, spawnRate=4, durationSeconds=60, waitTime=pause))
    form = {"user_count": 4, "spawn_rate": 4, "loadwright_load": load}

    def back():
        statistics = cluster.web.statistics()
        return statistics if [worker["state"] for worker in statistics["workers"]] == ["ready"] else None

    for number in (1, 2, 3, 4):
        assert cluster.web.request("/swarm", form)[0] == 200
        eventually(lambda number=number: len(stub.requests) == 4 * number, "four requests")
        eventually(lambda: not back(), "that the master knows of the users")
        with ThreadPoolExecutor() as threads:
            threads.submit(cluster.web.press, "stop")
            statistics = eventually(back, "the worker ready again")
        assert statistics["total"]["succeeded"] == 4, number


def test_a_load_that_takes_longer_to_start_than_it_lasts_ends(fleet):
    test = fleet.start(load_plan(users=100, spawnRate=1, durationSeconds=2))
    final = fleet.settled()
    assert final["test"]["startedAt"] == test["startedAt"]
    assert (final["state"], final["userCount"]) == ("stopped", 0) or final["state"] == "ready"
    before = time.monotonic()
    eventually(lambda: time.monotonic() > before + 1.5, "a moment in which users would start")
    assert fleet.web.statistics()["userCount"] == 0


def test_what_cannot_be_carried_out_is_refused(make_bundle, start_locusts):
    directory = make_bundle("chalice", host="http://127.0.0.1:9", config=CHALICE, load=OWN)
    locusts = start_locusts(directory)
    variables = {"LOADWRIGHT_UI_PASSWORD": "a-generated-password"}
    cluster = Cluster(locusts, 0, arguments=("--web-login",), variables=variables)

    def swarm(load, web=cluster.web):
        form = {"user_count": 1, "spawn_rate": 1, "loadwright_load": load}
        return web.request("/swarm", form)[0::2]

    good = json.dumps(load_plan())
    assert swarm(good, type(cluster.web)(cluster.url, "wrong"))[0] == 401
    assert swarm(good) == (409, b"no worker is ready: wait until they are connected")
    locusts.start("--worker", f"--master-port={cluster.port}")
    eventually(lambda: cluster.connected() == 1, "the worker")
    assert swarm("soon")[0] == 400
    wrong = json.dumps(load_plan(durationSeconds=0))
    message = (
        b"loadwright_load: durationSeconds: found 0, expected a number, more than 0 and at most 1000000000"
    )
    assert swarm(wrong) == (400, message)
    # What Locust itself refuses leaves nothing behind.
    status, _, body = cluster.web.request("/swarm", {"user_count": 1, "loadwright_load": good})
    assert (status, json.loads(body)["success"]) == (200, False)
    assert "test" not in cluster.web.statistics()
    assert swarm(good)[0] == 200 and cluster.web.statistics()["test"]["load"] == {**load_plan(), **GRACE}


def test_a_process_without_workers(make_bundle, start_locusts, stub):
    directory = make_bundle("chalice", host=stub.url, config=CHALICE, load=OWN)
    web = Cluster.alone(start_locusts(directory))
    for load in (arrivals(50, 2), load_plan(users=2, durationSeconds=2)):
        del stub.requests[:]
        form = {"user_count": load["users"], "spawn_rate": 2, "loadwright_load": json.dumps(load)}
        assert web.request("/swarm", form)[0] == 200
        test = eventually(lambda: ended(web.statistics()["test"]), "the end")
        assert test["endedAt"] - test["startedAt"] > 1.9
        assert 20 <= len(stub.requests) <= (100 if "arrivals" in load else 1000)
