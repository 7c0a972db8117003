"""What all connections of a process to the system under test share."""

import random
import ssl
import time
from collections.abc import Callable, Container
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlsplit

from ..answers.streaming import is_stream
from ..measure.failures import Failure
from ..measure.measure import Measure
from ..measure.request_log import log
from ..source.request import Request, Response, host_header
from ..source.source import RequestSource
from . import descriptors, proxy, tls
from .drain import Drain
from .http1 import MAXIMUM_BODY_BYTES, Head, Headers, match_ordinary
from .owner import Held
from .resolver import Address, Resolver, resolve_all

if TYPE_CHECKING:
    from .reactor import Reactor

_CONNECT_SECONDS = 10.0
_REQUEST_SECONDS = 60.0
_SESSION_SECONDS = 1.0
# Of an answer that no check looks into: enough to name an error, and for the sample of a failure.
_BEGINNING_BYTES = 64 * 1024


class Limits(NamedTuple):
    """How long things may take, in seconds."""

    connect: float
    """Resolving, connecting and TLS together."""
    first_byte: float
    request: float
    result: float
    """Until a result that an answer has promised is there; else as ``request``."""

    @staticmethod
    def of(config: dict[str, Any]) -> "Limits":
        """
        From the target's ``timeoutSeconds``, ``connectTimeoutSeconds``, ``firstByteTimeoutSeconds`` and
        ``resultTimeoutSeconds``.
        """
        request = float(config.get("timeoutSeconds", _REQUEST_SECONDS))
        connect = float(config.get("connectTimeoutSeconds", min(_CONNECT_SECONDS, request)))
        first_byte = float(config.get("firstByteTimeoutSeconds", request))
        return Limits(connect, first_byte, request, float(config.get("resultTimeoutSeconds", request)))


class Form(NamedTuple):
    """Of an ordinary answer, all but its body."""

    head: bytes
    """With the empty line."""
    head_bytes: int
    size: int
    """Bytes of head and body."""
    status: int
    length: int
    """Bytes of the body."""
    is_plain: bool
    """Whether the status alone decides, and nobody wants to hear of the answer."""
    is_glanced: bool
    """Whether the source may settle it by its bytes, and nobody else wants to hear of it."""


_NO_FORM = Form(b"", 0, -1, 0, 0, False, False)


class Endpoint:
    """The host, how it is reached, and who judges and counts its answers."""

    def __init__(self, reactor: "Reactor", source: RequestSource, measure: Measure, environment: Any):
        url = urlsplit(source.host)
        self.reactor = reactor
        self.source = source
        self.measure = measure
        self.environment = environment
        self.host = url.hostname or ""
        self.host_header = host_header(source.host)
        self.limits = Limits.of(source.config)
        self.most_answer_bytes = int(source.config.get("maxAnswerBytes", MAXIMUM_BODY_BYTES))
        """Of a body as it comes."""
        self.keeps_bodies = not source.plain_statuses()
        """Whether answers are kept as a whole, for there are checks that look into them."""
        self.keeps_promises = True
        """Whether a request whose answer promises a result ends with that, and not with its answer."""
        self.first_reserved_descriptor = descriptors.first_reserved()
        self.proxy = proxy.proxy_for(url)
        self.tls_context = source.tls_context
        self.tls_session: ssl.SSLSession | None = None
        self._session_kept_at = float("-inf")
        nodes = source.config.get("addresses")
        self.resolver = Resolver(
            *(
                self.proxy[:2]
                if self.proxy
                else (self.host, url.port or (443 if url.scheme == "https" else 80))
            ),
            **({"resolve": resolve_all(nodes)} if nodes and not self.proxy else {}),
            on_change=self._rebalance,
        )
        self.connections: set[Held] = set()
        """Those with a socket."""
        self.opening: set[Held] = set()
        """Those that are about to have one."""
        self.round_trip_seconds = float("inf")
        """The way to the server and back, about: the shortest time in which a connection was made."""
        self.drain: Drain = Drain(reactor)
        """Where requests end whose user has ended."""
        self.plain_statuses: Container[int] = ()
        """Statuses of answers that are right without a look at them."""
        self.glanced_statuses: Container[int] = ()
        """Statuses of answers that the source settles by their bytes."""
        self.is_logged = False
        """Whether some requests are logged."""
        self.last_form = _NO_FORM
        """Of the last ordinary answer: their heads are often the same for a second."""
        self.listeners: list[Any] = []
        self.on_outcome: Callable[[Request, Response | None, Failure | None, float], None] | None = None
        """Called at the end of each request that is not a plain success, with its seconds."""
        self.find_listeners()

    def find_listeners(self) -> None:
        """
        Who hears of each request. Locust's own listener is left out: it is given the figures of many
        requests at once.
        """
        self.is_logged = log.is_on
        self.plain_statuses = self.source.plain_statuses()
        self.glanced_statuses = self.source.glanced_statuses()
        self.last_form = _NO_FORM
        self.listeners[:] = [
            listener
            for listener in self.environment.events.request._handlers
            if getattr(listener, "__module__", "") != "locust.runners"
        ]

    def form_of(self, data: bytes) -> Form | None:
        """What there is to know of a whole, ordinary answer; None for any other."""
        match = match_ordinary(data)
        if match is None:
            return None
        head, status, length = match[0], int(match[1]), int(match[2])
        if len(head) + length != len(data) or length > self.most_answer_bytes:
            return None
        is_heard = bool(self.listeners)
        is_plain = not is_heard and status in self.plain_statuses
        is_glanced = not is_heard and not is_plain and status in self.glanced_statuses
        is_glanced = is_glanced and b"content-encoding" not in head.lower()
        self.last_form = form = Form(head, len(head), len(data), status, length, is_plain, is_glanced)
        return form

    def kept_bytes(self, head: Head) -> int:
        """How much of the body of an answer is kept until its end."""
        if self.keeps_bodies or self.listeners:
            return self.most_answer_bytes
        # In one of these an error may stand, wherever.
        return self.most_answer_bytes if is_stream(Headers(head).get("content-type")) else _BEGINNING_BYTES

    def keep_session(self, stream: tls.TlsStream) -> None:
        """Lets later connections resume the session of one that has had an answer."""
        now = time.monotonic()
        # OpenSSL copies a session by writing and reading it, 0.2 ms: thousands of users stop at once.
        if now - self._session_kept_at >= _SESSION_SECONDS:
            self._session_kept_at = now
            self.tls_session = stream.session

    def close(self) -> None:
        """Ends what runs for it. Its connections must not have requests any more."""
        self.resolver.close()
        for connection in list(self.connections):
            connection.abort()

    def _rebalance(self, added: set[Address], total: int) -> None:
        """Ends connections to addresses that are gone, and gives new ones their share of the others."""
        # One without a request closes at once.
        for connection in list(self.connections):
            known = self.resolver.knows(connection.address)
            if not known or random.random() < len(added) / total:
                connection.retire()
