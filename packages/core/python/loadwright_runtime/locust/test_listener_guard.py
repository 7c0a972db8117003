"""What the listener owes to others in its process."""

import time
from types import SimpleNamespace

import gevent
import pytest
from locust.exception import RPCError, RPCReceiveError
from locust.rpc import Message, zmqrpc

from loadwright_runtime.locust import listener_guard


def turns_of_others(listen):
    """How often a greenlet that waits for a time has its turn in half a second, in which somebody listens."""
    turns = []

    def others():
        while True:
            turns.append(time.monotonic())
            gevent.sleep(0.001)

    greenlets = [gevent.spawn(others), gevent.spawn(listen)]
    gevent.sleep(0.5)
    gevent.killall(greenlets)
    return len(turns)


def test_others_have_their_turn_while_messages_wait(monkeypatch):
    """As with a thousand workers: the next message is there before the last one has been dealt with."""
    message = Message("heartbeat", {}, "a worker")
    monkeypatch.setattr(zmqrpc.Server, "recv_from_client", lambda _: ("a worker", message))
    end = time.monotonic() + 0.5
    listener_guard.protect(SimpleNamespace(handle_message=lambda *_: None), lambda *_: None)

    def listen():
        while time.monotonic() < end:
            assert zmqrpc.Server.recv_from_client(object()) == ("a worker", message)

    # The listener takes 20 ms at once.
    assert turns_of_others(listen) > 5


def test_others_have_their_turn_while_rubbish_comes(monkeypatch):
    end = time.monotonic() + 0.5

    def receive(_):
        if time.monotonic() > end:
            raise RPCError("over")
        raise RPCReceiveError("rubbish", addr="nobody")

    monkeypatch.setattr(zmqrpc.Server, "recv_from_client", receive)
    refused = []
    listener_guard.protect(
        SimpleNamespace(handle_message=lambda *_: None), lambda *reason: refused.append(reason)
    )

    def listen():
        with pytest.raises(RPCError, match="over"):
            zmqrpc.Server.recv_from_client(object())

    assert turns_of_others(listen) > 5
    assert refused
