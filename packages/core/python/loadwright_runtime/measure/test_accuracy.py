"""The generator's times beside the server's own log."""

import math
import random
import subprocess
import sys

import gevent
import pytest
from generator_harness import Source, environment_for

from loadwright_runtime import Request
from loadwright_runtime.load.closed_model import UserLoop
from loadwright_runtime.load.generator import Generator
from loadwright_runtime.measure.histogram import bucket_of, milliseconds_of

# Answers after a time drawn log-normally. Writes how long each took until it was sent, and by how much that
# was more than the time that was drawn, in seconds.
SERVER = """
import asyncio, random, sys, time
chance, log = random.Random(7), []

class Server(asyncio.Protocol):
    def connection_made(self, transport):
        self.transport = transport

    def data_received(self, data):
        started = time.perf_counter()
        if b"/end" in data:
            print("\\n".join(log), flush=True)
            sys.exit()
        wait = min(2.0, chance.lognormvariate(-4.2, 1.0))
        asyncio.get_running_loop().call_later(wait, self.answer, started, wait)

    def answer(self, started, wait):
        # Before it is sent: whatever else runs in between is in no time of the client.
        took = time.perf_counter() - started
        log.append(f"{took} {took - wait}")
        self.transport.write(b"HTTP/1.1 200 OK\\r\\nContent-Length: 2\\r\\n\\r\\nok")

async def main():
    server = await asyncio.get_running_loop().create_server(Server, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()

asyncio.run(main())
"""

FRACTIONS = (0.5, 0.9, 0.99, 0.999)


class Plain(Source):
    def next_request(self):
        return Request("GET", "/", name="n")


def nearest_rank(values, fraction):
    return values[max(0, math.ceil(len(values) * fraction - 1e-9) - 1)]


def test_percentiles_are_those_of_the_server(tmp_path):
    process = subprocess.Popen([sys.executable, "-c", SERVER], stdout=subprocess.PIPE, text=True)
    try:
        port = int(process.stdout.readline())
        environment = environment_for(tmp_path, f"http://127.0.0.1:{port}", Plain, {})
        (user_class,) = environment.user_classes
        exactly = []
        environment.events.request.add_listener(lambda response_time, **_: exactly.append(response_time))
        endpoint = Generator.of(environment, user_class.counters).endpoint(user_class.source(environment))
        loops = [UserLoop(endpoint, None) for _ in range(16)]
        greenlets = [gevent.spawn(loop.run) for loop in loops]
        gevent.sleep(5)
        for loop in loops:
            loop.close()
        gevent.joinall(greenlets)
        environment.events.test_stop.fire(environment=environment)
        figures = user_class.counters.figures
        total, lag = figures.total(), figures.run().trends["loop_lag"]
        with gevent.socket.create_connection(("127.0.0.1", port)) as connection:
            connection.sendall(b"GET /end HTTP/1.1\r\n\r\n")
        output, _ = process.communicate(timeout=20)
    finally:
        process.kill()
        Generator.end()
    milliseconds = [[float(word) * 1000 for word in line.split()] for line in output.splitlines()]
    served = sorted(took for took, _ in milliseconds)
    delays = sorted(max(0.0, late - TIMER_MILLISECONDS) for _, late in milliseconds)
    assert len(served) == total.succeeded == total.due > 1000
    ours = spread(total.trends["http_req_service"])
    lags = spread(lag)
    # A standstill holds up all requests on their way, and is one figure among the many of how late it was.
    stood_still = max(lags[-1], delays[-1]) > STANDSTILL_MILLISECONDS
    exactly.sort()
    for fraction in FRACTIONS:
        server, exact, shown = (nearest_rank(times, fraction) for times in (served, exactly, ours))
        # How late both processes got to look, on a machine that does other things too.
        rank = 1 if stood_still else max(0.9, fraction)
        late = nearest_rank(lags, rank) + nearest_rank(delays, rank)
        print(f"{fraction}: server {server:.3f} exact {exact:.3f} shown {shown:.3f} ms; late {late:.3f} ms")
        assert abs(shown - exact) <= max(0.001, exact * 0.005)
        bar = max(0.1, server * 0.01)
        assert -bar <= shown - server <= bar + WAY_MILLISECONDS + late


def spread(trend):
    return [milliseconds_of(bucket) for bucket, count in trend.pairs() for _ in range(count)]


# Over loopback, and to wake both processes: the generator's time has it, the server's own has not.
WAY_MILLISECONDS = 0.5
# By which a timer of asyncio may be late on an idle machine: it waits for whole milliseconds.
TIMER_MILLISECONDS = 1.0
# More than other programs take from one that runs beside them, unless something stops it.
STANDSTILL_MILLISECONDS = 50


def test_buckets_from_a_tenth_of_a_millisecond_to_100_seconds():
    chance = random.Random(1)
    for _ in range(20_000):
        seconds = 10 ** chance.uniform(-4, 2)
        milliseconds = milliseconds_of(bucket_of(seconds))
        assert abs(milliseconds - seconds * 1000) <= 0.005 * seconds * 1000
    buckets = [bucket_of(microseconds / 1e6) for microseconds in range(1, 100_000)]
    assert buckets == sorted(buckets)


@pytest.mark.parametrize("seconds", [0, 1e-7, 1e-6, 1000])
def test_ends_of_the_scale(seconds):
    assert abs(milliseconds_of(bucket_of(seconds)) - seconds * 1000) <= max(0.001, seconds * 4)
