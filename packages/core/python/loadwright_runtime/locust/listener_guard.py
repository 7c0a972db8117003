"""Keeps a master's listener alive, and its figures right, whatever comes over its port."""

import time
from collections.abc import Callable
from typing import Any

from locust.exception import RPCError, RPCReceiveError
from locust.rpc import Message, zmqrpc
from locust.runners import STATE_INIT, STATE_RUNNING, STATE_SPAWNING

from ..source.set_up import let_others_run

# As long as messages wait, Locust takes one after the other and lets nobody else have a turn: with a thousand
# workers the web server, and whoever waits for it, would hear nothing while the load goes on.
_TURN_SECONDS = 0.02
_NUMBER = (int, float)
# What Locust's own handlers take from a message without a look.
_PARTS: dict[str, dict[str, Any]] = {
    "stats": {"stats": list, "stats_total": dict, "errors": dict, "user_classes_count": dict},
    "heartbeat": {"state": str, "current_cpu_usage": _NUMBER},
    "spawning_complete": {"user_classes_count": dict},
    "exception": {"msg": str, "traceback": str},
    "logs": {"worker_id": str, "logs": list},
}
_STATES = (STATE_INIT, STATE_SPAWNING, STATE_RUNNING)
# By which a worker becomes known, or gets what it needs for that.
_FIRST_WORDS = ("client_ready", "locustfile")


def protect(runner: Any, refuse: Callable[[Any, str], None]) -> None:
    """
    In Locust 2.46 and 2.47 a message that cannot be read, or that lacks a part, ends the greenlet that hears
    all workers; another kind of damage lets it handle the message before once more, with all its figures.

    :param refuse: called with the sender, and with what is wrong
    """
    handle = runner.handle_message

    def handle_message(client_id: str, message: Message) -> None:
        wrong = _wrong(runner, client_id, message)
        if wrong:
            refuse(client_id, wrong)
            return
        try:
            handle(client_id, message)
        except Exception as error:
            refuse(client_id, f"{message.type!r} led to {type(error).__name__}: {error}"[:200])

    runner.handle_message = handle_message
    # Of the class: Locust makes another server when the network fails.
    receive = _original(zmqrpc.Server.recv_from_client)
    turn_began = time.monotonic()

    def recv_from_client(server: Any) -> Any:
        nonlocal turn_began
        while True:
            if time.monotonic() - turn_began > _TURN_SECONDS:
                let_others_run()
                turn_began = time.monotonic()
            try:
                return receive(server)
            except RPCReceiveError as error:
                refuse(error.addr, str(error))
            except RPCError:
                raise
            except Exception as error:
                refuse(None, f"it cannot be read ({type(error).__name__})")

    recv_from_client.original = receive
    zmqrpc.Server.recv_from_client = recv_from_client


def _original(function: Any) -> Any:
    return getattr(function, "original", function)


def _wrong(runner: Any, client_id: str, message: Any) -> str | None:
    kind, parts = message.type, message.data
    if type(kind) is not str:
        return "its type is no text"
    if message.node_id != client_id:
        return "it names another sender"
    if kind in _FIRST_WORDS:
        is_version = kind != "client_ready" or type(parts) is str or parts == -1
        return None if is_version else "its version is no text"
    # Locust takes the figures of anybody. A worker that leaves at the end of a test is none of its clients.
    if client_id not in runner.worker_indexes:
        return "not a worker of this master"
    if kind not in _PARTS:
        return None
    if type(parts) is not dict or not all(
        isinstance(parts.get(key), part) for key, part in _PARTS[kind].items()
    ):
        return f"{kind!r} lacks a part"
    if "state" in parts and parts["state"] not in _STATES:
        return "a state that no worker has"
    numbers = [*parts.get("user_classes_count", {}).values(), parts.get("current_memory_usage", 0)]
    if not all(type(number) is int and number >= 0 for number in numbers):
        return f"{kind!r} has a number that is none"
    return None
