"""Answers that a source settles by their bytes, and those that it must not."""

from itertools import cycle

import pytest
from generator_harness import Source, environment_for
from gevent.event import AsyncResult

from loadwright_runtime.http.connection import Connection
from loadwright_runtime.load.generator import Generator
from loadwright_runtime.measure.request_log import COLUMNS, log

PLAIN = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


class Glancing(Source):
    """Settles each answer but those that end in ``?``; counts what it saw."""

    def glanced_statuses(self):
        return {200}

    def glance(self, request, data, head_bytes):
        if data.endswith(b"?"):
            return False
        if data.endswith(b"!"):
            raise KeyError("the target's own fault")
        self.count("glanced")
        self.metrics.trend("body_bytes", len(data) - head_bytes, "bytes")
        return True

    def check(self, response):
        self.count("checked")
        return None


class Plain(Source):
    """Is content with the status."""

    def plain_statuses(self):
        return {200}


class Owner:
    """Sends one request at a time."""

    def __init__(self, environment):
        (user_class,) = environment.user_classes
        self.generator = Generator.of(environment, user_class.counters)
        self.endpoint = self.generator.endpoint(user_class.source(environment))
        self.connection = Connection(self.endpoint, self)
        self.counters = user_class.counters

    def send(self, due=None):
        self._ended = AsyncResult()
        request = self.endpoint.source.next_request()
        self.endpoint.reactor.soon(lambda: self.connection.start(request, due))
        return self._ended.get(timeout=90)

    def finished(self, _):
        self._ended.set()

    def raised(self, _, error):
        self._ended.set(error)

    def total(self):
        self.generator.flush()
        return self.counters.figures.total()


@pytest.fixture
def owner(serve, tmp_path):
    def make(*answers, source=Glancing):
        turns = cycle(answers)

        def handle(connection):
            while connection.recv(4096):
                connection.sendall(next(turns))

        return Owner(environment_for(tmp_path, f"http://{serve(handle)}", source, {"timeoutSeconds": 60}))

    yield make
    Generator.end()


@pytest.mark.parametrize("is_due", [False, True])
def test_what_it_measures_belongs_to_the_request(owner, is_due):
    owner = owner(PLAIN)
    for _ in range(3):
        owner.send(owner.endpoint.measure.began if is_due else None)
    owner.generator.flush()
    ((name, row),) = [(key[1], row) for key, row in owner.counters.figures.names() if key[1]]
    assert name == "name"
    assert (row.due, row.succeeded, row.failed) == (3, 3, 0)
    assert row.counters["glanced"] == 3 and "checked" not in row.counters
    assert row.trends["body_bytes"].count == 3
    if is_due:
        assert row.trends["http_req_response"].count == 3


@pytest.mark.parametrize(
    "answer",
    [
        PLAIN.replace(b"ok", b"o?"),
        PLAIN.replace(b"200 OK", b"201 Made"),
        PLAIN.replace(b"Content-Length", b"content-ENCODING: gzip\r\nContent-Length"),
    ],
)
def test_others_are_looked_at(owner, answer):
    owner = owner(answer)
    owner.send()
    total = owner.total()
    assert total.counters["checked"] == 1 and "glanced" not in total.counters


@pytest.mark.parametrize("source", [Glancing, Plain])
def test_each_is_logged_once(owner, source):
    """However it is settled: at a glance, by its status alone, by a check, as a failure."""
    log.begin(1.0)
    try:
        owner = owner(PLAIN, PLAIN, PLAIN.replace(b"ok", b"o?"), PLAIN.replace(b"ok", b"o!"), source=source)
        for _ in range(4):
            owner.send()
        rows = [dict(zip(COLUMNS, row, strict=True)) for row in log.take()["rows"]]
    finally:
        log.begin(0.0)
    last = (None, "check") if source is Glancing else (200, None)
    assert [(row["status"], row["kind"]) for row in rows] == [(200, None)] * 3 + [last]
    assert {(row["bytes"], row["second"]) for row in rows} == {(2, 0)}


def test_listeners_are_told_of_each(owner):
    owner = owner(PLAIN)
    told = []
    owner.endpoint.environment.events.request.add_listener(lambda **event: told.append(event))
    owner.endpoint.find_listeners()
    owner.send()
    assert len(told) == 1 and owner.total().counters["checked"] == 1


def test_one_that_raises_is_a_failure(owner):
    owner = owner(PLAIN.replace(b"ok", b"o!"))
    assert isinstance(owner.send(), KeyError)
    total = owner.total()
    assert (total.due, total.succeeded, total.failed) == (1, 0, 1)
