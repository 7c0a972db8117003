"""
Many workers in one process, which send no requests: a master hears from them what it would hear from real
ones. Their reports are those of the runtime, made of requests that were thrown at random beforehand.

Usage: PYTHONPATH=BUNDLE simulated_workers.py PORT WORKERS NAMES RATE

RATE is the requests/s of each worker. When the master has stopped the test, the file "reported" has the
number of requests that were reported.
"""

import random
import sys
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import gevent
import zmq.green as zmq
from gevent.event import AsyncResult
from loadwright_runtime.measure.counters import Counters
from loadwright_runtime.measure.rows import Row
from loadwright_runtime.source.set_up import SetUp
from locust import __version__
from locust.event import Events
from locust.rpc import Message
from locust.runners import HEARTBEAT_INTERVAL, WorkerRunner
from locust.stats import RequestStats

port, workers, names, rate = map(int, sys.argv[1:])

REPORT_SECONDS = 1.0
LAGS_A_SECOND = 20
POOL = 50

randomness = random.Random(20)


def requests(number: int) -> Row:
    """Half of them are reported while their second goes on, the other half in the next report."""
    row = Row()
    row.due = row.sent = number
    row.bytes = 25 * number
    for _ in range(number):
        row.service.add(randomness.lognormvariate(0, 0.5) * 0.02)
    return row


def of_run(number: int) -> Row:
    row = Row()
    row.ended = number
    for _ in range(LAGS_A_SECOND // 2):
        row.trend("loop_lag").add(randomness.expovariate(5000))
    return row


halves = [requests(rate // names // 2) for _ in range(POOL)]
runs = [of_run(rate // 2) for _ in range(POOL)]
keys = [("POST", f"predict {number}") for number in range(names)]
no_statistics = RequestStats()
stopped = AsyncResult()


class Worker:
    reported = 0

    def __init__(self, context: Any, number: int):
        self.id = f"simulated_{number}"
        self.state = "ready"
        self.users: dict[str, int] = {}
        self.options = SimpleNamespace()
        self.events = Events()
        self.counters = Counters()
        runner = object.__new__(WorkerRunner)
        runner.send_message = self.send
        environment = SimpleNamespace(events=self.events, runner=runner, parsed_options=self.options)
        self.counters.connect(environment)
        self.counters.load = lambda: (1, 0.01) if self.state == "running" else (0, 0.0)
        self.counters.take_rows = self.take_rows
        self.socket = context.socket(zmq.DEALER)
        self.socket.identity = self.id.encode()
        self.socket.connect(f"tcp://127.0.0.1:{port}")
        self.send("client_ready", __version__)
        SetUp(environment).done()
        self.began = time.monotonic()
        gevent.spawn(self.hear)
        gevent.spawn_later(randomness.random() * HEARTBEAT_INTERVAL, self.beat)
        gevent.spawn_later(randomness.random() * REPORT_SECONDS, self.report_always)

    def take_rows(self) -> list[tuple[int, tuple[str, str], Row]]:
        if self.state != "running":
            return []
        now = int(time.monotonic() - self.began)
        seconds = [now - 1, now] if now else [now]
        Worker.reported += len(seconds) * names * (rate // names // 2)
        return [
            *((second, key, randomness.choice(halves)) for second in seconds for key in keys),
            *((second, ("", ""), randomness.choice(runs)) for second in seconds),
        ]

    def send(self, kind: str, data: Any) -> None:
        self.socket.send(Message(kind, data, self.id).serialize())

    def report(self) -> None:
        data: dict[str, Any] = {
            "stats": no_statistics.serialize_stats(),
            "stats_total": no_statistics.total.get_stripped_report(),
            "errors": {},
            "user_classes_count": self.users,
            "user_count": sum(self.users.values()),
        }
        self.events.report_to_master.fire(client_id=self.id, data=data)
        self.send("stats", data)

    def report_always(self) -> None:
        while True:
            self.report()
            gevent.sleep(REPORT_SECONDS)

    def beat(self) -> None:
        while True:
            figures = {"current_cpu_usage": 10.0, "current_memory_usage": 60_000_000}
            self.send("heartbeat", {"state": self.state, **figures})
            gevent.sleep(HEARTBEAT_INTERVAL)

    def hear(self) -> None:
        while True:
            message = Message.unserialize(self.socket.recv())
            if message.type == "spawn":
                self.spawn(message.data)
            elif message.type == "stop":
                self.state, self.users = "ready", dict.fromkeys(self.users, 0)
                self.report()
                self.send("client_stopped", None)
                self.send("client_ready", __version__)
                if not stopped.ready():
                    stopped.set(True)

    def spawn(self, job: dict[str, Any]) -> None:
        vars(self.options).update(job["parsed_options"])
        self.users = job["user_classes_count"]
        self.send("spawning", None)
        if self.state != "running":
            self.events.test_start.fire()
            self.state, self.began = "running", time.monotonic()
        count = sum(self.users.values())
        self.send("spawning_complete", {"user_classes_count": self.users, "user_count": count})


context = zmq.Context()
context.set(zmq.MAX_SOCKETS, workers + 10)
everyone = [Worker(context, number) for number in range(workers)]
stopped.get()
while any(worker.state == "running" for worker in everyone):
    gevent.sleep(0.01)
Path("reported").write_text(str(Worker.reported))
gevent.sleep(3600)
