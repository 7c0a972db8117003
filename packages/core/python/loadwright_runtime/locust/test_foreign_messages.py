"""Whoever reaches the port of a master changes no figure and stops nothing: a real master, and strangers."""

import json

import msgpack
import pytest
import zmq
from locust import __version__ as VERSION  # noqa: N812
from locust_harness import Cluster, eventually, load_plan, serving

from loadwright_runtime.locust import seal

CONFIG = {
    "path": "/cache",
    "urls": {"template": "https://origin.example/item/{i}", "count": 10},
    "choice": "uniform",
    "timeoutSeconds": 5,
    "requestName": "cache",
}
TOKEN = {seal.VARIABLE: "the-token-of-this-test-alone"}
REPORT = {"stats": [], "stats_total": {}, "errors": {}, "user_classes_count": {"Users": 1}, "user_count": 1}
FORGED = {
    "version": 1,
    "test": None,
    "number": 10**9,
    "rows": [["GET", "forged", [[0, [7, 7, 7, 0, 0, 0, 0, 0], [], None]]]],
    "metrics": {},
    "clockOffset": None,
    "load": [0, 0.0],
    "more": {},
}
BEAT = {"state": "running", "current_cpu_usage": 1.0, "current_memory_usage": 1}


class Stranger:
    """A ZeroMQ client that sends what it likes, under a name that it likes."""

    def __init__(self, port, name="stranger"):
        self.socket = zmq.Context.instance().socket(zmq.DEALER)
        self.socket.setsockopt(zmq.IDENTITY, name.encode())
        self.socket.setsockopt(zmq.LINGER, 5000)
        self.socket.connect(f"tcp://127.0.0.1:{port}")
        self.name = name
        self.sent = 0

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def raw(self, *frames):
        self.socket.send_multipart(frames)
        self.sent += 1

    def say(self, kind, data=None, name=None):
        self.raw(msgpack.dumps((kind, data, self.name if name is None else name)))


def speak_well(stranger, worker):
    """What a worker says, in its own name and in that of one that is there."""
    stranger.say("client_ready", VERSION)
    for name in (stranger.name, worker):
        for kind, data in (
            ("heartbeat", BEAT),
            ("stats", {**REPORT, "loadwright": FORGED}),
            ("exception", {"msg": "forged", "traceback": "forged"}),
            ("logs", {"worker_id": worker, "logs": ["forged"]}),
            ("spawning", None),
            ("spawning_complete", {"user_classes_count": {"Users": 1000}, "user_count": 1000}),
            ("loadwright_set_up", {"text": "forged", "share": 0.5}),
            ("client_stopped", None),
            ("quit", None),
        ):
            stranger.say(kind, data, name)


def speak_badly(stranger):
    for frames in (
        (b"",),
        (b"\xc1",),
        (b"\x93\x01",),
        (b"x" * 1_000_000,),
        (b"", b"", b"", b""),
        (b"\xff\xfe", b"a"),
    ):
        stranger.raw(*frames)
    for message in (
        [],
        ["stats"],
        "stats",
        None,
        ["stats", None, "stranger", "more"],
        [["heartbeat"], BEAT, "stranger"],
        ["heartbeat", BEAT, ["stranger"]],
        ["heartbeat", BEAT, {"stranger": 1}],
        ["stats", {"__datetime__": True}, "stranger"],
    ):
        stranger.raw(msgpack.dumps(message))
    stranger.raw(b"\x91" * 2000)


def refused(cluster):
    return cluster.web.statistics()["refusedReports"]


@pytest.fixture
def stub():
    with serving() as server:
        yield server


def test_only_workers_with_the_token_are_heard(make_bundle, start_locusts, stub):
    directory = make_bundle("dht", host=stub.url, config=CONFIG)
    locusts = start_locusts(directory)
    cluster = Cluster(locusts, 1, variables=TOKEN, worker_variables=TOKEN)
    (worker,) = [worker["id"] for worker in cluster.web.statistics()["workers"]]
    form = {"user_count": 2, "spawn_rate": 100, "loadwright_load": json.dumps(load_plan(durationSeconds=60))}
    assert cluster.web.request("/swarm", form)[0] == 200
    eventually(lambda: len(stub.requests) > 10, "requests")
    with Stranger(cluster.port) as stranger:
        speak_well(stranger, worker)
        speak_badly(stranger)
        # With a seal, but by another token.
        other = seal.SealedSocket(stranger.socket, seal.Seal("the token of another fleet"))
        other.send(msgpack.dumps(("client_ready", VERSION, stranger.name)))
        expected = stranger.sent + 1
        eventually(lambda: refused(cluster) == expected, "each message refused")
    # A worker of another start, by hand, without the token.
    locusts.start("--worker", f"--master-port={cluster.port}")
    eventually(lambda: refused(cluster) > expected, "its first word refused")
    statistics = cluster.settled()
    assert [(one["id"], one["state"]) for one in statistics["workers"]] in ([], [(worker, "ready")])
    assert {one["action"] for one in statistics["events"]} == {"stop"}
    assert (statistics["exceptions"], statistics["missingReports"]) == ([], 0)
    assert [one["name"] for one in statistics["requests"]] == ["cache"]
    assert statistics["total"]["succeeded"] == statistics["total"]["due"] == len(stub.requests)
    eventually(lambda: cluster.connected() == 1, "the worker back")


def test_what_a_worker_said_is_not_heard_twice(make_bundle, start_locusts, stub):
    cluster = Cluster(start_locusts(make_bundle("dht", host=stub.url, config=CONFIG)), 0, variables=TOKEN)
    messages = (("client_ready", VERSION), ("heartbeat", {**BEAT, "state": "ready"}), ("quit", None))
    with Stranger(cluster.port, "one-of-the-fleet") as one:
        recorded = []
        for kind, data in messages:
            content = msgpack.dumps((kind, data, one.name))
            recorded.append((content, _seal.close(b"m", one.name.encode(), content)))
        one.raw(*recorded[0])
        eventually(lambda: len(cluster.web.statistics()["workers"]) == 1, "it is taken")
        for frames in recorded[1:]:
            one.raw(*frames)
        eventually(lambda: cluster.web.statistics()["workers"] == [], "it has left")
        for frames in recorded:
            one.raw(*frames)
        eventually(lambda: refused(cluster) == 3, "all three refused")
        assert cluster.web.statistics()["workers"] == []


_seal = seal.Seal(TOKEN[seal.VARIABLE])


def test_nothing_ends_the_listener_of_a_master_without_a_token(make_bundle, start_locusts, stub):
    locusts = start_locusts(make_bundle("dht", host=stub.url, config=CONFIG))
    cluster = Cluster(locusts, 0)
    with Stranger(cluster.port) as stranger:
        speak_badly(stranger)
        for kind, data in (("heartbeat", None), ("heartbeat", BEAT), ("stats", REPORT), ("exception", {})):
            stranger.say(kind, data)
        stranger.say("client_ready", ["2.47"])
        eventually(lambda: refused(cluster) == stranger.sent, "each message refused")
        # As a worker of its own it is none that others can speak for.
        stranger.say("client_ready", VERSION)
        before = stranger.sent
        for kind, data in (
            ("heartbeat", {**BEAT, "state": "missing"}),
            ("heartbeat", {**BEAT, "current_cpu_usage": "high"}),
            ("heartbeat", None),
            ("spawning_complete", {"user_classes_count": {"Users": "many"}, "user_count": 1}),
            ("stats", {**REPORT, "user_classes_count": {"Users": -1}}),
        ):
            stranger.say(kind, data)
        eventually(lambda: refused(cluster) == before - 1 + 5, "what is damaged refused")
        stranger.say("quit")
        eventually(lambda: cluster.web.statistics()["workers"] == [], "it has left")
    locusts.start("--worker", f"--master-port={cluster.port}")
    eventually(lambda: cluster.connected() == 1, "a worker")


def test_a_token_that_can_be_guessed_is_refused(make_bundle, start_locusts, stub):
    locusts = start_locusts(make_bundle("dht", host=stub.url, config=CONFIG))
    code, output = locusts.run("--headless", "-t", "1s", variables={seal.VARIABLE: "short-secret"})
    assert code == 104 and "fewer than 16 characters" in output and "short-secret" not in output


def test_a_seal_holds_for_one_message_once():
    fleet, other = seal.Seal("a" * 16), seal.Seal("b" * 16)
    frame = fleet.close(b"m", b"w1", b"content")
    wrong = seal.Seal("a" * 16).what_is_wrong
    assert wrong(b"m", b"w1", b"content", []) == "it has no seal of this fleet"
    for direction, worker, content, seals in (
        (b"w", b"w1", b"content", [frame]),
        (b"m", b"w2", b"content", [frame]),
        (b"m", b"w1", b"contents", [frame]),
        (b"m", b"w1", b"content", [frame[:-1]]),
        (b"m", b"w1", b"content", [b""]),
        (b"m", b"w1", b"content", [other.close(b"m", b"w1", b"content")]),
    ):
        assert wrong(direction, worker, content, seals) == "it has a seal of another fleet, or was changed"
    assert wrong(b"m", b"w1", b"content", [frame]) is None
    assert wrong(b"m", b"w1", b"content", [frame]) == "it came before"
