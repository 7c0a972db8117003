"""Which sockets are ready: epoll on Linux, kqueue on macOS and the BSDs, select elsewhere."""

import select
from typing import Any, Protocol

from gevent.monkey import get_original

READ, WRITE = 1, 4  # EPOLLIN and EPOLLOUT, so that epoll's answers need no translation.


class Poller(Protocol):
    """Sockets and what is awaited of them. Errors and hang-ups are reported as some readiness."""

    def fileno(self) -> int | None:
        """A descriptor that is readable while any socket is ready; None where there is no such thing."""

    def register(self, descriptor: int, mask: int) -> None: ...

    def modify(self, descriptor: int, mask: int) -> None: ...

    def unregister(self, descriptor: int) -> None:
        """To be called before the descriptor is closed."""

    def poll(self, limit: int) -> list[tuple[int, int]]:
        """Up to ``limit`` pairs of descriptor and mask that are ready now. Never waits."""

    def close(self) -> None: ...


class EpollPoller:
    def __init__(self) -> None:
        # gevent hides the calls of this module that can block. Here they never wait.
        self._epoll = get_original("select", "epoll")()
        self._poll = self._epoll.poll

    def fileno(self) -> int | None:
        return self._epoll.fileno()

    def register(self, descriptor: int, mask: int) -> None:
        self._epoll.register(descriptor, mask)

    def modify(self, descriptor: int, mask: int) -> None:
        self._epoll.modify(descriptor, mask)

    def unregister(self, descriptor: int) -> None:
        self._epoll.unregister(descriptor)

    def poll(self, limit: int) -> list[tuple[int, int]]:
        return self._poll(0, limit)

    def close(self) -> None:
        self._epoll.close()


class KqueuePoller:
    def __init__(self) -> None:
        self._kqueue = get_original("select", "kqueue")()
        self._event = get_original("select", "kevent")
        self._masks: dict[int, int] = {}

    def fileno(self) -> int | None:
        return self._kqueue.fileno()

    def register(self, descriptor: int, mask: int) -> None:
        self._masks[descriptor] = 0
        self.modify(descriptor, mask)

    def modify(self, descriptor: int, mask: int) -> None:
        changed = mask ^ self._masks[descriptor]
        self._masks[descriptor] = mask
        filters = ((READ, select.KQ_FILTER_READ), (WRITE, select.KQ_FILTER_WRITE))
        changes: list[Any] = [
            self._event(descriptor, kind, select.KQ_EV_ADD if mask & bit else select.KQ_EV_DELETE)
            for bit, kind in filters
            if changed & bit
        ]
        if changes:
            self._kqueue.control(changes, 0, 0)

    def unregister(self, descriptor: int) -> None:
        self.modify(descriptor, 0)
        del self._masks[descriptor]

    def poll(self, limit: int) -> list[tuple[int, int]]:
        events = self._kqueue.control(None, limit, 0)
        return [(event.ident, WRITE if event.filter == select.KQ_FILTER_WRITE else READ) for event in events]

    def close(self) -> None:
        self._kqueue.close()


class SelectPoller:
    def __init__(self) -> None:
        self._select = get_original("select", "select")
        self._masks: dict[int, int] = {}

    def fileno(self) -> int | None:
        return None

    def register(self, descriptor: int, mask: int) -> None:
        self._masks[descriptor] = mask

    def modify(self, descriptor: int, mask: int) -> None:
        self._masks[descriptor] = mask

    def unregister(self, descriptor: int) -> None:
        del self._masks[descriptor]

    def poll(self, limit: int) -> list[tuple[int, int]]:
        readers = [descriptor for descriptor, mask in self._masks.items() if mask & READ]
        writers = [descriptor for descriptor, mask in self._masks.items() if mask & WRITE]
        # A failed connect is reported as an exceptional condition on Windows.
        readable, writable, failed = self._select(readers, writers, writers, 0)
        ready = [(descriptor, READ) for descriptor in readable]
        ready += [(descriptor, WRITE) for descriptor in {*writable, *failed}]
        return ready[:limit]

    def close(self) -> None:
        self._masks.clear()


def new_poller() -> Poller:
    """The best that the system has."""
    for name, kind in (("epoll", EpollPoller), ("kqueue", KqueuePoller)):
        # gevent deletes the names from the module, so it is asked for what it has put aside.
        try:
            get_original("select", name)
        except AttributeError:
            continue
        return kind()
    return SelectPoller()
