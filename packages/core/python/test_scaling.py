"""Workers come and go while a load runs, because there are to be more or fewer of them."""

import json
import threading

import psutil
import pytest
from locust_harness import CHALICE, Answer, Cluster, eventually, load_plan, serving


@pytest.fixture
def stub():
    with serving() as server:
        yield server


def swarm(cluster, load):
    form = {
        "user_count": load["users"],
        "spawn_rate": load["spawnRate"],
        "loadwright_load": json.dumps(load),
    }
    assert cluster.web.request("/swarm", form)[0] == 200


def test_users_go_to_the_workers_that_are_there_and_no_figure_is_lost(make_bundle, start_locusts, stub):
    load = load_plan(users=4, spawnRate=4, durationSeconds=60)
    locusts = start_locusts(make_bundle("chalice", host=stub.url, config=CHALICE, load=load))
    cluster = Cluster(locusts, 1)
    web = cluster.web

    def scale(workers):
        status, _, body = web.request("/loadwright/scale", {"workers": workers, "by": "a test"})
        assert (status, json.loads(body)["success"]) == (200, True)

    def users():
        return [worker["userCount"] for worker in web.statistics()["workers"]]

    assert web.request("/loadwright/scale", {"workers": "0"})[0] == 400
    scale(3)  # Before there is a test it changes nothing that could be written down.
    swarm(cluster, load)
    eventually(lambda: users() == [4], "all users on the only worker")

    scale(2)
    joined = locusts.start("--worker", f"--master-port={cluster.port}", "--stop-timeout=5")
    eventually(lambda: users() == [2, 2], "half of the users on the other worker")
    scale(1)
    joined.terminate()
    eventually(lambda: users() == [4], "all users back on the first worker")
    assert joined.wait(60) == 0

    final = cluster.settled()
    assert final["total"]["due"] == final["total"]["succeeded"] == len(stub.requests) > 50
    assert (final["missingReports"], final["refusedReports"]) == (0, 0)
    events = [(event["action"], event.get("workers")) for event in final["events"]]
    assert events == [
        ("scale", 2),
        ("worker-joined", None),
        ("scale", 1),
        ("worker-left", None),
        ("stop", None),
    ]


@pytest.mark.parametrize("told", ["the first", "all"])
def test_all_processes_of_a_container_leave_in_order(make_bundle, start_locusts, stub, told):
    """Docker tells the first process alone. On Fargate that is ``timeout``: it tells all, some twice."""
    load = load_plan(users=6, spawnRate=6, durationSeconds=60)
    locusts = start_locusts(make_bundle("chalice", host=stub.url, config=CHALICE, load=load))
    cluster = Cluster(locusts, 1)
    container = locusts.start("--worker", "--processes=2", f"--master-port={cluster.port}")
    eventually(lambda: cluster.connected() == 3, "three workers")
    swarm(cluster, load)
    users = lambda: [worker["userCount"] for worker in cluster.web.statistics()["workers"]]  # noqa: E731
    eventually(lambda: users() == [2, 2, 2], "two users on each")
    cluster.web.request("/loadwright/scale", {"workers": "1", "by": "a test"})
    processes = [psutil.Process(container.pid)]
    if told == "all":
        processes += [*processes, *processes[0].children()]
    for process in processes:
        process.terminate()
    assert container.wait(60) == 0
    eventually(lambda: users() == [6], "all users on the worker that stays")
    final = cluster.settled()
    assert final["total"]["due"] == final["total"]["succeeded"] == len(stub.requests)
    assert [event["action"] for event in final["events"]] == ["scale", "worker-left", "worker-left", "stop"]


def test_others_take_over_while_a_worker_waits_for_its_last_answers(make_bundle, start_locusts):
    lets_go = threading.Event()
    lets_go.set()
    waiting = []

    def answer(_):
        if not lets_go.is_set():
            waiting.append(1)
            lets_go.wait(60)
        return Answer()

    with serving(answer) as stub:
        load = load_plan(users=4, spawnRate=4, durationSeconds=60)
        directory = make_bundle("chalice", host=stub.url, config={**CHALICE, "timeoutSeconds": 60}, load=load)
        variables = {"LOADWRIGHT_LEAVE_SECONDS": "60"}
        cluster = Cluster(
            start_locusts(directory), 2, worker_arguments=("--stop-timeout=60",), worker_variables=variables
        )
        swarm(cluster, load)
        eventually(
            lambda: [worker["userCount"] for worker in cluster.web.statistics()["workers"]] == [2, 2],
            "two users on each",
        )
        lets_go.clear()
        eventually(lambda: len(waiting) == 4, "four requests that wait for their answers")
        cluster.web.request("/loadwright/scale", {"workers": "1", "by": "a test"})
        leaving = cluster.workers[0]
        leaving.terminate()
        # Those of two users more, of the worker that stays, while those of the other one are on their way.
        eventually(lambda: len(waiting) == 6, "two users on the other worker")
        assert leaving.poll() is None
        lets_go.set()
        assert leaving.wait(60) == 0
        total = cluster.settled()["total"]
    assert total["due"] == total["succeeded"] == len(stub.requests)


@pytest.mark.parametrize("kind", ["constant", "poisson"])
def test_no_arrival_is_left_out_when_a_worker_leaves(make_bundle, start_locusts, stub, kind):
    seconds, rate = 8, 200
    stage = {"durationSeconds": seconds, "ratePerSecond": rate}
    arrivals = {"kind": kind, "startRate": rate, "stages": [stage], "maxInFlight": 100}
    load = load_plan(users=2, spawnRate=2, durationSeconds=seconds, arrivals=arrivals)
    cluster = Cluster(start_locusts(make_bundle("chalice", host=stub.url, config=CHALICE, load=load)), 2)
    swarm(cluster, load)
    eventually(lambda: len(stub.requests) > rate, "a second of arrivals")
    cluster.web.request("/loadwright/scale", {"workers": "1", "by": "a test"})
    cluster.workers[0].terminate()
    assert cluster.workers[0].wait(60) == 0
    eventually(lambda: cluster.web.statistics()["test"].get("endedAt"), "the end of the load")
    final = cluster.settled()
    total = final["total"]
    assert total["due"] == total["succeeded"] + total["failed"] + total["dropped"]
    assert total["sent"] == len(stub.requests)
    planned = seconds * rate
    # One that hears late of the new shares may send some twice: less than half a second of a share, which
    # would be left out without them. Each worker of Poisson's draws its own: four standard deviations.
    assert abs(total["due"] - planned) <= (4 * planned**0.5 if kind == "poisson" else rate / 10)
    assert [event["action"] for event in final["events"]] == ["scale", "worker-left"]
