"""
Secrets that end while a test runs: renewed ahead of time, beside the requests.

As in Databricks' own SDK (``oauth.py`` of databricks-sdk 0.162), a token is stale half of its life, but at
most 20 minutes, before its end. Every worker renews its own at a random moment of the first part of that
time, so that they do not all ask in the same second; the rest of it is for further attempts.
"""

import logging
import random
import time
from collections.abc import Callable, Hashable
from typing import ClassVar, NamedTuple

import gevent
from gevent.event import Event

from ..measure.metrics import Metrics
from . import variables
from .errors import CredentialsError

_STALE_SHARE = 0.5
_STALE_SECONDS = 20 * 60.0
_JITTER_SHARE = 0.4
# A secret is not used in the last part of its life: a request must arrive while it is valid.
_UNUSED_SHARE = 0.1
_UNUSED_SECONDS = 40.0
_FIRST_ATTEMPTS = 5
_FIRST_PAUSE_SECONDS = 0.2
_LONGEST_PAUSE_SECONDS = 60.0
_SHORTEST_PAUSE_SECONDS = 0.1
_REFUSED_AGAIN_SECONDS = 60.0

_logger = logging.getLogger(__name__)
_clock = time.monotonic


class Lasting(NamedTuple):
    """A secret, and how long it lasts from when it was asked for."""

    value: str
    seconds: float


class NoSecretError(Exception):
    """There is no secret this time. The text says why, in few fixed words, and what to do."""

    def __init__(
        self, reason: str, *, name: str | None = None, is_final: bool = False, retry_after: float = 0.0
    ):
        """
        :param name: how the service calls the error
        :param is_final: whether asking again cannot help, for the service has refused
        :param retry_after: seconds that the service wants to be left alone
        """
        super().__init__(reason)
        self.name = name
        self.is_final = is_final
        self.retry_after = retry_after


class RenewalCounts:
    """The counters of renewals, the same for credentials of every kind."""

    def __init__(self, metrics: Metrics):
        """:param metrics: of the target, which declares ``renewalMetrics``"""
        self._metrics = metrics

    def renewed(self) -> None:
        """Newer ones are in use."""
        self._metrics.counter(
            "credential_renewals", description="credentials that were renewed while the test ran"
        )

    def failed(self) -> None:
        """There were none this time. Those at hand may be valid for long, and it is tried again."""
        self._metrics.counter(
            "credential_renewals_failed",
            description="renewals of credentials that failed, and were tried again",
        )


class Renewed:
    """A secret of this process. Who sends asks for :meth:`current` each time, which costs next to nothing."""

    _shared: ClassVar[dict[Hashable, "Renewed"]] = {}

    @classmethod
    def shared(cls, key: Hashable, what: str, fetch: Callable[[], Lasting], metrics: Metrics) -> "Renewed":
        """
        The one of this process for a key: sources come and go with the load, and need no other token.

        Raises :class:`.errors.CredentialsError` when there is none after some attempts.
        """
        renewed = cls._shared.get(key)
        if renewed is None:
            renewed = cls(what, fetch, metrics)
            renewed = cls._shared.setdefault(key, renewed)
        return renewed

    def __init__(self, what: str, fetch: Callable[[], Lasting], metrics: Metrics):
        """
        :param what: in messages: ``the OAuth token``
        :param fetch: asks for a new one and waits for it, in a greenlet; raises :class:`NoSecretError`
        :param metrics: where renewals are counted
        """
        self._what = what
        self._fetch = fetch
        self._counts = RenewalCounts(metrics)
        self._value = ""
        self._ends = self._renew_at = 0.0
        self._problem: NoSecretError | None = None
        self._wanted = Event()
        self._refused_at = float("-inf")
        self._pause = _SHORTEST_PAUSE_SECONDS
        self._begin()
        self._greenlet = gevent.spawn(self._keep_fresh)

    def current(self) -> str:
        """Valid for longer than a request needs to arrive. Raises :class:`.errors.CredentialsError`."""
        if _clock() < self._ends:
            return self._value
        reason = self._problem or "no answer yet"
        raise CredentialsError(f"{self._what} has ended and could not be renewed: {reason}")

    def refused(self, value: str) -> None:
        """
        The service did not accept it, though it should be valid: it may have been revoked. Another one is
        asked for, once a minute at most. The request that was refused is a failure as any other.
        """
        if value == self._value and _clock() - self._refused_at >= _REFUSED_AGAIN_SECONDS:
            self._refused_at = _clock()
            self._wanted.set()

    def _begin(self) -> None:
        pause = _FIRST_PAUSE_SECONDS
        for attempt in range(1, _FIRST_ATTEMPTS + 1):
            try:
                self._renew()
                return
            except NoSecretError as error:
                if error.is_final or attempt == _FIRST_ATTEMPTS:
                    raise CredentialsError(f"{self._what} cannot be had: {error}") from None
                gevent.sleep(_some_of(max(pause, min(error.retry_after, _LONGEST_PAUSE_SECONDS))))
                pause *= 2

    def _renew(self) -> None:
        asked = _clock()
        lasting = self._fetch()
        seconds = lasting.seconds
        # Also what is no number at all.
        if not seconds > 0:
            raise NoSecretError(f"it is given out for {seconds:g} s, so that no request can use it")
        variables.keep_secret(lasting.value)
        stale = min(seconds * _STALE_SHARE, _STALE_SECONDS)
        self._renew_at = asked + seconds - stale * (1 - random.uniform(0.0, _JITTER_SHARE))
        self._pause = min(_LONGEST_PAUSE_SECONDS, max(_SHORTEST_PAUSE_SECONDS, stale / 10))
        # Both at once, as no other greenlet runs in between.
        self._ends = asked + seconds - min(seconds * _UNUSED_SHARE, _UNUSED_SECONDS)
        self._value = lasting.value
        self._problem = None

    def _keep_fresh(self) -> None:
        while True:
            self._wanted.wait(max(_SHORTEST_PAUSE_SECONDS, self._renew_at - _clock()))
            self._wanted.clear()
            try:
                self._renew()
            except Exception as error:
                # Whatever it was, the secret at hand may be valid for long, and another attempt may succeed.
                self._counts.failed()
                self._fail(error)
            else:
                self._counts.renewed()

    def _fail(self, error: Exception) -> None:
        problem = error if isinstance(error, NoSecretError) else NoSecretError(type(error).__name__)
        left = self._ends - _clock()
        if self._problem is None:
            _logger.warning(
                "%s could not be renewed, it lasts %.0f s more: %s", self._what, max(0.0, left), problem
            )
        self._problem = problem
        wanted = max(self._pause, min(problem.retry_after, _LONGEST_PAUSE_SECONDS))
        self._renew_at = _clock() + _some_of(wanted)

    def close(self) -> None:
        """No more is asked for."""
        self._greenlet.kill(block=False)


def _some_of(seconds: float) -> float:
    """So that the workers do not all ask again at once."""
    return random.uniform(0.5, 1.0) * seconds
