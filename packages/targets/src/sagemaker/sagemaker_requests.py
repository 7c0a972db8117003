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
    RequestSource,
    Signer,
    SourceSetup,
    host_header,
)
from loadwright_runtime.source.role_credentials import aws_credentials
from loadwright_runtime.source.row_requests import RowRequests
from loadwright_runtime.source.signed_requests import SignedRequests


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
        self._requests: dict[str | None, RowRequests] = {}
        self._signed_at = self._signer.moment()

    def next_request(self) -> Request:
        moment = self._signer.moment()
        if moment is not self._signed_at:
            # The same body in the same second has the same signature.
            self._signed_at = moment
            for kept in self._requests.values():
                kept.clear()
        model = None if self._next_model is None else self._next_model()
        return self._next_of(model)

    def request_named(self, name: str) -> Request:
        # Before a load: nothing is signed yet that might be too old.
        return self._next_of(name) if name in self.config.get("targetModels", {}) else self.next_request()

    def _next_of(self, model: str | None) -> Request:
        return (self._requests.get(model) or self._requests_of(model)).next()

    def _use(self, credentials: Credentials) -> None:
        """Another signer has moments of its own: what the former one signed is not sent again."""
        self._signer = Signer(credentials, self.config["region"], "sagemaker")
        self._signed: dict[tuple[str, str | None], SignedRequests] = {}

    def _requests_of(self, model: str | None) -> RowRequests:
        reader = self.token_reader if self._is_stream else None
        make = partial(self._make, model)
        requests = self._requests[model] = RowRequests(self._payloads, make, reader, lambda _: True)
        return requests

    def _make(self, model: str | None, body: Body) -> Request:
        signed = self._signed.get((body.content_type, model)) or self._prepare(body.content_type, model)
        return signed.of(body)

    def _encode(self, payload: Payload) -> Body:
        return payload.encode(self.config["contentType"])

    def _prepare(self, content_type: str, model: str | None) -> SignedRequests:
        headers = {"Content-Type": content_type, **self.config["headers"]}
        if model is not None:
            headers["X-Amzn-SageMaker-Target-Model"] = model
        if "accept" in self.config:
            # Of a stream the answer itself has another type.
            name = "X-Amzn-SageMaker-Accept" if self._is_stream else "Accept"
            headers[name] = self.config["accept"]
        host = host_header(self.host)
        prepared = self._signer.prepare("POST", host, self._path, headers=headers)
        # Each model has statistics of its own.
        signed = SignedRequests(prepared, "POST", self._path, host, model or self._name)
        self._signed[content_type, model] = signed
        return signed


def _chooser(weights: dict[str, float] | None) -> Callable[[], str] | None:
    """Gives the model of the next request, by the weights of all of them; None where there is no choice."""
    if weights is None:
        return None
    models, sums = list(weights), list(itertools.accumulate(weights.values()))
    return lambda: random.choices(models, cum_weights=sums)[0]
