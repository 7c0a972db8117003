"""
Requests to an endpoint with asynchronous inference: ``InvokeEndpointAsync``, answered with 202 and the places
in S3 where the result or the failure of the model will be.
"""

import itertools
import uuid

from loadwright_runtime import (
    Body,
    Credentials,
    Failure,
    Payload,
    Promise,
    Request,
    Response,
    SetupError,
    SourceSetup,
)
from sagemaker_requests import SageMakerRequests
from sagemaker_results import Results, split_location

# Of the API: an input in the request itself, https://docs.aws.amazon.com/sagemaker/latest/APIReference
MOST_INLINE_BYTES = 128_000
# Results of so many requests share a prefix in S3, so that one page of 1,000 keys lists them.
_REQUESTS_A_PREFIX = 500


class SageMakerAsyncRequests(SageMakerRequests):
    """Enqueues the bundle's payloads at one endpoint, and finds the results of all of them in bulk."""

    operation = "async-invocations"

    def __init__(self, setup: SourceSetup):
        self._async = setup.config["async"]
        # Outputs of different processes, and of one run after the other, never share a prefix.
        self._output_path = f"loadwright/{uuid.uuid4().hex[:12]}-{setup.worker_index}"
        self._numbers = itertools.count()
        self._results = Results(setup.bundle, setup.counters.metrics, self._async)
        super().__init__(setup)

    def check(self, response: Response) -> str | Failure | Promise | None:
        reason = super().check(response)
        if reason is not None:
            return reason
        output = response.header("X-Amzn-SageMaker-OutputLocation")
        failure = response.header("X-Amzn-SageMaker-FailureLocation")
        if output is None or split_location(output) is None:
            return Failure("check", "check: the answer names no OutputLocation in S3")
        return self._results.promise(output, failure)

    def _use(self, credentials: Credentials) -> None:
        super()._use(credentials)
        self._results.use(credentials, self.config["region"])

    def _encode(self, payload: Payload) -> Body:
        body = super()._encode(payload)
        if self._async.get("inputLocations"):
            location = payload.value if isinstance(payload.value, str) else ""
            if split_location(location) is None:
                raise SetupError(
                    "with async.inputLocations each payload is a location in S3 such as s3://bucket/input.json"
                )
            return Body(location.encode(), self.config["contentType"])
        if "inputPrefix" not in self._async and len(body.content) > MOST_INLINE_BYTES:
            raise SetupError(
                f"it has more than {MOST_INLINE_BYTES} bytes, the most that a request for asynchronous "
                "inference carries: let Loadwright put the inputs into S3 with async.inputPrefix"
            )
        return body

    def _make(self, model: str | None, body: Body) -> Request:
        number = next(self._numbers) // _REQUESTS_A_PREFIX
        headers = {
            "X-Amzn-SageMaker-Content-Type": body.content_type,
            "X-Amzn-SageMaker-S3OutputPathExtension": f"{self._output_path}-{number}",
            **self.config["headers"],
        }
        content = body.content
        if self._async.get("inputLocations"):
            headers["X-Amzn-SageMaker-InputLocation"], content = content.decode(), b""
        elif "inputPrefix" in self._async:
            # Its bytes were put there by whoever started the run.
            headers["X-Amzn-SageMaker-InputLocation"] = f"{self._async['inputPrefix']}{body.row}"
            content = b""
        if "accept" in self.config:
            headers["X-Amzn-SageMaker-Accept"] = self.config["accept"]
        return self._sign(headers, content, self._name, body.row)
