"""Whoever reaches the port of a master changes no figure and stops nothing: a real master, and strangers."""

import json

import msgpack
import pytest
import zmq
from locust import __version__ as VERSION  # noqa: N812
from locust_harness import DHT, Cluster, eventually, load_plan, serving

from loadwright_runtime.locust import seal

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
    directory = make_bundle("dht", host=stub.url, config=DHT)
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
        other = seal.WorkerSocket(stranger.socket, seal.Seal("the token of another fleet"))
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


HELLO = ("client_ready", VERSION)
BEAT_OF_ONE = ("heartbeat", {**BEAT, "state": "ready"})


class Recorder:
    """A worker of the fleet, and what it has sent."""

    def __init__(self, stranger):
        self._name = stranger.name
        self._socket = stranger.socket
        self._seal = seal.Seal(TOKEN[seal.VARIABLE])
        self.sent = []

    def join(self):
        """Says hello, is greeted, and says it once more."""
        self.say(*HELLO)
        content, frame = self._socket.recv_multipart()
        assert content == b""
        self._seal.adopt(self._seal.open(b"g", self._name.encode(), content, [frame]))
        self.say(*HELLO)

    def say(self, kind, data):
        content = msgpack.dumps((kind, data, self._name))
        self.sent.append((content, self._seal.close(b"m", self._name.encode(), content)))
        self._socket.send_multipart(self.sent[-1])


def test_what_a_worker_said_is_not_heard_twice(make_bundle, start_locusts, stub):
    cluster = Cluster(start_locusts(make_bundle("dht", host=stub.url, config=DHT)), 0, variables=TOKEN)
    with Stranger(cluster.port, "one-of-the-fleet") as one:
        worker = Recorder(one)
        worker.join()
        eventually(lambda: len(cluster.web.statistics()["workers"]) == 1, "it is taken")
        worker.say(*BEAT_OF_ONE)
        worker.say("quit", None)
        eventually(lambda: cluster.web.statistics()["workers"] == [], "it has left")
        assert refused(cluster) == 0
        recorded = list(worker.sent)
        for frames in recorded:
            one.raw(*frames)
        # The first was of no session: it is answered, and nothing else.
        eventually(lambda: refused(cluster) == 3, "the other three refused")
        assert cluster.web.statistics()["workers"] == []


def test_what_was_meant_for_an_earlier_master_is_not_heard(make_bundle, start_locusts, stub):
    locusts = start_locusts(make_bundle("dht", host=stub.url, config=DHT))
    cluster = Cluster(locusts, 1, variables=TOKEN, worker_variables=TOKEN)
    form = {"user_count": 2, "spawn_rate": 100, "loadwright_load": json.dumps(load_plan(durationSeconds=60))}
    assert cluster.web.request("/swarm", form)[0] == 200
    (worker,) = [worker["id"] for worker in cluster.web.statistics()["workers"]]
    with Stranger(cluster.port, "one-of-the-fleet") as one:
        recorder = Recorder(one)
        recorder.join()
        eventually(lambda: len(cluster.web.statistics()["workers"]) == 2, "it is taken")
        recorder.say("stats", {**REPORT, "loadwright": FORGED})
        eventually(lambda: len(stub.requests) > 10, "requests")
    cluster.restart_master()
    # The worker of before ends its test, and comes back by itself.
    states = lambda: [one["state"] for one in cluster.web.statistics()["workers"]]  # noqa: E731
    eventually(lambda: states() == ["ready"], "it is back")
    with Stranger(cluster.port, "one-of-the-fleet") as one:
        before = refused(cluster)
        for frames in recorder.sent:
            one.raw(*frames)
        eventually(lambda: refused(cluster) == before + 2, "all but the first hello refused")
    statistics = cluster.web.statistics()
    assert [one["id"] for one in statistics["workers"]] == [worker]
    assert (statistics["requests"], statistics["total"]["due"]) == ([], 0)
    del stub.requests[:]
    eventually(lambda: cluster.web.request("/swarm", form)[0] == 200, "a test of the new master")
    eventually(lambda: len(stub.requests) > 10, "requests")
    final = cluster.settled()
    assert final["total"]["succeeded"] == final["total"]["due"] == len(stub.requests)
    assert final["missingReports"] == 0
    # Without a test, too.
    eventually(lambda: states() == ["ready"], "it is ready again")
    cluster.restart_master()
    eventually(lambda: states() == ["ready"], "it is back once more")


def test_nothing_ends_the_listener_of_a_master_without_a_token(make_bundle, start_locusts, stub):
    locusts = start_locusts(make_bundle("dht", host=stub.url, config=DHT))
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
    locusts = start_locusts(make_bundle("dht", host=stub.url, config=DHT))
    code, output = locusts.run("--headless", "-t", "1s", variables={seal.VARIABLE: "short-secret"})
    assert code == 104 and "fewer than 16 characters" in output and "short-secret" not in output


def test_a_seal_holds_for_one_message_once():
    fleet, other = seal.Seal("a" * 16), seal.Seal("b" * 16)
    master = seal.Seal("a" * 16)
    for one in (fleet, other, master):
        one.session = b"s" * 16
    frame = fleet.close(b"m", b"w1", b"content")

    def refusal(*message):
        with pytest.raises(seal.WrongSealError) as caught:
            master.open(*message)
        return str(caught.value)

    assert refusal(b"m", b"w1", b"content", []) == "it has no seal of this fleet"
    for direction, worker, content, seals in (
        (b"w", b"w1", b"content", [frame]),
        (b"m", b"w2", b"content", [frame]),
        (b"m", b"w1", b"contents", [frame]),
        (b"m", b"w1", b"content", [frame[:-1]]),
        (b"m", b"w1", b"content", [b"t" * 16 + frame[16:]]),
        (b"m", b"w1", b"content", [b""]),
        (b"m", b"w1", b"content", [other.close(b"m", b"w1", b"content")]),
    ):
        assert refusal(direction, worker, content, seals) == "it has a seal of another fleet, or was changed"
    assert master.open(b"m", b"w1", b"content", [frame]) == b"s" * 16
    assert refusal(b"m", b"w1", b"content", [frame]) == "it came before"


def test_a_session_that_a_worker_has_left_is_none_any_more():
    worker = seal.Seal("a" * 16)
    sessions = [b"1" * 16, b"1" * 16, b"2" * 16, b"1" * 16, bytes(16), b"2" * 16]
    assert [worker.adopt(session) for session in sessions] == [True, False, True, False, False, False]
    assert worker.session == b"2" * 16
