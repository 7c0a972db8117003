"""FastHttpUser with Loadwright's signer, so that only the HTTP client differs."""

import os

from benchmark_request import DISTINCT_PAYLOADS, HEADERS, PATH, WAIT_TIME
from benchmark_tls import shared_tls_context
from loadwright_runtime import Credentials, Signer, host_header
from locust import FastHttpUser, task

_SIGNER = Signer(
    Credentials(os.environ["AWS_ACCESS_KEY_ID"], os.environ["AWS_SECRET_ACCESS_KEY"]),
    os.environ["AWS_REGION"],
    "sagemaker",
)


class Client(FastHttpUser):
    wait_time = WAIT_TIME
    insecure = False
    ssl_context_factory = staticmethod(shared_tls_context)

    def on_start(self) -> None:
        self._prepared = _SIGNER.prepare("POST", host_header(self.host), PATH, headers=HEADERS)

    @task
    def invoke(self) -> None:
        payload = next(DISTINCT_PAYLOADS)
        self.client.post(PATH, data=payload, headers=self._prepared.headers(payload))
