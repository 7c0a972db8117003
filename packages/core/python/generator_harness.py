"""For tests of the generator: servers of few lines, and a user that sends when a test wants it."""

from typing import Any

import gevent
from gevent.event import AsyncResult
from loadwright_runtime import LoadwrightUser, Request, RequestSource
from loadwright_runtime.http.connection import Connection
from loadwright_runtime.load.gate import gate
from loadwright_runtime.load.generator import Generator
from loadwright_runtime.load.load_plan import LoadPlan
from loadwright_runtime.measure.counters import Counters
from loadwright_runtime.measure.figures import Figures
from loadwright_runtime.source.bundle import Bundle
from locust.env import Environment

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


class Source(RequestSource):
    """Sends the same request again and again."""

    method = "POST"

    def next_request(self):
        path = f"{self.base_path}/p?q=%2F;a"
        return Request(self.method, path, name="name", headers={"X-Own": "1"}, body=b"body")


def environment_for(
    directory: Any,
    host: str,
    source: type[RequestSource],
    config: dict[str, Any],
    tls: dict[str, str] | None = None,
) -> Environment:
    """A lone process with one user class; whatever ran before is ended."""
    Generator.end()
    gate.open(30)
    plan = LoadPlan(1, 1, 1, (), 0, 0, 0, "sequential")
    LoadwrightUser.configure(Bundle(directory, host, config, plan, tls or {}), Counters())
    user_class = type("SomeUser", (LoadwrightUser,), {"source_class": source})
    environment = Environment(user_classes=[user_class])
    environment.create_local_runner()
    return environment


class OneByOne:
    """A user that sends when a test wants it. ``events`` collects what Locust gets."""

    def __init__(self, environment: Environment):
        (user_class,) = environment.user_classes
        self.events: list[dict[str, Any]] = []
        environment.events.request.add_listener(lambda **event: self.events.append(event))
        self.environment = environment
        self.counters = user_class.counters
        self.endpoint = Generator.of(environment, self.counters).endpoint(user_class.source(environment))
        self.connection = Connection(self.endpoint, self)

    @property
    def reasons(self) -> list[str | None]:
        return [None if event["exception"] is None else repr(event["exception"]) for event in self.events]

    @property
    def bodies(self) -> list[bytes | None]:
        return [event["response"] and event["response"].body for event in self.events]

    @property
    def figures(self) -> Figures:
        """All that was measured so far."""
        Generator.of(self.environment, self.counters).flush()
        return self.counters.figures

    def send_next(self) -> None:
        self._ended = AsyncResult()
        request = self.endpoint.source.next_request()
        self.endpoint.reactor.soon(lambda: self.connection.start(request))
        try:
            self._ended.get(timeout=90)
        except gevent.GreenletExit:
            self.connection.abort()
            raise

    def finished(self, _: Connection) -> None:
        self._ended.set()

    def raised(self, _: Connection, error: Exception) -> None:
        self._ended.set_exception(error)


def read_request(connection, store=None):
    received = b""
    while b"\r\n\r\nbody" not in received:
        block = connection.recv(4096)
        if not block:
            return None
        received += block
    if store is not None:
        store.append(received)
    return received


def answering(answer, store=None, connections=None):
    def handle(connection):
        if connections is not None:
            connections.append(connection)
        while read_request(connection, store):
            connection.sendall(answer)

    return handle
