"""
For tests: prints what a real master answers of a run in which everything comes up once, as one JSON document.
A test in TypeScript holds its keys against those that ``@loadwright/core`` reads.
"""

import email.utils
import json
import sys
import tempfile
from pathlib import Path

from locust_harness import Answer, Cluster, Received, eventually, load_plan, locusts, serving, write_bundle

LOCUSTFILE = """
import time

from loadwright_runtime import LoadwrightUser, Request, RequestCache, RequestSource, prepare
from locust import events
from locust.runners import WorkerRunner

LoadShape = prepare()


@events.test_start.add_listener
def fail(environment, **_):
    if isinstance(environment.runner, WorkerRunner):
        environment.events.user_error.fire(user_instance=None, exception=ValueError("of a user"), tb=None)


class Requests(RequestSource):
    def __init__(self, setup):
        super().__init__(setup)
        end = time.monotonic() + 1
        while time.monotonic() < end:
            setup.progress("reading", 0.5)
        self._payloads = setup.payloads(lambda payload: payload.encode("application/json"))
        self._requests = RequestCache(self._make)

    def next_request(self):
        self.metrics.trend("of_a_target", 0.25, unit="s", description="a trend")
        self.metrics.counter("pieces", 2, unit="pieces", description="a counter")
        self.metrics.rate("hits", True, description="a rate")
        return self._requests.of(self._payloads.next_body())

    def request_named(self, name):
        return self.next_request()

    def names_before(self, name):
        return ["first"] if name == "later" else []

    def _make(self, body):
        headers = {"Content-Type": body.content_type}
        return Request("POST", "/score", name="score", headers=headers, body=body.content, id="1")


class User(LoadwrightUser):
    source_class = Requests
"""

STAGES = load_plan(
    stages=[{"durationSeconds": 1, "users": 2}],
    startUsers=1,
    durationSeconds=1,
    gracefulStopSeconds=1,
    logRequests=1,
)
ARRIVALS = load_plan(
    users=1,
    durationSeconds=2,
    arrivals={
        "kind": "constant",
        "maxInFlight": 5,
        "startRate": 20,
        "stages": [{"durationSeconds": 2, "ratePerSecond": 20}],
    },
    gracefulStopSeconds=1,
)


def answer(received: Received) -> Answer:
    """Every second request fails; the answers have a date, from which a worker reads the service's clock."""
    answer.number += 1
    headers = {"Date": email.utils.formatdate(usegmt=True), "Content-Type": "application/json"}
    return Answer(200 if answer.number % 2 else 503, received.body, headers)


answer.number = 0


def swarm(web, load: dict, **form: str) -> None:
    """Starts a test with a load of its own."""
    fields = {"user_count": load["users"], "spawn_rate": 100, "loadwright_load": json.dumps(load), **form}
    status, _, body = web.request("/swarm", fields)
    assert (status, json.loads(body)["success"]) == (200, True), body


def documents(directory: Path, url: str) -> dict[str, list]:
    """What the master answers, by the route."""
    target = directory / "contract"
    target.mkdir()
    (target / "locustfile.py").write_text(LOCUSTFILE)
    bundle = directory / "bundle"
    write_bundle(
        bundle,
        target,
        host=url,
        config={"timeoutSeconds": 2},
        payloads=[{"json": {"amount": 1}}],
    )
    found: dict[str, list] = {"statistics": [], "series": [], "preflight": []}
    with locusts(bundle) as processes:
        cluster = Cluster(processes, 0)
        worker = f"--master-port={cluster.port}"
        processes.start("--worker", worker, "--stop-timeout=5", variables={"SOME": "variable"})
        preparing = eventually(
            lambda: _with(cluster.web.statistics(), lambda one: one["setUp"]["workers"]), "a set-up"
        )
        found["statistics"].append(preparing)
        eventually(lambda: cluster.connected() == 1, "the worker")
        # The second fails; the last is sent after another, whose answer it needs.
        for form in ({}, {}, {"path": "name:later"}):
            status, _, body = cluster.web.request("/loadwright/preflight", form)
            assert status == 200, body
            found["preflight"].append(json.loads(body))
        for load in (STAGES, ARRIVALS):
            eventually(lambda: cluster.connected() == 1, "the worker is back")
            swarm(cluster.web, load, loadwright_run="a-run")
            cluster.web.press("stats/reset")
            settled = eventually(
                lambda: _with(cluster.web.statistics(), lambda one: "settledAt" in one["test"]), "its end"
            )
            found["statistics"].append(settled)
            found["series"].append(cluster.web.series())
    return found


def _with(document: dict, condition) -> dict | None:
    return document if document and condition(document) else None


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder, serving(answer) as stub:
        json.dump(documents(Path(folder), stub.url), sys.stdout)
