"""The seam's other side: a user of Locust whose requests go over the connections of ``http``."""

from dataclasses import replace
from typing import Any, ClassVar

from gevent.event import Event
from gevent.lock import RLock
from locust import User, between, constant, task

from ..http.endpoint import Endpoint
from ..measure.counters import Counters
from ..source.bundle import Bundle, check_host
from ..source.errors import SetupError
from ..source.set_up import Progress, no_progress
from ..source.source import RequestSource, SourceSetup
from .closed_model import UserLoop
from .generator import Generator
from .load_plan import LoadPlan


class LoadwrightUser(User):
    """Sends the requests of its source, one after the other, over one kept-alive connection.

    A subclass names the source: ``source_class = MyRequests``. Each request ends in exactly one success or
    failure, timed from just before its first byte is handed to the kernel to the last byte of the answer,
    also when the user or the test ends meanwhile. Redirects are not followed. Nothing is sent twice, but a
    request on a kept-alive connection that the server had closed before it saw it: once, and it is counted.
    """

    abstract = True
    source_class: ClassVar[type[RequestSource]]

    bundle: ClassVar[Bundle]
    counters: ClassVar[Counters]
    load_plan: ClassVar[LoadPlan]
    """Of the test that runs."""
    progress: ClassVar[Progress] = no_progress
    """Takes the progress of work before the first request."""
    _hosts: ClassVar[set[str]] = set()
    """Where requests may go, with all the credentials that they carry."""
    _source: ClassVar[RequestSource | None] = None
    _source_for = ("", "")
    """The host and the order of payloads that it was made for."""
    _making = RLock()

    @staticmethod
    def configure(bundle: Bundle, counters: Counters) -> None:
        """Gives all users what they share."""
        LoadwrightUser.bundle = bundle
        LoadwrightUser.counters = counters
        LoadwrightUser.host = bundle.host
        LoadwrightUser._hosts = {bundle.host, *bundle.other_hosts}
        LoadwrightUser.follow(bundle.load)

    @staticmethod
    def allow(host: str | None) -> None:
        """Whoever starts a process may name another host there. A message from elsewhere may not."""
        if host:
            LoadwrightUser._hosts.add(check_host(host))

    @staticmethod
    def require_host(host: str) -> str:
        """Raises :class:`SetupError` for a host that neither the bundle nor this process's options name."""
        checked = check_host(host)
        if checked not in LoadwrightUser._hosts:
            raise SetupError(
                f"the host {checked} is not that of the bundle, {LoadwrightUser.bundle.host}: requests carry "
                "its credentials. Declare it under hosts before the fleet is deployed, or start each process "
                "with --host to send them elsewhere."
            )
        return checked

    @staticmethod
    def follow(plan: LoadPlan) -> None:
        """Gives all users of the next test what they do."""
        LoadwrightUser.load_plan = plan
        low, high = plan.minimum_wait_seconds, plan.maximum_wait_seconds
        LoadwrightUser.wait_time = between(low, high) if high > low else constant(low)

    @classmethod
    def source(cls, environment: Any) -> RequestSource:
        """This process's source, for the host that Locust was given by hand or the bundle's own."""
        host = cls.require_host(environment.host or cls.bundle.host)
        order = cls.load_plan.payload_order
        # Making one lets other greenlets run, of which one may ask for it.
        with cls._making:
            if cls._source is None or cls._source_for != (host, order):
                bundle = replace(cls.bundle, load=cls.load_plan)
                index = max(environment.runner.worker_index, 0)
                setup = SourceSetup(bundle, host, index, cls.counters, LoadwrightUser.progress)
                cls._source, cls._source_for = cls.source_class(setup), (host, order)
        return cls._source

    @classmethod
    def endpoint(cls, environment: Any) -> Endpoint:
        """What the connections to the source's host share in this process."""
        return Generator.of(environment, cls.counters).endpoint(cls.source(environment))

    def __init__(self, environment: Any):
        super().__init__(environment)
        self._loop: UserLoop | None = None
        self._is_stopped = Event()

    @task
    def send_requests(self) -> None:
        """Ends when the user is stopped; raises what listeners raised, for Locust to tell."""
        plan = self.load_plan
        if plan.arrivals:
            # Requests arrive by themselves. The user only shows Locust that a test runs.
            self._is_stopped.wait()
            return
        has_pauses = type(self).wait_time is not LoadwrightUser.wait_time or plan.maximum_wait_seconds > 0
        self._loop = UserLoop(self.endpoint(self.environment), self.wait_time if has_pauses else None)
        self._loop.run()

    def stop(self, force: bool = False) -> bool:
        is_stopped = super().stop(force)
        if not is_stopped:
            self._is_stopped.set()
            if self._loop is not None:
                self._loop.close()
        return is_stopped
