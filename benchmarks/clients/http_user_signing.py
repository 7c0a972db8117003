"""The usual Locust file for SageMaker: HttpUser, and botocore signs every request."""

import os

from benchmark_request import DISTINCT_PAYLOADS, HEADERS, PATH, WAIT_TIME
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from locust import HttpUser, task

_SIGNER = SigV4Auth(
    Credentials(os.environ["AWS_ACCESS_KEY_ID"], os.environ["AWS_SECRET_ACCESS_KEY"]),
    "sagemaker",
    os.environ["AWS_REGION"],
)


class Client(HttpUser):
    wait_time = WAIT_TIME

    def on_start(self) -> None:
        # Locust's session does not look at the variable.
        self.client.verify = os.environ["REQUESTS_CA_BUNDLE"]

    @task
    def invoke(self) -> None:
        payload = next(DISTINCT_PAYLOADS)
        request = AWSRequest("POST", f"{self.host}{PATH}", data=payload, headers=HEADERS)
        _SIGNER.add_auth(request)
        self.client.post(PATH, data=payload, headers=dict(request.headers.items()))
