"""
Requests to a real-time endpoint of SageMaker, signed with Signature Version 4: ``InvokeEndpoint``, or
``InvokeEndpointWithResponseStream``.
"""

import itertools
import random
from collections.abc import Callable
from functools import partial
from urllib.parse import quote

from loadwright_runtime import (
    Body,
    Credentials,
    Payload,
    Request,
    RequestCache,
    RequestSource,
    Signer,
    SourceSetup,
    host_header,
)
from loadwright_runtime.source.role_credentials import aws_credentials
from loadwright_runtime.source.sigv4 import PreparedRequest


class SageMakerRequests(RequestSource):
    """Invokes one endpoint with the bundle's payloads."""

    def __init__(self, setup: SourceSetup):
        super().__init__(setup)
        purpose = "the load generators sign every request with these AWS credentials"
        self._use(aws_credentials(purpose, self._use))
        self._is_stream = self.config.get("stream", False)
        operation = "invocations-response-stream" if self._is_stream else "invocations"
        self._path = f"{self.base_path}/endpoints/{quote(self.config['endpointName'], safe='')}/{operation}"
        self._name = self.config["requestName"]
        self._payloads = setup.payloads(self._encode)
        self._next_model = _chooser(self.config.get("targetModels"))
        self._requests: dict[str | None, RequestCache] = {}
        self._signed_at = self._signer.moment()

    def next_request(self) -> Request:
        return self._request_of(self._next_model())

    def request_named(self, name: str) -> Request:
        return self._request_of(name if name in self.config.get("targetModels", {}) else self._next_model())

    def _request_of(self, model: str | None) -> Request:
        moment = self._signer.moment()
        if moment is not self._signed_at:
            # The same body in the same second has the same signature.
            self._signed_at = moment
            for kept in self._requests.values():
                kept.clear()
        requests = self._requests.get(model) or self._requests_of(model)
        request = requests.of(self._payloads.next_body())
        return request.read_by(self.token_reader()) if self._is_stream else request

    def _use(self, credentials: Credentials) -> None:
        """Another signer has moments of its own: what the former one signed is not sent again."""
        self._signer = Signer(credentials, self.config["region"], "sagemaker")
        self._prepared: dict[tuple[str, str | None], PreparedRequest] = {}

    def _requests_of(self, model: str | None) -> RequestCache:
        requests = self._requests[model] = RequestCache(partial(self._make, model))
        return requests

    def _make(self, model: str | None, body: Body) -> Request:
        prepared = self._prepared.get((body.content_type, model)) or self._prepare(body.content_type, model)
        headers = prepared.headers(body.content)
        # Each model has statistics of its own.
        return Request("POST", self._path, name=model or self._name, headers=headers, body=body.content)

    def _encode(self, payload: Payload) -> Body:
        return payload.encode(self.config["contentType"])

    def _prepare(self, content_type: str, model: str | None) -> PreparedRequest:
        headers = {"Content-Type": content_type, **self.config["headers"]}
        if model is not None:
            headers["X-Amzn-SageMaker-Target-Model"] = model
        if "accept" in self.config:
            # Of a stream the answer itself has another type.
            name = "X-Amzn-SageMaker-Accept" if self._is_stream else "Accept"
            headers[name] = self.config["accept"]
        prepared = self._signer.prepare("POST", host_header(self.host), self._path, headers=headers)
        self._prepared[content_type, model] = prepared
        return prepared


def _chooser(weights: dict[str, float] | None) -> Callable[[], str | None]:
    """Gives the model of the next request, by the weights of all of them; None where there is no choice."""
    if weights is None:
        return lambda: None
    models, sums = list(weights), list(itertools.accumulate(weights.values()))
    return lambda: random.choices(models, cum_weights=sums)[0]
