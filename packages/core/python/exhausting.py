"""Users in a process that has few descriptors or few ports: prints what became of them.

Usage: exhausting.py <directory> [<base URL>]. With the URL of a server descriptors are few. Without one ports
are, and the server is here: in the process's own network namespace, which it then needs.
"""

import collections
import fcntl
import json
import os
import resource
import socket
import struct
import sys
import time
from pathlib import Path

import gevent
from generator_harness import OK, Source, environment_for, read_request
from gevent.server import StreamServer
from loadwright_runtime.load.closed_model import UserLoop
from loadwright_runtime.load.generator import Generator

USERS = 30
SECONDS = 3
ENOUGH = 200
CONNECTIONS = 10


def main(directory, host=None):
    if host is None:
        bring_loopback_up()
        Path("/proc/sys/net/ipv4/ip_local_port_range").write_text(f"50000 {49999 + CONNECTIONS}")
        StreamServer(("127.0.0.1", 8080), serve).start()
    else:
        # Beyond those that are open: two for the generator itself, and those that it leaves free.
        limit = len(os.listdir("/proc/self/fd")) + 2 + CONNECTIONS + 16
        resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))
    environment = environment_for(Path(directory), host or "http://127.0.0.1:8080", Source, {})
    (user_class,) = environment.user_classes
    counters = user_class.counters
    endpoint = Generator.of(environment, counters).endpoint(user_class.source(environment))
    loops = [UserLoop(endpoint, lambda: 0.02) for _ in range(USERS)]
    greenlets = [gevent.spawn(loop.run) for loop in loops]
    before = time.process_time()
    began = time.monotonic()
    # However slow the machine is: until there was enough of everything.
    while time.monotonic() < began + SECONDS or successes(counters) <= ENOUGH:
        gevent.sleep(0.1)
    cpu, seconds = time.process_time() - before, time.monotonic() - began
    for loop in loops:
        loop.close()
    gevent.joinall(greenlets, timeout=30, raise_error=True)
    environment.events.test_stop.fire(environment=environment)
    total = counters.figures.total()
    reasons, kinds = collections.Counter(), collections.Counter()
    for (_, _, kind, reason), count in counters.figures.errors.items():
        reasons[reason] += count
        kinds[kind] += count
    document = {
        "due": total.due,
        "succeeded": total.succeeded,
        "failures": total.failed,
        "reasons": reasons,
        "kinds": kinds,
        "seconds": seconds,
        "cpuShare": cpu / seconds,
        "ended": sum(greenlet.successful() for greenlet in greenlets),
        "lagTicks": counters.figures.run().trends["loop_lag"].count,
    }
    print(json.dumps(document))


def successes(counters):
    counters.settle()
    return counters.figures.total().succeeded


def serve(connection, _):
    try:
        while read_request(connection):
            connection.sendall(OK)
    except OSError:
        pass


def bring_loopback_up():
    with socket.socket() as any_socket:
        get_flags, set_flags, up = 0x8913, 0x8914, 0x1  # SIOCGIFFLAGS, SIOCSIFFLAGS, IFF_UP
        request = struct.pack("16sH14x", b"lo", 0)
        name, flags = struct.unpack("16sH14x", fcntl.ioctl(any_socket, get_flags, request))
        fcntl.ioctl(any_socket, set_flags, struct.pack("16sH14x", name, flags | up))


main(*sys.argv[1:])
