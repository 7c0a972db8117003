"""What a long set-up owes to others in its process: a worker's heartbeats, and messages of its master."""

from contextlib import contextmanager
from types import SimpleNamespace

import gevent
import pytest
from gevent import socket
from locust.runners import WorkerRunner

from loadwright_runtime.source import set_up
from loadwright_runtime.source.line_index import LineIndex
from loadwright_runtime.source.set_up import SetUp

MEBIBYTE = 1024 * 1024


class Runner(WorkerRunner):
    """Of a worker: only what it sends."""

    def __init__(self):
        self.sent = []
        # Looked at when it is removed.
        self.greenlet = None

    def send_message(self, msg_type, data=None, client_id=None):
        self.sent.append((msg_type, data))


@pytest.fixture
def clock(monkeypatch):
    """The time that set-up sees: it passes when a test says so."""
    clock = SimpleNamespace(now=1000.0)
    monkeypatch.setattr(set_up, "time", SimpleNamespace(monotonic=lambda: clock.now))
    return clock


@pytest.fixture
def file(tmp_path):
    """Large enough for some 60 looks at its progress."""
    path = tmp_path / "payloads.jsonl"
    path.write_bytes(b'"a payload of some length"\n' * (15 * MEBIBYTE // 27))
    return path


@contextmanager
def another_greenlet():
    """Counts its turns. Each needs a look at a socket, as a message of the master does."""
    here, there = socket.socketpair()
    other = SimpleNamespace(turns=0, wake=lambda: there.send(b"1"))

    def run():
        while True:
            here.recv(1)
            other.turns += 1

    greenlet = gevent.spawn(run)
    gevent.sleep(0.001)
    yield other
    greenlet.kill()
    here.close()
    there.close()


def test_others_have_their_turn_in_every_slice_of_a_large_file(file, clock):
    """As a machine reads that needs 60 ms for 256 KiB: each look ends a slice."""
    progress = SetUp(SimpleNamespace(runner=Runner())).progress
    looks = []
    with another_greenlet() as other:

        def look(text, share):
            looks.append(other.turns)
            clock.now += 0.06
            other.wake()
            progress(text, share)

        index = LineIndex(file, look)
        index.close()
    assert len(looks) > 50
    # At each look it has had its turn for the looks before, the last of them perhaps not yet.
    assert all(turns >= before - 1 for before, turns in enumerate(looks))


def test_a_slice_is_short_beside_a_heartbeat(file, clock):
    """A fast machine yields less often, and several times in the second between two heartbeats."""
    progress = SetUp(SimpleNamespace(runner=Runner())).progress
    seen = [clock.now]
    with another_greenlet() as other:

        def look(text, share):
            clock.now += 0.008
            before = other.turns
            other.wake()
            progress(text, share)
            if other.turns > before:
                seen.append(clock.now)

        LineIndex(file, look).close()
    gaps = [later - earlier for earlier, later in zip(seen, seen[1:], strict=False)]
    assert gaps and max(gaps) < 0.2


def test_reports_to_the_master_now_and_then(clock):
    runner = Runner()
    own = SetUp(SimpleNamespace(runner=runner))
    for step in range(100):
        clock.now += 0.06
        own.progress("reading", step / 100)
    own.done()
    *reports, last = [data for kind, data in runner.sent if kind == "loadwright_set_up"]
    # Six seconds, one report in half a second.
    assert 10 <= len(reports) <= 13
    assert [report["share"] for report in reports] == sorted(report["share"] for report in reports)
    assert {report["text"] for report in reports} == {"reading"} and last == {"text": "", "share": 1.0}
