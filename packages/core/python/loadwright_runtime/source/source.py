"""The seam's one side: what to send."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Container, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from ..answers.checks import ResponseCheck
from ..answers.streaming import Event, EventReader
from ..answers.token_metrics import TokenMetrics, TokenReader
from ..http import tls_context
from ..measure.counters import Counters
from ..measure.failures import Failure
from .bundle import Bundle
from .errors import SetupError
from .line_index import LineIndex
from .payloads import Body, Payload, Payloads, SeveralPayloads
from .promise import Promise
from .request import Request, Response
from .set_up import Progress, no_progress

# RFC 6585, section 4, and RFC 9110, section 15.6.4: the statuses that come with Retry-After.
_RETRY_LATER = frozenset({429, 503})
_LONGEST_RETRY_SECONDS = 86_400.0


@dataclass(frozen=True)
class SourceSetup:
    """What a :class:`RequestSource` is made from."""

    bundle: Bundle
    host: str
    """Base URL of the system under test, without a trailing slash."""
    worker_index: int = 0
    """0, 1, … in the order in which the workers first reported to the master."""
    counters: Counters = field(default_factory=Counters)
    progress: Progress = no_progress
    """To be called with a text and a share from 0 to 1 within work that takes longer than a moment."""
    opened: list[Payloads | SeveralPayloads] = field(default_factory=list)
    """What :meth:`payloads` has given out."""
    _lines: list[LineIndex] = field(default_factory=list, init=False)
    """Of the bundle's payloads, once they are read."""

    @property
    def config(self) -> dict[str, Any]:
        """The target's own part of ``target.json``."""
        return self.bundle.config

    @property
    def has_payloads(self) -> bool:
        return self.bundle.payloads_file.exists()

    def payloads(
        self, encode: Callable[[Payload], Body], of: str | None = None
    ) -> Payloads | SeveralPayloads:
        """
        Opens the bundle's payloads. Raises :class:`SetupError` when there are none.

        :param of: only those for these requests, as the target's ``payloads`` names them
        """
        bundle = self.bundle
        if not self._lines:
            self._lines.append(LineIndex(bundle.payloads_file, self.progress))
        parts = [part for part in bundle.payload_parts if of is None or part.of == of]
        if bundle.payload_parts and not parts:
            raise SetupError(f"target.json: there are no payloads for {of!r}: render the bundle again.")
        all_rows = range(len(self._lines[0]))
        opened = [
            Payloads(bundle.payloads_file, order, self.worker_index, encode, lines=self._lines[0], rows=rows)
            for rows, order in [(part.rows, part.order) for part in parts]
            or [(all_rows, bundle.load.payload_order)]
        ]
        payloads = SeveralPayloads(parts, opened) if parts else opened[0]
        self.opened.append(payloads)
        return payloads


class RequestSource(ABC):
    """What is sent, and which answers are right. Made once for each process; all its users share it.

    The constructor reads the variables it needs from the environment (:mod:`.variables`): it runs only where
    users run, never on a master. It raises :class:`SetupError` when something is missing.
    """

    def __init__(self, setup: SourceSetup):
        self.config = setup.config
        self.opened = setup.opened
        """The payloads that this source has opened."""
        self._tls = setup.bundle.tls
        self.send_to(setup.host)
        self._response_check = ResponseCheck(setup.config.get("expect"))
        self.metrics = setup.counters.metrics
        """What is measured beside the time of the requests."""
        self.token_metrics = TokenMetrics(self.metrics, setup.config.get("goodput"))
        """What streams of tokens measure. Its limits are ``goodput`` of ``target.json``."""

    def send_to(self, host: str) -> None:
        """
        To be called by a constructor alone, where a service says at which URL an endpoint answers. Requests
        carry credentials: the constructor makes sure that it is the service's own.
        """
        self.host = host
        """Base URL of the system under test, without a trailing slash."""
        url = urlsplit(host)
        self.base_path = url.path
        """Path of the host's URL, usually empty: every request's path starts with it."""
        self.tls_context = tls_context.context_for(self._tls) if url.scheme == "https" else None
        """None where the host speaks no TLS."""

    @abstractmethod
    def next_request(self) -> Request:
        """The next request, complete with its credentials. Its making is not timed."""

    def maker(self) -> Callable[[], Request]:
        """
        What a load calls for each request: :meth:`next_request`, or the very function that this would call
        where there is but one. In the closed model each user asks for its own, in the open model each load
        for one: a source whose requests need earlier answers keeps there what its user, or the load, may
        send next.
        """
        return self.next_request

    def request_named(self, name: str) -> Request:
        """
        The next request of this name, before a load: for a source whose requests have several names.
        """
        return self.next_request()

    def names_before(self, name: str) -> Sequence[str]:
        """
        Names of the requests whose answers the one of this name needs, in their order. Before a load they are
        sent first, and :meth:`request_named` is asked for one after the other.
        """
        return ()

    def check(self, response: Response) -> str | Failure | Promise | None:
        """
        Why an answer is a failure, or None when it is right. By default ``expect`` in the configuration
        decides.

        A report keeps one entry for each distinct reason: reasons are few and hold no varying parts. A
        :class:`.failures.Failure` says its kind too. A :class:`.promise.Promise` says that the request
        has not ended yet, and that whoever sent it goes on.
        """
        return self.check_by(self._response_check, response)

    def check_by(self, check: ResponseCheck, response: Response) -> str | Failure | None:
        """As :meth:`check`, by a check of its own, where several kinds of requests have one each."""
        reason = check(response)
        if reason is None and isinstance(response.reader, TokenReader):
            self.token_metrics.record(response.reader.tokens)
        if response.status in _RETRY_LATER:
            self._note_retry_after(response)
        return reason

    def _note_retry_after(self, response: Response) -> None:
        """Nothing waits for it: a load that gave way would not measure what it was asked to."""
        try:
            seconds = float(response.header("retry-after") or "")
        except ValueError:
            return
        if 0 <= seconds <= _LONGEST_RETRY_SECONDS:
            self.metrics.trend("retry_after", seconds, "s", "how long services that refused asked to wait")

    def plain_statuses(self) -> Container[int]:
        """Statuses of answers that need no :meth:`check`: none when a subclass has its own."""
        if type(self).check is not RequestSource.check:
            return ()
        return self._response_check.plain_statuses()

    def glanced_statuses(self) -> Container[int]:
        """Statuses of answers that :meth:`glance` may settle: by default none."""
        return ()

    def glance(self, request: Request, data: bytes, head_bytes: int) -> bool:
        """
        Settles an answer by its bytes alone, which costs a fraction of :meth:`check`: it is right, and what
        it measures is recorded. It is whole, of a status of :meth:`glanced_statuses`, no stream and not
        compressed.

        :param data: head and body
        :param head_bytes: of the head, with the empty line
        :returns: False: nothing was recorded, and :meth:`check` is to look
        """
        return False

    def event_reader(self, on_event: Callable[[Event], None]) -> EventReader:
        """The ``on_piece`` of one request whose answer is a stream: it checks ``expect.stream`` too."""
        return EventReader(on_event, self._response_check.watch())

    def token_reader(self) -> TokenReader:
        """
        The ``on_piece`` of one request whose answer is a stream of tokens, as :meth:`event_reader` otherwise:
        when they come is recorded once the answer is right and complete.
        """
        return TokenReader(self._response_check.watch())

    def count(self, name: str) -> None:
        """Adds one to a counter of the report: short for ``self.metrics.counter(name)``."""
        self.metrics.counter(name)
