"""What people and programs may do to a test over the web UI, and what is written down of it."""

import json
from types import SimpleNamespace

import pytest
from locust_harness import DHT, Cluster, eventually, load_plan, serving

from loadwright_runtime.locust.event_log import EventLog
from loadwright_runtime.measure.failures import Failure
from loadwright_runtime.measure.figures import MAXIMUM_REASONS, Figures
from loadwright_runtime.measure.sums import RowSum

BY_HAND = {"user_count": 1, "spawn_rate": 1}


@pytest.fixture
def cluster(make_bundle, start_locusts):
    with serving() as stub:
        directory = make_bundle("dht", host=stub.url, config=DHT, load=load_plan(durationSeconds=600))
        yield Cluster(start_locusts(directory), 1, arguments=("--stop-timeout=1",))


def is_ready(cluster):
    return [worker["state"] for worker in cluster.web.statistics()["workers"]] == ["ready"]


def test_a_time_given_by_hand_ends_its_own_test_alone(cluster):
    web = cluster.web
    # The second must begin before the first would end: on a slow machine it has to be a longer one.
    for seconds in (3, 12, 40):
        assert web.request("/swarm", {**BY_HAND, "run_time": f"{seconds}s"})[0] == 200
        first = web.statistics()["test"]
        assert first["endsAt"] - first["startedAt"] == pytest.approx(seconds, abs=0.1)
        assert web.press("stop") == 200
        eventually(lambda: is_ready(cluster), "the worker ready again")
        assert web.request("/swarm", BY_HAND)[0] == 200
        if web.statistics()["time"] < first["endsAt"]:
            break
        assert web.press("stop") == 200
        eventually(lambda: is_ready(cluster), "the worker ready again")
    eventually(lambda: web.statistics()["time"] > first["endsAt"] + 0.5, "that the first would be over", 60)
    second = web.statistics()["test"]
    assert second["number"] == first["number"] + 1 and second.keys().isdisjoint({"endedAt", "endsAt"})
    # An edit gives it an end.
    assert web.request("/swarm", {**BY_HAND, "run_time": "1s"})[0] == 200
    ended = eventually(
        lambda: web.statistics()["test"].get("endedAt") and web.statistics()["test"], "its end"
    )
    assert (ended["endedBy"], ended["number"]) == ("duration", second["number"])


def test_a_test_that_a_run_judges_is_its_own(cluster):
    web = cluster.web
    form = {**BY_HAND, "loadwright_load": json.dumps(load_plan(users=1, durationSeconds=60))}
    assert web.request("/swarm", {**form, "loadwright_run": "run-1"})[0] == 200
    status, _, body = web.request("/loadwright/stop", {"run": "run-2", "grace": "0"})
    assert (status, body) == (409, b"the load is not that of the run run-2")
    assert web.request("/swarm", {**form, "loadwright_run": "run-2"})[0] == 409
    assert [web.press(button) for button in ("stop", "stats/reset")] == [409, 409]
    statistics = web.statistics()
    assert "endedAt" not in statistics["test"] and statistics["test"]["runId"] == "run-1"
    assert [(one["action"], one["accepted"], one["detail"]) for one in statistics["events"]] == [
        ("stop", False, "a program, for the run run-2"),
        ("start", False, "a test is under way: stop it first"),
        ("stop", False, "run run-1 measures: its test is not to be changed (stop)"),
        ("reset", False, "run run-1 measures: its test is not to be changed (reset)"),
    ]
    assert json.loads(web.request("/loadwright/stop", {"run": "run-1"})[2])["success"]
    # Afterwards there is nothing to refuse.
    assert json.loads(web.request("/loadwright/stop", {"run": "run-2"})[2])["success"]
    assert len(web.statistics()["events"]) == 4


def test_who_changes_an_interactive_run_is_written_down(cluster):
    web = cluster.web
    load = json.dumps(load_plan(users=1, durationSeconds=60))
    form = {**BY_HAND, "loadwright_load": load, "loadwright_run": "run-1", "loadwright_interactive": "1"}
    assert web.request("/swarm", form)[0] == 200
    before = eventually(lambda: web.statistics()["total"]["succeeded"] > 3 and web.statistics(), "answers")
    assert before["events"] == []
    assert web.press("stats/reset") == 200
    assert web.request("/swarm", {"user_count": 2, "spawn_rate": 1})[0] == 200
    # The figures are the run's own, and go on.
    after = eventually(
        lambda: web.statistics()["total"]["due"] > before["total"]["due"] and web.statistics(), "more"
    )
    assert after["total"]["succeeded"] >= before["total"]["succeeded"]
    # Another run is kept out all the same.
    assert web.request("/swarm", {**form, "loadwright_run": "run-2"})[0] == 409
    assert web.press("stop") == 200
    ended = eventually(lambda: "endedAt" in web.statistics()["test"] and web.statistics(), "its end")
    assert (ended["test"]["runId"], ended["test"]["endedBy"]) == ("run-1", "stop")
    assert [(one["action"], one["accepted"], one["detail"]) for one in ended["events"]] == [
        ("reset", True, "reset in the web UI"),
        ("edit", True, "edit in the web UI"),
        ("start", False, "a test is under way: stop it first"),
        ("stop", True, "stop in the web UI"),
    ]


def test_what_reached_the_list_of_exceptions_stays_there():
    runner = SimpleNamespace(exceptions={}, log_exception=lambda *one: runner.exceptions.update({one: 1}))
    log = EventLog(runner)
    for node in ("b", "a", "a"):
        runner.log_exception(node, "wrong", "a traceback")
    assert len(runner.exceptions) == 2
    runner.exceptions = {}
    assert log.exceptions() == [{"message": "wrong", "count": 3, "nodes": ["a", "b"]}]
    log.clear()
    assert log.exceptions() == []


def test_who_asks_often_does_not_keep_out_what_happens_to_workers():
    log = EventLog(SimpleNamespace(log_exception=None))
    for _ in range(1000):
        log.note("reset", "reset in the web UI", accepted=False)
    log.note("worker-lost", "worker a left")
    assert len(log.events) == 201 and log.events[-1]["action"] == "worker-lost"


def test_reasons_are_few_over_all_workers_together():
    figures = Figures()
    for worker in range(20):
        row = RowSum()
        row.failed = row.due = 100
        row.failures = {Failure("status", f"HTTP 500 Error{worker}x{number}"): 1 for number in range(100)}
        figures.add([(0, ("GET", "a"), row)])
    figures.settle()
    other = ("GET", "a", "status", "other failures of the kind status")
    assert len(figures.errors) == MAXIMUM_REASONS + 1
    assert (sum(figures.errors.values()), figures.errors[other]) == (2000, 2000 - MAXIMUM_REASONS)
    assert figures.total().failures_by_kind() == {"status": 2000}
