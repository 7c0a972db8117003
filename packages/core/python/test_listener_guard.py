"""What the listener owes to others in its process."""

import time
from types import SimpleNamespace

import gevent
from loadwright_runtime import listener_guard
from locust.rpc import Message, zmqrpc


def test_others_have_their_turn_while_messages_wait(monkeypatch):
    """As with a thousand workers: the next message is there before the last one has been dealt with."""
    message = Message("heartbeat", {}, "a worker")
    monkeypatch.setattr(zmqrpc.Server, "recv_from_client", lambda _: ("a worker", message))
    runner = SimpleNamespace(handle_message=lambda *_: None)
    listener_guard.protect(runner, lambda *_: None)
    turns = []

    def others():
        while True:
            turns.append(time.monotonic())
            gevent.sleep(0)

    waiting = gevent.spawn(others)
    try:
        end = time.monotonic() + 0.5
        while time.monotonic() < end:
            assert zmqrpc.Server.recv_from_client(object()) == ("a worker", message)
    finally:
        waiting.kill()
    # The listener takes 20 ms at once.
    assert len(turns) > 5
