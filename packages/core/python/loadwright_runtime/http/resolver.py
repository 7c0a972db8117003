"""Names to addresses, off the loop and again and again, as load balancers change theirs."""

import itertools
import socket
import time
from collections.abc import Callable, Iterator
from typing import Any

import gevent
import gevent.socket

# A load balancer's records live for 60 s; half of it keeps the delay below.
_REFRESH_SECONDS = 30.0
# An address that was not among the last answers is left. Balancers give out a part of their addresses at a
# time, so a single answer without it means nothing.
_FORGET_AFTER_ANSWERS = 3

Address = tuple[socket.AddressFamily, Any]
"""Family and socket address."""


def resolve_all(nodes: list[list[Any]]) -> Callable[..., list[Any]]:
    """
    A ``getaddrinfo`` that finds the addresses of several nodes, whatever name it is asked for.

    :param nodes: host and port of each
    """

    def resolve(_host: str, _port: int, **options: Any) -> list[Any]:
        return [
            found for host, port in nodes for found in gevent.socket.getaddrinfo(host, port, **options)[:1]
        ]

    return resolve


class Resolver:
    """The addresses of one host and port."""

    def __init__(
        self,
        host: str,
        port: int,
        *,
        resolve: Callable[..., list[Any]] = gevent.socket.getaddrinfo,
        refresh_seconds: float = _REFRESH_SECONDS,
        on_change: Callable[[set[Address], int], None] = lambda added, total: None,
    ):
        """
        :param resolve: ``getaddrinfo``, cooperative
        :param on_change: called when an address came or went, with the new ones and the number of all
        """
        self.error: Exception | None = None
        self._host, self._port = host, port
        self._resolve = resolve
        self._refresh_seconds = refresh_seconds
        self._on_change = on_change
        self._last_seen: dict[Address, int] = {}
        self._answers = 0
        self._turn = itertools.count()
        self._greenlet: gevent.Greenlet | None = None
        self._due = 0.0

    def addresses(self) -> list[Address]:
        """All addresses, each time beginning with another one. Empty when the name is not resolved yet."""
        known = list(self._last_seen)
        if not known:
            return known
        first = next(self._turn) % len(known)
        return known[first:] + known[:first]

    @property
    def is_due(self) -> bool:
        """Whether a look-up runs, or would be started when it is asked for."""
        return self._greenlet is not None or time.monotonic() >= self._due

    def knows(self, address: Address) -> bool:
        return address in self._last_seen

    def refresh_when_due(self, on_done: Callable[[], None] | None = None) -> None:
        """Starts a look-up when the last one is old. Returns at once.

        :param on_done: called after the look-up that runs or was started now, whether it succeeded or not
        """
        if self._greenlet is None:
            if time.monotonic() < self._due:
                return
            self._greenlet = gevent.spawn(self._refresh)
        if on_done:
            self._greenlet.link(lambda _: on_done())

    def close(self) -> None:
        if self._greenlet is not None:
            self._greenlet.kill(block=False)

    def _refresh(self) -> None:
        try:
            found = self._resolve(self._host, self._port, type=socket.SOCK_STREAM)
        except OSError as error:
            # The addresses that are known stay: a resolver that fails for a moment must not end a test.
            self.error = error
            self._due = time.monotonic() + min(1.0, self._refresh_seconds)
        else:
            self.error = None
            self._due = time.monotonic() + self._refresh_seconds
            self._learn((family, address) for family, _, _, _, address in found)
        finally:
            self._greenlet = None

    def _learn(self, found: Iterator[Address]) -> None:
        self._answers += 1
        before = set(self._last_seen)
        for address in found:
            self._last_seen[address] = self._answers
        for address, answer in list(self._last_seen.items()):
            if answer <= self._answers - _FORGET_AFTER_ANSWERS:
                del self._last_seen[address]
        now = set(self._last_seen)
        if before and before != now:
            self._on_change(now - before, len(now))
