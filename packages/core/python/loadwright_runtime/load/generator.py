"""What sends requests in this process: one reactor for all its users."""

import time
from collections.abc import Callable
from typing import Any, ClassVar

from ..http import descriptors
from ..http.drain import Drain
from ..http.endpoint import Endpoint
from ..http.reactor import Reactor
from ..measure.counters import Counters
from ..measure.flusher import Flusher
from ..measure.measure import Measure
from ..source.source import RequestSource


class Generator:
    """Made when the first user starts, so that the processes that Locust forks do not share one."""

    current: ClassVar["Generator | None"] = None

    @staticmethod
    def of(environment: Any, counters: Counters) -> "Generator":
        if Generator.current is None:
            Generator.current = Generator(environment, counters)
        return Generator.current

    @staticmethod
    def end() -> None:
        """Lets go of everything. The next one begins anew."""
        generator, Generator.current = Generator.current, None
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
        self._measure.in_flight = self._in_flight
        self.drain = Drain(self._reactor)
        self.waiting: Callable[[], tuple[int, float | None]] = lambda: (0, None)
        """Open model: arrivals without room, and when the first of them was due."""
        self._statistics = Flusher(environment, self._measure, counters, self.drain)
        self._endpoints: dict[RequestSource, Endpoint] = {}

    def endpoint(self, source: RequestSource) -> Endpoint:
        endpoint = self._endpoints.get(source)
        if endpoint is None:
            endpoint = Endpoint(self._reactor, source, self._measure, self._environment)
            endpoint.drain = self.drain
            self._endpoints[source] = endpoint
        endpoint.find_listeners()
        return endpoint

    def flush(self) -> None:
        """Hands over what was measured so far."""
        self._statistics.flush()

    def _in_flight(self) -> tuple[int, float]:
        count, first = self.waiting()
        begun = [] if first is None else [first]
        for endpoint in self._endpoints.values():
            busy = [one.begun for one in (*endpoint.connections, *endpoint.opening) if one.is_busy]
            count += len(busy)
            begun += busy
        promises = self.drain.promises
        if promises:
            count += len(promises)
            begun.append(next(iter(promises)).begun)
        return count, time.perf_counter() - min(begun) if begun else 0.0
