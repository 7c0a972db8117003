"""What sends requests in this process: one reactor for all its users."""

from typing import Any, ClassVar

from . import descriptors
from .counters import Counters
from .endpoint import Endpoint
from .locust_statistics import LocustStatistics
from .measure import Measure
from .reactor import Reactor
from .source import RequestSource


class Generator:
    """Made when the first user starts, so that the processes that Locust forks do not share one."""

    _current: ClassVar["Generator | None"] = None

    @staticmethod
    def of(environment: Any, counters: Counters) -> "Generator":
        if Generator._current is None:
            Generator._current = Generator(environment, counters)
        return Generator._current

    @staticmethod
    def end() -> None:
        """Lets go of everything. The next one begins anew."""
        generator, Generator._current = Generator._current, None
        if generator is not None:
            for endpoint in generator._endpoints.values():
                endpoint.close()
            generator._statistics.close()
            generator._reactor.close()

    def __init__(self, environment: Any, counters: Counters):
        descriptors.raise_limit()
        self._environment = environment
        self._reactor = Reactor()
        self._measure = Measure(counters)
        self._statistics = LocustStatistics(environment, self._measure, counters)
        self._endpoints: dict[RequestSource, Endpoint] = {}

    def endpoint(self, source: RequestSource) -> Endpoint:
        endpoint = self._endpoints.get(source)
        if endpoint is None:
            endpoint = Endpoint(self._reactor, source, self._measure, self._environment)
            self._endpoints[source] = endpoint
        endpoint.find_listeners()
        return endpoint
