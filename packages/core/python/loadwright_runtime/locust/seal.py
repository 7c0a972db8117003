"""
Seals what master and workers of one fleet tell each other. Locust's port is open to whoever reaches it: a
message that comes from elsewhere, or that comes once more, must be distinguished from those of the fleet.

Each message has one frame more: the session, the number, and the HMAC-SHA256 (RFC 2104) of direction, worker,
session, number and content, by the token of the fleet. The token itself never travels, and the content is not
kept secret from who can read along.

A session is what one process of a master chooses by chance, so that nothing which was recorded before it
started is heard by it. It greets whoever speaks with the token and another session; whoever is greeted says
hello anew. Within a session numbers only grow.
"""

import hmac
import logging
import secrets
import time
from collections.abc import Callable
from typing import Any

import zmq
from locust.exception import RPCReceiveError
from locust.rpc import zmqrpc

from ..source import variables
from ..source.errors import SetupError

VARIABLE = "LOADWRIGHT_FLEET_TOKEN"
"""The same text for the master and all workers, made for one fleet: any that nobody guesses."""

_SHORTEST_TOKEN = 16
_SESSION_BYTES = 16
_NUMBER_BYTES = 8
_NO_SESSION = bytes(_SESSION_BYTES)
_TO_MASTER, _TO_WORKER, _GREETING = b"m", b"w", b"g"
_logger = logging.getLogger(__name__)


class WrongSealError(Exception):
    """Says what is wrong with a message."""


class Seal:
    """Of a fleet, as one of its processes uses it."""

    def __init__(self, token: str):
        self._key = token.encode()
        # Numbers of one process go on where those of the one before it, at the same address, ended.
        self._number = time.time_ns()
        self._heard: dict[tuple[bytes, bytes], int] = {}
        self.session = _NO_SESSION
        """Of the master: its own, or the one that a worker got."""
        self._left: set[bytes] = set()
        self.hello: bytes | None = None
        """On a worker: the content of its first message."""
        self.on_other_master: Callable[[], None] | None = None
        """On a worker: called when another process is its master. Without it the worker says hello again."""

    def close(self, direction: bytes, worker: bytes, content: bytes) -> bytes:
        """The frame that goes with a message."""
        self._number += 1
        number = self._number.to_bytes(_NUMBER_BYTES, "big")
        return self.session + number + self._digest(direction, worker, self.session, number, content)

    def open(self, direction: bytes, worker: bytes, content: bytes, frames: list[bytes]) -> bytes:
        """
        :param frames: what came behind the message
        :returns: the session that it is of. One of the own session is right only once.
        :raises WrongSealError:
        """
        if len(frames) != 1:
            raise WrongSealError("it has no seal of this fleet")
        session, rest = frames[0][:_SESSION_BYTES], frames[0][_SESSION_BYTES:]
        number, digest = rest[:_NUMBER_BYTES], rest[_NUMBER_BYTES:]
        if not hmac.compare_digest(digest, self._digest(direction, worker, session, number, content)):
            raise WrongSealError("it has a seal of another fleet, or was changed")
        if session == self.session:
            value = int.from_bytes(number, "big")
            if value <= self._heard.get((direction, worker), 0):
                raise WrongSealError("it came before")
            self._heard[direction, worker] = value
        return session

    def adopt(self, session: bytes) -> bool:
        """
        On a worker, which was greeted. The session of a master that it has left is none any more.

        :returns: whether the session is another one
        """
        if session in (self.session, _NO_SESSION) or session in self._left:
            return False
        self._left.add(self.session)
        self.session = session
        return True

    def _digest(
        self, direction: bytes, worker: bytes, session: bytes, number: bytes, content: bytes
    ) -> bytes:
        length = len(worker).to_bytes(4, "big")
        return hmac.digest(
            self._key, b"".join((direction, length, worker, session, number, content)), "sha256"
        )


class _SealedSocket:
    """A socket of Locust's, as its ``BaseSocket`` uses it."""

    def __init__(self, socket: Any, seal: Seal):
        self._socket = socket
        self._seal = seal

    def __getattr__(self, name: str) -> Any:
        return getattr(self._socket, name)


class MasterSocket(_SealedSocket):
    """That of a master, whose process begins a session with the first."""

    def __init__(self, socket: Any, seal: Seal):
        super().__init__(socket, seal)
        if seal.session == _NO_SESSION:
            seal.session = secrets.token_bytes(_SESSION_BYTES)

    def send_multipart(self, frames: list[bytes]) -> Any:
        worker, content = frames
        return self._socket.send_multipart([*frames, self._seal.close(_TO_WORKER, worker, content)])

    def recv_multipart(self) -> list[bytes]:
        """Raises ``RPCReceiveError``."""
        while True:
            worker, *rest = self._socket.recv_multipart()
            content, *seals = rest or [b""]
            try:
                session = self._seal.open(_TO_MASTER, worker, content, seals)
            except WrongSealError as error:
                raise _refused(worker, str(error)) from None
            if session == self._seal.session:
                return [worker, content]
            # Whoever may speak, and has not heard of this master or knows the one before it.
            greeting = self._seal.close(_GREETING, worker, b"")
            self._socket.send_multipart([worker, b"", greeting])
            if session != _NO_SESSION:
                raise _refused(worker, "it was meant for an earlier master")


class WorkerSocket(_SealedSocket):
    """That of a worker."""

    def send(self, content: bytes, flags: int = 0) -> Any:
        if self._seal.hello is None:
            self._seal.hello = content
        seal = self._seal.close(_TO_MASTER, self._socket.getsockopt(zmq.IDENTITY), content)
        return self._socket.send_multipart([content, seal], flags)

    def recv(self) -> bytes:
        while True:
            content, *seals = self._socket.recv_multipart()
            own = self._socket.getsockopt(zmq.IDENTITY)
            seal = self._seal
            try:
                session = seal.open(_TO_WORKER if content else _GREETING, own, content, seals)
            except WrongSealError as error:
                self._warn(str(error))
                continue
            if not content:
                self._be_greeted(session)
            elif session == seal.session:
                return content
            else:
                self._warn("it is of another master")

    def _be_greeted(self, session: bytes) -> None:
        seal = self._seal
        is_first = seal.session == _NO_SESSION
        if not seal.adopt(session):
            return
        if not is_first and seal.on_other_master is not None:
            _logger.warning("the master has started anew")
            seal.on_other_master()
        elif seal.hello is not None:
            self.send(seal.hello)

    @staticmethod
    def _warn(wrong: str) -> None:
        _logger.warning("a message of the master was refused: %s (variable %s)", wrong, VARIABLE)


def _refused(worker: bytes, why: str) -> RPCReceiveError:
    return RPCReceiveError(why, addr=worker.decode(errors="replace"))


def apply() -> Seal | None:
    """
    Seals the messages of all sockets that Locust makes from now on, where the variable says so. Without it
    nothing changes: a bundle that is run by hand needs no token.

    :returns: the seal of this process
    """
    token = variables.optional(VARIABLE)
    if token is None:
        return None
    if len(token) < _SHORTEST_TOKEN:
        raise SetupError(
            f"the variable {VARIABLE} has fewer than {_SHORTEST_TOKEN} characters: give master and workers "
            "the same random text, such as that of `openssl rand -hex 32`."
        )
    seal = Seal(token)
    prepare = zmqrpc.BaseSocket.__init__

    def prepare_sealed(socket: Any, *args: Any, **options: Any) -> None:
        prepare(socket, *args, **options)
        sealed = MasterSocket if isinstance(socket, zmqrpc.Server) else WorkerSocket
        socket.socket = sealed(socket.socket, seal)

    zmqrpc.BaseSocket.__init__ = prepare_sealed
    return seal
