"""Workers come and go while a load runs, because there are to be more or fewer of them."""

import json

import pytest
from locust_harness import CHALICE, Cluster, eventually, load_plan, serving


@pytest.fixture
def stub():
    with serving() as server:
        yield server


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
    form = {"user_count": 4, "spawn_rate": 4, "loadwright_load": json.dumps(load)}
    assert web.request("/swarm", form)[0] == 200
    eventually(lambda: users() == [4], "all users on the only worker")

    scale(2)
    joined = locusts.start("--worker", f"--master-port={cluster.port}", "--stop-timeout=5")
    eventually(lambda: users() == [2, 2], "half of the users on the other worker")
    scale(1)
    joined.terminate()
    eventually(lambda: users() == [4], "all users back on the first worker")
    assert joined.wait(20) == 0

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
