"""
The container of the endpoint, as SageMaker wants it: ``GET /ping`` and ``POST /invocations`` on port 8080
(https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-inference-code.html).

``Accept: application/jsonlines`` asks for a stream: one line for each instance, as soon as it is evaluated.
To see how a load test reports failures, ``MODEL_FAILURE_RATE`` lets a share of the requests fail, evenly
spread, and ``MODEL_SECONDS`` makes an evaluation last longer.
"""

import itertools
import json
import os
import signal
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from model import InvalidInputError, Model

LONGEST_BODY = 6 * 1024 * 1024


class Service(ThreadingHTTPServer):
    """Knows the model, and how often it should fail."""

    daemon_threads = True
    # The default of 5 refuses connections while a load begins.
    request_queue_size = 128

    def __init__(self, port: int, model: Model, failure_rate: float, seconds: float):
        super().__init__(("", port), Handler)
        self.model, self.seconds = model, seconds
        self._failure_rate = failure_rate
        self._numbers = itertools.count(1)

    def is_next_failing(self) -> bool:
        number = next(self._numbers)
        return int(number * self._failure_rate) > int((number - 1) * self._failure_rate)


class Handler(BaseHTTPRequestHandler):
    """One connection of SageMaker's."""

    protocol_version = "HTTP/1.1"
    # Header and body are written apart: without this the second waits for the first to be acknowledged.
    disable_nagle_algorithm = True
    server: Service

    def do_GET(self) -> None:
        if self.path == "/ping":
            self._answer(200, {})
        else:
            self._answer(404, {"error": "only /ping and /invocations are here"})

    def do_POST(self) -> None:
        body = self._body()
        if body is None:
            return
        if self.path != "/invocations":
            return self._answer(404, {"error": "only /ping and /invocations are here"})
        if self.server.is_next_failing():
            return self._answer(500, {"error": "the model failed, as MODEL_FAILURE_RATE asks"})
        try:
            document = json.loads(body)
            instances = document.get("instances") if isinstance(document, dict) else None
            if self.headers.get("Accept") == "application/jsonlines":
                return self._stream(instances)
            time.sleep(self.server.seconds)
            return self._answer(200, {"predictions": self.server.model.evaluate(instances)})
        except json.JSONDecodeError as error:
            return self._answer(400, {"error": f"the body is not JSON: {error}"})
        except InvalidInputError as error:
            return self._answer(400, {"error": str(error)})

    def _body(self) -> bytes | None:
        length = self.headers.get("Content-Length", "")
        if not length.isdigit() or int(length) > LONGEST_BODY:
            self.close_connection = True
            self._answer(413 if length.isdigit() else 411, {"error": f"at most {LONGEST_BODY} bytes"})
            return None
        return self.rfile.read(int(length))

    def _stream(self, instances: object) -> None:
        # Whatever is wrong is reported before the first line: after it there is no status any more.
        self.server.model.evaluate(instances)
        assert isinstance(instances, list)
        self.send_response(200)
        self.send_header("Content-Type", "application/jsonlines")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for instance in instances:
            time.sleep(self.server.seconds)
            [prediction] = self.server.model.evaluate([instance])
            line = json.dumps({"prediction": prediction}).encode() + b"\n"
            self.wfile.write(b"%x\r\n%s\r\n" % (len(line), line))
        self.wfile.write(b"0\r\n\r\n")

    def _answer(self, status: int, document: object) -> None:
        body = json.dumps(document).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """A line for each request would be what the load test measures."""


def main() -> None:
    folder = Path(os.environ.get("MODEL_FOLDER", "/opt/ml/model"))
    service = Service(
        int(os.environ.get("PORT", "8080")),
        Model.load(folder / "model.json"),
        failure_rate=float(os.environ.get("MODEL_FAILURE_RATE", "0")),
        seconds=float(os.environ.get("MODEL_SECONDS", "0.005")),
    )
    # SageMaker ends a container with SIGTERM, and kills it 30 s later.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    print(f"listening on port {service.server_address[1]}", flush=True)
    service.serve_forever()


if __name__ == "__main__":
    main()
