"""What a worker does when its master has started anew, which then knows neither the worker nor its test."""

from typing import Any

import locust
from locust.rpc import Message
from locust.runners import STATE_RUNNING, STATE_SPAWNING, WorkerRunner

from ..source.set_up import SetUp
from .seal import Seal


def join_again(runner: Any, seal: Seal | None, set_up: SetUp) -> None:
    """Lets a worker end its test, say hello to each further master, and that it has all that it needs."""
    if seal is None or not isinstance(runner, WorkerRunner):
        return
    handle = runner.handle_message
    is_unknown = False

    def say_hello() -> None:
        nonlocal is_unknown
        is_unknown = True
        if runner.worker_state in (STATE_SPAWNING, STATE_RUNNING):
            # Its end is a hello.
            handle(Message("stop", None, runner.client_id))
        else:
            runner.client.send(Message("client_ready", locust.__version__, runner.client_id))

    def handle_message(message: Message) -> None:
        nonlocal is_unknown
        handle(message)
        if message.type == "ack" and is_unknown:
            is_unknown = False
            set_up.done()

    runner.handle_message = handle_message
    seal.on_other_master = say_hello
