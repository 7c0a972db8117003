"""Who gives a connection its requests, and what those see of it who hold it."""

from typing import Protocol

from .resolver import Address


class Held(Protocol):
    """A :class:`.connection.Connection`, which has at most one request at a time."""

    owner: "Owner"
    address: Address | None
    """Of the server; None before the first one is known."""

    begun: float
    """When its last request was begun, or became due, on the clock of ``time.perf_counter``."""

    @property
    def is_open(self) -> bool:
        """Whether it has no request, and could take one."""

    def abort(self) -> None:
        """Closes it at once."""

    def retire(self) -> None:
        """Closes it as soon as it has no request."""

    def end_unfinished(self) -> None:
        """Ends its request, if it has one, as a failure of the kind ``unfinished``."""


class Owner(Protocol):
    """Who gives a connection its requests."""

    def finished(self, connection: Held) -> None:
        """The request ended, well or not. The next one may be started at once."""

    def raised(self, connection: Held, error: Exception) -> None:
        """The request ended, and the code of the target or of a listener raised."""
