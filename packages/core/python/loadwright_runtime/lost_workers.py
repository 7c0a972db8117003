"""Keeps a master in control when workers are lost and come back."""

import logging
from functools import partial
from typing import Any

from locust.dispatch import UsersDispatcher

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
    runner.environment.dispatcher_class = partial(_Dispatcher, runner)


class _Dispatcher(UsersDispatcher):
    """
    Starts users only until its test ends, or another takes its place: Locust also starts users in the
    greenlets that lose and find workers, and no stop ends those.
    """

    def __init__(self, runner: Any, **options: Any):
        super().__init__(**options)
        self._runner = runner

    def __next__(self) -> dict[str, dict[str, int]]:
        # May take long: here the dispatcher waits as long as the spawn rate demands.
        users = super().__next__()
        if self._runner._users_dispatcher is not self:
            raise StopIteration
        return users
