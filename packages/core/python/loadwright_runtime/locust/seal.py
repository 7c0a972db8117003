"""
Seals what master and workers of one fleet tell each other. Locust's port is open to whoever reaches it: a
message that comes from elsewhere, or that comes once more, must be distinguished from those of the fleet.

Each message has one frame more: its number, and the HMAC-SHA256 (RFC 2104) of direction, worker, number and
content, by the token of the fleet. Numbers only grow. The token itself never travels, and the content is not
kept secret from who can read along.
"""

import hmac
import logging
import time
from typing import Any

import zmq
from locust.exception import RPCReceiveError
from locust.rpc import zmqrpc

from ..source import variables
from ..source.errors import SetupError

VARIABLE = "LOADWRIGHT_FLEET_TOKEN"
"""The same text for the master and all workers, made for one fleet: any that nobody guesses."""

_SHORTEST_TOKEN = 16
_NUMBER_BYTES = 8
_TO_MASTER, _TO_WORKER = b"m", b"w"
_logger = logging.getLogger(__name__)


class Seal:
    """Of a fleet, as one of its processes uses it."""

    def __init__(self, token: str):
        self._key = token.encode()
        # Numbers of one process go on where those of the one before it, at the same address, ended.
        self._number = time.time_ns()
        self._heard: dict[tuple[bytes, bytes], int] = {}

    def close(self, direction: bytes, worker: bytes, content: bytes) -> bytes:
        """The frame that goes with a message."""
        self._number += 1
        number = self._number.to_bytes(_NUMBER_BYTES, "big")
        return number + self._digest(direction, worker, number, content)

    def what_is_wrong(
        self, direction: bytes, worker: bytes, content: bytes, frames: list[bytes]
    ) -> str | None:
        """
        :param frames: what came behind the message
        :returns: None for one that is right, which is so only once
        """
        if len(frames) != 1:
            return "it has no seal of this fleet"
        number, digest = frames[0][:_NUMBER_BYTES], frames[0][_NUMBER_BYTES:]
        if not hmac.compare_digest(digest, self._digest(direction, worker, number, content)):
            return "it has a seal of another fleet, or was changed"
        value = int.from_bytes(number, "big")
        if value <= self._heard.get((direction, worker), 0):
            return "it came before"
        self._heard[direction, worker] = value
        return None

    def _digest(self, direction: bytes, worker: bytes, number: bytes, content: bytes) -> bytes:
        text = b"".join((direction, len(worker).to_bytes(4, "big"), worker, number, content))
        return hmac.digest(self._key, text, "sha256")


class SealedSocket:
    """A socket of Locust's, as its ``BaseSocket`` uses it."""

    def __init__(self, socket: Any, seal: Seal):
        self._socket = socket
        self._seal = seal

    def __getattr__(self, name: str) -> Any:
        return getattr(self._socket, name)

    def send(self, content: bytes, flags: int = 0) -> Any:
        """From a worker."""
        seal = self._seal.close(_TO_MASTER, self._socket.getsockopt(zmq.IDENTITY), content)
        return self._socket.send_multipart([content, seal], flags)

    def send_multipart(self, frames: list[bytes]) -> Any:
        """From a master."""
        worker, content = frames
        return self._socket.send_multipart([*frames, self._seal.close(_TO_WORKER, worker, content)])

    def recv(self) -> bytes:
        """On a worker."""
        while True:
            content, *rest = self._socket.recv_multipart()
            own = self._socket.getsockopt(zmq.IDENTITY)
            wrong = self._seal.what_is_wrong(_TO_WORKER, own, content, rest)
            if wrong is None:
                return content
            _logger.warning("a message of the master was refused: %s (variable %s)", wrong, VARIABLE)

    def recv_multipart(self) -> list[bytes]:
        """On a master. Raises ``RPCReceiveError``."""
        worker, *rest = self._socket.recv_multipart()
        content, *seals = rest or [b""]
        wrong = self._seal.what_is_wrong(_TO_MASTER, worker, content, seals)
        if wrong is not None:
            raise RPCReceiveError(wrong, addr=worker.decode(errors="replace"))
        return [worker, content]


def apply() -> None:
    """
    Seals the messages of all sockets that Locust makes from now on, where the variable says so. Without it
    nothing changes: a bundle that is run by hand needs no token.
    """
    token = variables.optional(VARIABLE)
    if token is None:
        return
    if len(token) < _SHORTEST_TOKEN:
        raise SetupError(
            f"the variable {VARIABLE} has fewer than {_SHORTEST_TOKEN} characters: give master and workers "
            "the same random text, such as that of `openssl rand -hex 32`."
        )
    seal = Seal(token)
    prepare = zmqrpc.BaseSocket.__init__

    def prepare_sealed(socket: Any, *args: Any, **options: Any) -> None:
        prepare(socket, *args, **options)
        socket.socket = SealedSocket(socket.socket, seal)

    zmqrpc.BaseSocket.__init__ = prepare_sealed
