"""Fixtures of the generator's tests."""

import pytest
from generator_harness import OneByOne, Source, environment_for
from gevent.server import StreamServer
from loadwright_runtime.load.generator import Generator


@pytest.fixture
def serve():
    """Starts a server that handles each connection with a function of its socket."""
    servers = []

    def start(handle, **options):
        server = StreamServer(("127.0.0.1", 0), lambda connection, _: handle(connection), **options)
        server.start()
        servers.append(server)
        return f"127.0.0.1:{server.server_port}"

    yield start
    for server in servers:
        server.stop(timeout=0)


@pytest.fixture
def make_user(tmp_path):
    """A user of a lone process, with time enough for any answer: a test of a limit sets it."""

    def make(host, source=Source, timeout=60.0, expect=None, tls=None, **config):
        # A busy machine may need longer for a connection than a short limit of the whole request leaves.
        limits = {"timeoutSeconds": timeout, "connectTimeoutSeconds": max(timeout, 20.0)}
        config = limits | config | ({"expect": expect} if expect else {})
        return OneByOne(environment_for(tmp_path, host, source, config, tls))

    yield make
    Generator.end()


@pytest.fixture
def ample_margin(monkeypatch):
    """The time that a machine which does other things too may take is no matter of these tests."""
    monkeypatch.setattr("loadwright_runtime.http.idle_race._MARGIN_SECONDS", 60.0)
