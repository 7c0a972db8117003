"""Keeps a master in control when workers are lost and come back."""

import logging
from functools import partial
from typing import Any

import gevent
from locust.dispatch import UsersDispatcher
from locust.rpc.protocol import Message
from locust.runners import STATE_INIT, STATE_RUNNING, STATE_SPAWNING

from ..load.ending import LEAVING_MESSAGE

_logger = logging.getLogger(__name__)
# What a worker of any version may say in place of its own.
_ANY_VERSION = -1
_LOOK_SECONDS = 0.1


class LostWorkers:
    """
    A worker that was missing for a minute is dropped, and may then still say that its users are started.
    Locust up to 2.46 looks it up without a check, and the error may end the greenlet that hears all workers:
    the web UI goes on, and every worker leaves (https://github.com/locustio/locust/issues/3515).

    One that takes its leave while users are being started takes its users with it: Locust gives them to
    others only when it says that it runs. One that says before that it is about to leave has its users given
    to others at once, while it still waits for its last answers.
    """

    def __init__(self, runner: Any):
        self._runner = runner
        self._forgotten: set[str] = set()
        self._leaving: set[str] = set()
        self._waiting: gevent.Greenlet | None = None
        self._handle = runner.handle_message
        runner.handle_message = self._handle_message
        runner.environment.dispatcher_class = partial(_Dispatcher, runner)

    def forget(self) -> None:
        """Before a test, or who is missing would have a share of the users, which is then missing too."""
        clients = self._runner.clients
        for client in clients.missing:
            self._forgotten.add(client.id)
            del clients[client.id]

    def _handle_message(self, client_id: str, message: Any) -> None:
        worker = message.node_id
        if worker not in self._runner.clients:
            if message.type == "spawning_complete":
                _logger.warning("Worker %s has started users, but was given up before.", worker)
                return
            # It only was silent for a while. Locust would not answer it, and it would quit.
            is_idle = message.type == "heartbeat" and message.data["state"] == STATE_INIT
            if is_idle and worker in self._forgotten:
                self._handle(client_id, Message("client_ready", _ANY_VERSION, worker))
        else:
            self._forgotten.discard(worker)
        self._handle(client_id, message)
        if message.type == "client_ready":
            self._leaving.discard(worker)
        leaves = message.type == LEAVING_MESSAGE and self._lets_go(worker)
        if leaves or (message.type == "quit" and self._runner.state == STATE_SPAWNING):
            self._waiting = self._waiting or self._runner.greenlet.spawn(self._start_again)

    def _lets_go(self, worker: str) -> bool:
        """Counts on it for no users any more. Not when there is no other."""
        runner = self._runner
        dispatcher = runner._users_dispatcher
        if worker not in runner.clients or dispatcher is None or runner.worker_count < 2:
            return False
        self._leaving.add(worker)
        dispatcher.remove_worker(runner.clients[worker])
        return True

    def _start_again(self) -> None:
        runner = self._runner
        while runner.state == STATE_SPAWNING:
            gevent.sleep(_LOOK_SECONDS)
        self._waiting = None
        staying = [client for client in runner.clients.values() if client.id not in self._leaving]
        users = sum(client.user_count for client in staying)
        if runner.state == STATE_RUNNING and users < runner.target_user_count:
            runner.start(runner.target_user_count, runner.spawn_rate)


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
        try:
            users = super().__next__()
        except StopIteration:
            # Locust forgets to say so when users only moved, and then moves none when the next worker goes.
            self._dispatch_in_progress = False
            raise
        if self._runner._users_dispatcher is not self:
            raise StopIteration
        return users
