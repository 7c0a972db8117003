"""Stock Locust with its faster client: FastHttpUser."""

from benchmark_request import HEADERS, PATH, PAYLOAD, WAIT_TIME
from benchmark_tls import shared_tls_context
from locust import FastHttpUser, task


class Client(FastHttpUser):
    wait_time = WAIT_TIME
    insecure = False
    ssl_context_factory = staticmethod(shared_tls_context)

    @task
    def invoke(self) -> None:
        self.client.post(PATH, data=PAYLOAD, headers=HEADERS)
