"""The other usual Locust file for SageMaker: a boto3 client for each user, timed by hand."""

import os
import time

import boto3
from benchmark_request import DISTINCT_PAYLOADS, WAIT_TIME
from locust import User, task

_SESSION = boto3.Session()


class Client(User):
    wait_time = WAIT_TIME

    def on_start(self) -> None:
        self._client = _SESSION.client(
            "sagemaker-runtime", region_name=os.environ["AWS_REGION"], endpoint_url=self.host
        )

    @task
    def invoke(self) -> None:
        payload = next(DISTINCT_PAYLOADS)
        started, failure, length = time.perf_counter(), None, 0
        try:
            answer = self._client.invoke_endpoint(
                EndpointName="benchmark", ContentType="application/json", Body=payload
            )
            length = len(answer["Body"].read())
        except Exception as error:
            failure = error
        self.environment.events.request.fire(
            request_type="boto3",
            name="invoke",
            response_time=(time.perf_counter() - started) * 1000,
            response_length=length,
            exception=failure,
            context={},
        )
