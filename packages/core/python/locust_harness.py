"""For tests: a loopback server, a bundle's folder, and Locust processes that never outlive the test."""

import base64
import contextlib
import json
import mmap
import os
import random
import shutil
import socket
import ssl
import struct
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

RUNTIME = Path(__file__).parent / "loadwright_runtime"
LOCUST = Path(sys.executable).with_name("locust")

# Configurations of bundles, as targets write them.
CHALICE = {
    "method": "POST",
    "path": "/predict",
    "requestName": "predict",
    "headers": {},
    "contentType": "application/json",
    "secretHeaders": {},
    "timeoutSeconds": 60,
}
BEARER = {"Authorization": {"variable": "LOADWRIGHT_CHALICE_BEARER_TOKEN", "prefix": "Bearer "}}
DHT = {
    "path": "/cache",
    "urls": {"template": "https://origin.example/item/{i}", "count": 10},
    "choice": "uniform",
    "timeoutSeconds": 60,
    "requestName": "cache",
}


@dataclass(frozen=True)
class Received:
    method: str
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Answer:
    status: int = 200
    body: bytes = b'{"predictions":[1]}'
    headers: dict[str, str] = field(default_factory=dict)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, *_: object) -> None:
        """Locust drops the connections of users that it stops."""


class Stub:
    """A server on a port that the system chooses; remembers what it received."""

    def __init__(self, answer: Callable[[Received], Answer]):
        self.requests: list[Received] = []
        stub = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            # Without it the answer waits for the acknowledgement of its headers, 40 ms each time.
            wbufsize = -1
            disable_nagle_algorithm = True

            def handle_any(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                headers = {name.lower(): value for name, value in self.headers.items()}
                received = Received(self.command, self.path, headers, body)
                stub.requests.append(received)
                result = answer(received)
                # Without a date of its own: a test gives one where it matters.
                self.send_response_only(result.status)
                for name, value in result.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(result.body)))
                self.end_headers()
                self.wfile.write(result.body)

            do_GET = do_POST = do_PUT = handle_any  # noqa: N815

            def log_message(self, *_: object) -> None:
                pass

        self._server = _Server(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def secure(self, context: ssl.SSLContext) -> None:
        """Speaks TLS from now on, to one client after the other until each is known."""
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True)

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@contextlib.contextmanager
def serving(answer: Callable[[Received], Answer] = lambda _: Answer()) -> Iterator[Stub]:
    stub = Stub(answer)
    try:
        yield stub
    finally:
        stub.close()


def load_plan(**changes: Any) -> dict[str, Any]:
    plan = {
        "version": 1,
        "users": 2,
        "spawnRate": 10,
        "durationSeconds": 2,
        "waitTime": {"minimumSeconds": 0.02, "maximumSeconds": 0.04},
        "payloadOrder": "sequential",
    }
    return {**plan, **changes}


def write_bundle(
    directory: Path,
    target: Path,
    *,
    host: str,
    config: dict[str, Any],
    load: dict[str, Any] | None = None,
    payloads: list[dict[str, Any]] | None = None,
) -> Path:
    """
    Puts a bundle together from the Python files of a target's folder. A kind without any
    shares those of rest.
    """
    shutil.copytree(RUNTIME, directory / "loadwright_runtime", ignore=shutil.ignore_patterns("__pycache__"))
    shared = target if (target / "locustfile.py").exists() else target.parent / "rest"
    for file in shared.glob("*.py"):
        if not file.name.startswith("test_"):
            shutil.copy(file, directory)
    document = {"version": 1, "kind": target.name, "host": host, "config": config}
    (directory / "target.json").write_text(json.dumps(document))
    (directory / "load.json").write_text(json.dumps(load or load_plan()))
    if payloads is not None:
        lines = (json.dumps(record, separators=(",", ":")) + "\n" for record in payloads)
        (directory / "payloads.jsonl").write_text("".join(lines))
    return directory


class Clock:
    """Time by which the secrets of a bundle's processes age. It passes only when the test says so."""

    def __init__(self, directory: Path):
        file = directory / "locustfile.py"
        file.write_text("import given_clock\n\n" + file.read_text())
        shutil.copy(Path(__file__).with_name("given_clock.py"), directory)
        (directory / "clock").write_bytes(bytes(8))
        with (directory / "clock").open("r+b") as file:
            self._memory = mmap.mmap(file.fileno(), 8)
        self.pass_by(time.time())

    def __call__(self) -> float:
        return struct.unpack("d", self._memory)[0]

    def pass_by(self, seconds: float) -> None:
        self._memory[:] = struct.pack("d", self() + seconds)


# Below those that systems choose from: 32,768 on Linux, 49,152 elsewhere.
_PORTS = (10_000, 32_000)
_chance = random.SystemRandom()
_claims: list[socket.socket] = []


def free_port() -> int:
    """
    A port that no other test is given while this process lives, nor any socket that leaves the choice to the
    system: others of the same number would get what is sent to it before somebody listens.
    """
    while True:
        port = _chance.randrange(*_PORTS)
        # Of UDP, in which nobody else is interested: what a process has bound is free again when it ends.
        claim = socket.socket(type=socket.SOCK_DGRAM)
        with socket.socket() as probe:
            try:
                claim.bind(("127.0.0.1", port))
                probe.bind(("127.0.0.1", port))
            except OSError:
                claim.close()
                continue
        _claims.append(claim)
        return port


class Locusts:
    """Starts Locust in a bundle's folder, and ends whatever is left."""

    def __init__(self, directory: Path):
        self._directory = directory
        self._processes: list[subprocess.Popen[str]] = []

    def start(
        self, *arguments: str, variables: dict[str, str] | None = None, **options: Any
    ) -> subprocess.Popen[str]:
        # Nothing of the caller's environment but the path: a variable set here must not decide a test.
        environment = {"PATH": os.environ["PATH"], "PYTHONUNBUFFERED": "1", **(variables or {})}
        process = subprocess.Popen(
            [LOCUST, "-f", "locustfile.py", *arguments],
            cwd=self._directory,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            **options,
        )
        self._processes.append(process)
        return process

    def run(self, *arguments: str, variables: dict[str, str] | None = None) -> tuple[int, str]:
        """Runs Locust to its end; its exit code and output."""
        process = self.start(*arguments, variables=variables)
        output, _ = process.communicate(timeout=60)
        return process.returncode, output

    def run_until(
        self, condition: Callable[[], Any], *arguments: str, variables: dict[str, str] | None = None
    ) -> tuple[int, str]:
        """Runs a headless Locust until something holds, then ends it; its exit code and output."""
        process = self.start("--headless", "-t", "60s", *arguments, variables=variables)
        eventually(lambda: condition() or process.poll() is not None, "the end of the run")
        process.terminate()
        output, _ = process.communicate(timeout=60)
        return process.returncode, output

    def close(self) -> None:
        for process in self._processes:
            if process.poll() is None:
                process.kill()
            process.wait()
            if process.stdout:
                process.stdout.close()


@contextlib.contextmanager
def locusts(directory: Path) -> Iterator[Locusts]:
    processes = Locusts(directory)
    try:
        yield processes
    finally:
        processes.close()


def eventually(condition: Callable[[], Any], what: str, seconds: float = 90) -> Any:
    """Waits until a condition gives something true, and gives that back."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if result := condition():
            return result
        time.sleep(0.05)
    raise AssertionError(f"not within {seconds} s: {what}")


class Web:
    """A client of a master's web UI: follows no redirects, keeps no cookies."""

    def __init__(self, url: str, password: str | None = None):
        self._url = url
        self._headers = {"Authorization": f"Bearer {password}"} if password else {}

    def request(
        self, path: str, form: dict[str, Any] | None = None, headers: dict[str, str] | None = None
    ) -> tuple[int, dict[str, str], bytes]:
        data = None if form is None else urllib.parse.urlencode(form).encode()
        request = urllib.request.Request(self._url + path, data, {**self._headers, **(headers or {})})
        try:
            with _opener.open(request, timeout=20) as answer:
                return answer.status, dict(answer.headers), answer.read()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, dict(error.headers), error.read()
        except OSError:
            return 0, {}, b""

    def press(self, button: str) -> int:
        """Does what a button of the web UI does; the status. Locust 2.47 wants a POST, older ones a GET."""
        status, _, _ = self.request(f"/{button}", {})
        return self.request(f"/{button}")[0] if status == 405 else status

    def statistics(self) -> dict[str, Any]:
        status, _, body = self.request("/loadwright/statistics")
        return json.loads(body) if status == 200 else {}

    def series(self, after: int = 0) -> dict[str, Any]:
        status, _, body = self.request(f"/loadwright/series?after={after}")
        return json.loads(body) if status == 200 else {}


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: object) -> None:
        return None


_opener = urllib.request.build_opener(_NoRedirect, urllib.request.ProxyHandler({}))


class Cluster:
    """A master and its workers."""

    def __init__(
        self,
        locusts,
        workers,
        *,
        arguments=(),
        variables=None,
        worker_arguments=("--stop-timeout=5",),
        worker_variables=None,
    ):
        self.web_port, self.port = free_port(), free_port()
        self.url = f"http://127.0.0.1:{self.web_port}"
        self._start_master = lambda: locusts.start(
            "--master",
            "--master-bind-host=127.0.0.1",
            f"--master-bind-port={self.port}",
            "--web-host=127.0.0.1",
            f"--web-port={self.web_port}",
            *arguments,
            variables=variables,
        )
        self.master = self._start_master()
        self.workers = [
            locusts.start(
                "--worker",
                f"--master-port={self.port}",
                *worker_arguments,
                variables=worker_variables or {"SOME": "variable"},
            )
            for _ in range(workers)
        ]
        self.web = Web(self.url, (variables or {}).get("LOADWRIGHT_UI_PASSWORD"))
        eventually(lambda: self.connected() == workers, "all workers connected")

    def restart_master(self):
        """Kills it, and starts another process at its address."""
        self.master.kill()
        self.master.wait()
        self.master = self._start_master()
        eventually(self.web.statistics, "statistics")

    @staticmethod
    def alone(locusts, variables=None):
        """The web UI of a process without workers."""
        port = free_port()
        locusts.start("--web-host=127.0.0.1", f"--web-port={port}", variables=variables)
        web = Web(f"http://127.0.0.1:{port}")
        eventually(web.statistics, "statistics")
        return web

    def connected(self):
        statistics = self.web.statistics()
        if not statistics:
            return None
        return sum(worker["state"] != "preparing" for worker in statistics["workers"])

    def swarm(self, users):
        form = {"user_count": users, "spawn_rate": 100}
        status, _, body = self.web.request("/swarm", form)
        assert (status, json.loads(body)["success"]) == (200, True)

    def settled(self):
        """The statistics once the workers' last reports are in."""
        status, _, body = self.web.request("/loadwright/stop", {"by": "a test"})
        assert (status, json.loads(body)["success"]) == (200, True), body
        return self.web.statistics()


def text_of(record: dict[str, Any]) -> bytes:
    """What a payload record is sent as."""
    if "base64" in record:
        return base64.b64decode(record["base64"])
    return record["text"].encode() if "text" in record else json.dumps(record["json"]).encode()
