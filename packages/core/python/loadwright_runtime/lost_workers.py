"""Keeps a master listening when it hears from a worker that it has given up."""

import logging
from typing import Any

_logger = logging.getLogger(__name__)


def tolerate(runner: Any) -> None:
    """
    A worker that was missing for a minute is dropped, and may then still say that its users are started.
    Locust 2.46 looks it up without a check, and the error ends the greenlet that hears all workers: the web
    UI goes on, and every worker leaves (https://github.com/locustio/locust/issues/3515).
    """
    handle = runner.handle_message

    def handle_message(client_id: str, message: Any) -> None:
        if message.type == "spawning_complete" and message.node_id not in runner.clients:
            _logger.warning("Worker %s has started users, but was given up before.", message.node_id)
            return
        handle(client_id, message)

    runner.handle_message = handle_message
