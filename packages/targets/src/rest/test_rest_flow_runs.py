"""Flows by real workers; every count is the server's own."""

import itertools
import json
import os
import subprocess
import sys
import threading
from collections import Counter

import pytest
from locust_harness import Answer, Cluster, eventually, load_plan, serving
from test_rest_flow import BUY, step

CONFIG = {"timeoutSeconds": 5, "headers": {}, "secretHeaders": {}, "requestName": "login"}
PING = {**step("ping", "/ping", "GET"), "weight": 1}


class Shop:
    """Gives each login a token, and knows what may be asked for with it. Some of its answers lack a value."""

    def __init__(self):
        self.seen = Counter()
        self.failed = Counter()
        self.wrong = []
        self._users = itertools.count(1)
        self._lock = threading.Lock()
        self._next = {}
        """By user: what comes next."""

    def __call__(self, received):
        with self._lock:
            return self._answer(received)

    def _answer(self, received):
        name = received.path.split("?")[0].split("/")[-1]
        self.seen[name] += 1
        if name == "login":
            user = next(self._users)
            if user % 5 == 0:
                self.failed[name] += 1
                return Answer(200, b'{"user":{"id":1}}')
            self._next[user] = "items"
            return Answer(200, json.dumps({"token": f"canary-{user}", "user": {"id": user}}).encode())
        if name == "items":
            user = int(received.path.split("/")[2])
            token = f"canary-{user}"
            if received.headers["authorization"] != f"Bearer {token}" or self._next.get(user) != "items":
                self.wrong.append(received)
            if user % 7 == 0:
                self.failed[name] += 1
                return Answer(403, f'{{"message":"no rights for {token}"}}'.encode())
            self._next[user] = "orders"
            return Answer(200, b"{}", {"Location": f"/orders/canary-order-{user}"})
        if name == "ping" and self.seen[name] % 3 == 0:
            # No step of a flow.
            self.failed[name] += 1
            return Answer(500, b"{}")
        if name == "orders":
            order = json.loads(received.body)
            user = order["user"]
            if order["order"] != f"canary-order-{user}" or self._next.pop(user, None) != "orders":
                self.wrong.append(received)
        return Answer(200, b"{}")


def arrivals(rate):
    stage = {"durationSeconds": 600, "ratePerSecond": rate}
    return {"kind": "constant", "startRate": rate, "stages": [stage], "maxInFlight": 100}


LOADS = {
    "users": load_plan(
        users=6, durationSeconds=600, waitTime={"minimumSeconds": 0.005, "maximumSeconds": 0.005}
    ),
    "arrivals": load_plan(users=1, durationSeconds=600, arrivals=arrivals(150)),
}


@pytest.mark.parametrize("model", LOADS)
def test_flows(make_bundle, start_locusts, model):
    shop = Shop()
    with serving(shop) as stub:
        config = CONFIG | {"flows": [BUY], "routes": [PING]}
        directory = make_bundle("rest", host=stub.url, config=config, load=LOADS[model])
        cluster = Cluster(start_locusts(directory), 2, worker_arguments=())
        cluster.swarm(6 if model == "users" else 1)
        eventually(lambda: shop.seen["orders"] > 100, "100 flows")
        statistics = cluster.settled()
    assert shop.wrong == []
    total = statistics["total"]
    assert total["due"] == total["succeeded"] + total["failed"] + total["dropped"]
    rows = {row["name"]: row for row in statistics["requests"] if row["name"]}
    for name, path in (("login", "login"), ("items", "items"), ("order", "orders"), ("ping", "ping")):
        row = rows[name]
        assert row["sent"] == row["due"] == row["succeeded"] + row["failed"] == shop.seen[path]
        assert row["failed"] == shop.failed[path]
    completed = rows["order"]["succeeded"]
    assert rows["order"]["counters"]["flows_completed"] == total["counters"]["flows_completed"] == completed
    assert rows["order"]["trends"]["flow_duration"]["count"] == completed
    failed = sum(rows[name]["failed"] for name in ("login", "items", "order"))
    ended = {"hits": completed, "total": completed + failed}
    assert total["rates"]["flow_completion"] == ended and rows["ping"]["failed"] > 0 < failed
    # A later step is due when the one before has succeeded; some of the flows had not come to theirs.
    under_way = (
        rows["login"]["succeeded"] - rows["items"]["due"] + rows["items"]["succeeded"] - rows["order"]["due"]
    )
    assert 0 <= under_way <= 100
    kinds = {(error["name"], error["kind"], error["error"]) for error in statistics["errors"]}
    assert kinds == {
        ("login", "extract", "extract of token: no value at /token"),
        ("items", "status", "HTTP 403"),
        ("ping", "status", "HTTP 500"),
    }
    assert statistics["failureSamples"] and "canary" not in json.dumps(statistics)
    bodies = {sample["name"]: sample.get("body") for sample in statistics["failureSamples"]}
    assert bodies == {"ping": "{}", "login": None, "items": '{"message":"no rights for [redacted]"}'}


def test_a_step_that_cannot_be_made_ends_its_flow(make_bundle, start_locusts):
    """It counts, and the next flow begins."""
    column = step("order", "/orders", body={"$column": "a"}, payloads=True, usesColumns=True)
    flow = {"weight": 1, "steps": [step("login", "/login"), column]}
    with serving() as stub:
        directory = make_bundle(
            "rest", host=stub.url, config=CONFIG | {"flows": [flow]}, payloads=[{"json": {"b": 1}}]
        )
        target = json.loads((directory / "target.json").read_text())
        parts = [{"rows": 1, "weight": 1, "order": "sequential", "of": "order"}]
        (directory / "target.json").write_text(json.dumps({**target, "payloads": parts}))
        cluster = Cluster(start_locusts(directory), 1)
        cluster.swarm(1)
        eventually(lambda: len(stub.requests) > 20, "20 flows")
        statistics = cluster.settled()
        sent = len(stub.requests)
    rows = {row["name"]: row for row in statistics["requests"] if row["name"]}
    assert rows["login"]["succeeded"] == sent and rows["order"]["sent"] == 0
    assert sent - 1 <= rows["order"]["failed"] <= sent
    assert statistics["total"]["rates"]["flow_completion"] == {"hits": 0, "total": rows["order"]["failed"]}
    assert {error["kind"] for error in statistics["errors"]} == {"payload"}


def preflight(directory, name):
    done = subprocess.run(
        [sys.executable, "-m", "loadwright_runtime.preflight", f"name:{name}"],
        cwd=directory,
        env={"PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    assert "canary" not in done.stdout + done.stderr
    return json.loads(done.stdout)


def test_the_preflight_of_a_step_sends_those_before(make_bundle):
    shop = Shop()
    with serving(shop) as stub:
        directory = make_bundle("rest", host=stub.url, config=CONFIG | {"flows": [BUY]})
        document = preflight(directory, "order")
        assert document["failure"] is None and document["before"] == 2 and shop.wrong == []
        assert shop.seen == {"login": 1, "items": 1, "orders": 1}
        sent = document["request"]
        assert (sent["name"], sent["body"]["text"]) == ("order", '{"order":"[redacted]","user":1}')
        items = preflight(directory, "items")["request"]
        assert items["url"] == f"{stub.url}/users/2/items?access_token=[redacted]"
        assert items["headers"] == {"Authorization": "[redacted]"}
        # The fifth has no token.
        preflight(directory, "login"), preflight(directory, "login")
        document = preflight(directory, "order")
    assert (
        document["request"]["name"] == "login"
        and "before" not in document
        and document["answer"]["status"] == 200
    )
    assert document["failure"] == {"kind": "extract", "reason": "extract of token: no value at /token"}
