"""Keeps a master's listener alive, and its figures right, whatever comes over its port."""

import time
from collections.abc import Callable
from typing import Any

import gevent
from locust.exception import RPCError, RPCReceiveError
from locust.rpc import Message, zmqrpc

# As long as messages wait, Locust takes one after the other and lets nobody else have a turn: with a thousand
# workers the web server, and whoever waits for it, would hear nothing while the load goes on.
_TURN_SECONDS = 0.02
_REPORT_PARTS = {"stats": list, "stats_total": dict, "errors": dict, "user_classes_count": dict}


def protect(runner: Any, refuse: Callable[[Any, str], None]) -> None:
    """
    In Locust 2.46 a message that cannot be read, or that lacks a part, ends the greenlet that hears all
    workers; another kind of damage lets it handle the message before once more, with all its figures.

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
        if time.monotonic() - turn_began > _TURN_SECONDS:
            gevent.sleep(0)
            turn_began = time.monotonic()
        while True:
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
    if type(message.type) is not str:
        return "its type is no text"
    if message.node_id != client_id:
        return "it names another sender"
    if message.type != "stats":
        return None
    # Locust takes the figures of anybody. A worker that leaves at the end of a test is none of its clients.
    if client_id not in runner.worker_indexes:
        return "not a worker of this master"
    parts = message.data
    if type(parts) is not dict or any(
        type(parts.get(key)) is not kind for key, kind in _REPORT_PARTS.items()
    ):
        return "a report lacks a part"
    return None
