"""Stock Locust, as its documentation begins: HttpUser."""

import os

from benchmark_request import HEADERS, PATH, PAYLOAD, WAIT_TIME
from locust import HttpUser, task


class Client(HttpUser):
    wait_time = WAIT_TIME

    def on_start(self) -> None:
        # Locust's session does not look at the variable.
        self.client.verify = os.environ["REQUESTS_CA_BUNDLE"]

    @task
    def invoke(self) -> None:
        self.client.post(PATH, data=PAYLOAD, headers=HEADERS)
