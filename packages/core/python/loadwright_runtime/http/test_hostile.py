"""Load on a server that resets, stalls, truncates and refuses at random: everything is accounted for."""

import os
import random
import socket
import struct
import time
from statistics import median

import gevent
import gevent.socket
import pytest
from generator_harness import OK, Source, environment_for

from loadwright_runtime import Request
from loadwright_runtime.load.closed_model import UserLoop
from loadwright_runtime.load.generator import Generator

SECONDS = float(os.environ.get("LOADWRIGHT_SOAK_SECONDS", 5))
USERS = 60

CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n"
LARGE = b"HTTP/1.1 200 OK\r\nContent-Length: 200000\r\n\r\n" + b"x" * 200_000


class HostileServer:
    def __init__(self):
        self.chance = random.Random(20260801)
        self.received = 0
        self._listener = self._listen(0)
        self.port = self._listener.getsockname()[1]
        self._is_closed = False
        self._greenlets = [gevent.spawn(self._accept), gevent.spawn(self._refuse_at_times)]

    def close(self):
        gevent.killall(self._greenlets)
        self._listener.close()

    def _listen(self, port):
        listener = gevent.socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", port))
        listener.listen(100)
        return listener

    def _refuse_at_times(self):
        while True:
            gevent.sleep(0.5)
            self._listener.close()
            gevent.sleep(0.1)
            self._listener = self._listen(self.port)

    def _accept(self):
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                gevent.sleep(0.01)
            else:
                gevent.spawn(self._serve, connection)

    def _serve(self, connection):
        with connection:
            try:
                while self._read(connection) and self._answer(connection):
                    pass
            except OSError:
                pass

    def _read(self, connection):
        received = b""
        while not received.endswith(b"body"):
            block = connection.recv(65536)
            if not block:
                return False
            received += block
        self.received += 1
        return True

    def _answer(self, connection):
        """False when that was the last one on this connection."""
        dice = self.chance.random()
        if dice < 0.80:
            connection.sendall(OK)
        elif dice < 0.86:
            connection.sendall(CHUNKED)
        elif dice < 0.89:
            connection.sendall(LARGE)
        elif dice < 0.91:
            connection.sendall(b"HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n")
        elif dice < 0.925:
            connection.sendall(OK)
            return False
        elif dice < 0.94:
            return False
        elif dice < 0.955:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            return False
        elif dice < 0.97:
            answer = self.chance.choice((OK, CHUNKED, LARGE))
            connection.sendall(answer[: self.chance.randrange(len(answer))])
            return False
        elif dice < 0.985:
            connection.sendall(self.chance.randbytes(self.chance.randrange(1, 300)))
            return False
        else:
            gevent.sleep(self.chance.uniform(0, 0.5))
            connection.sendall(OK)
        return True


class Counting(Source):
    made = 0

    def next_request(self):
        Counting.made += 1
        return Request("POST", "/", name="n", body=b"body")


@pytest.mark.timeout(SECONDS + 60)
def test_everything_is_accounted_for(tmp_path):
    server = HostileServer()
    Counting.made = 0
    host = f"http://127.0.0.1:{server.port}"
    environment = environment_for(tmp_path, host, Counting, {"timeoutSeconds": 0.3})
    (user_class,) = environment.user_classes
    counters = user_class.counters
    descriptors_before = len(os.listdir("/proc/self/fd"))
    endpoint = Generator.of(environment, counters).endpoint(user_class.source(environment))
    loops = [UserLoop(endpoint, None) for _ in range(USERS)]
    greenlets = [gevent.spawn(loop.run) for loop in loops]

    gevent.sleep(min(2, SECONDS / 2))
    memory_before = resident_bytes()
    descriptors = []
    turns = gevent.spawn(look_at_turns, busy := [])
    end = time.monotonic() + SECONDS
    # However slow the machine is: until there was enough of everything.
    while time.monotonic() < end or Counting.made < 200 * SECONDS:
        # Some leave in the middle of a request, others come.
        gevent.sleep(0.2)
        descriptors.append(len(os.listdir("/proc/self/fd")))
        index = server.chance.randrange(USERS)
        greenlets[index].kill()
        loops[index] = UserLoop(endpoint, None)
        greenlets[index] = gevent.spawn(loops[index].run)
    turns.kill()
    assert resident_bytes() - memory_before < 30_000_000
    # Those of the server are among them. Afterwards is too late to look: whatever is left is closed then.
    quarter = len(descriptors) // 4
    assert median(descriptors[-quarter:]) <= median(descriptors[:quarter]) + USERS / 2
    for loop in loops:
        loop.close()
    gevent.joinall(greenlets, timeout=30, raise_error=True)
    assert all(greenlet.ready() for greenlet in greenlets)
    environment.events.test_stop.fire(environment=environment)

    figures = counters.figures
    total, counts = figures.total(), counters.totals()
    kinds = total.failures_by_kind()
    assert Counting.made == total.due == total.succeeded + total.failed
    assert total.failed == sum(figures.errors.values()) == sum(kinds.values())
    assert total.succeeded + total.failed == sum(total.codes.values())
    assert {"connect", "timeout", "reset", "protocol", "status"} <= set(kinds)
    assert counts["retried_idle"] > 0
    # What never reached the server was refused or cut off on the way.
    assert server.received <= total.sent + counts["retried_idle"]
    assert total.succeeded <= server.received
    # The loop went on turning: others wait for 3 s of this process's work at most, after which a master
    # misses a worker, and hardly ever for 0.2 s.
    assert figures.run().trends["loop_lag"].count > 0
    assert sum(seconds < 0.2 for seconds in busy) > 0.9 * len(busy) and max(busy) < 3
    Generator.end()
    server.close()
    gevent.sleep(0.5)
    assert len(os.listdir("/proc/self/fd")) <= descriptors_before + 1
    print(total.due, total.failed, counts, kinds)


def look_at_turns(busy):
    """Collects what this process computes between two turns of a greenlet: what others take is not in it."""
    while True:
        before = time.process_time()
        gevent.sleep(0.05)
        busy.append(time.process_time() - before)


def resident_bytes():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
