"""The seam's other side: how requests are sent. Nothing outside this module knows the HTTP client."""

from dataclasses import replace
from typing import Any, ClassVar

from gevent.event import Event
from locust import User, between, constant, task

from .bundle import Bundle, check_host
from .closed_model import UserLoop
from .counters import Counters
from .endpoint import Endpoint
from .generator import Generator
from .load_plan import LoadPlan
from .source import RequestSource, SourceSetup


class LoadwrightUser(User):
    """Sends the requests of its source, one after the other, over one kept-alive connection.

    A subclass names the source: ``source_class = MyRequests``. Each request ends in exactly one success or
    failure of Locust's statistics, timed from just before its first byte is handed to the kernel to the last
    byte of the answer. Redirects are not followed and answers not decompressed. Nothing is sent twice, but a
    request on a kept-alive connection that the server closed before it answered: once, and it is counted.
    """

    abstract = True
    source_class: ClassVar[type[RequestSource]]

    bundle: ClassVar[Bundle]
    counters: ClassVar[Counters]
    load_plan: ClassVar[LoadPlan]
    """Of the test that runs."""
    _source: ClassVar[RequestSource | None] = None
    _source_order = ""

    @staticmethod
    def configure(bundle: Bundle, counters: Counters) -> None:
        """Gives all users what they share."""
        LoadwrightUser.bundle = bundle
        LoadwrightUser.counters = counters
        LoadwrightUser.host = bundle.host
        LoadwrightUser.follow(bundle.load)

    @staticmethod
    def follow(plan: LoadPlan) -> None:
        """Gives all users of the next test what they do."""
        LoadwrightUser.load_plan = plan
        low, high = plan.minimum_wait_seconds, plan.maximum_wait_seconds
        LoadwrightUser.wait_time = between(low, high) if high > low else constant(low)

    @classmethod
    def source(cls, environment: Any) -> RequestSource:
        """This process's source, for the host that Locust was given by hand or the bundle's own."""
        host = check_host(environment.host or cls.host)
        order = cls.load_plan.payload_order
        if cls._source is None or (cls._source.host, cls._source_order) != (host, order):
            bundle = replace(cls.bundle, load=cls.load_plan)
            setup = SourceSetup(bundle, host, max(environment.runner.worker_index, 0), cls.counters)
            cls._source, cls._source_order = cls.source_class(setup), order
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
        """Ends when the user is stopped; raises what the target's code raised, for Locust to tell."""
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
                self._loop.drain()
        return is_stopped
