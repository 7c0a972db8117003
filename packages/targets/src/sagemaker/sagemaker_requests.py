"""
Requests to a real-time endpoint of SageMaker, signed with Signature Version 4: ``InvokeEndpoint``, or
``InvokeEndpointWithResponseStream``.
"""

import itertools
import re
import secrets
from collections.abc import Iterator
from functools import partial
from urllib.parse import quote

from loadwright_runtime import (
    Body,
    Credentials,
    Failure,
    Payload,
    Request,
    RequestSource,
    Response,
    Signer,
    SourceSetup,
    host_header,
)
from loadwright_runtime.source.role_credentials import aws_credentials
from loadwright_runtime.source.row_requests import RowRequests
from loadwright_runtime.source.signed_requests import SignedRequests
from sagemaker_models import RowModels, chooser

_INFERENCE_ID = "X-Amzn-SageMaker-Inference-Id"
_NOT_READY = "ModelNotReadyException"
_NO_NAME = re.compile(r"[^a-z0-9]+")
# An endpoint has 10 production variants at most, and as many in a shadow.
_MOST_VARIANTS = 20


class SageMakerRequests(RequestSource):
    """Invokes one endpoint with the bundle's payloads."""

    operation = "invocations"

    def __init__(self, setup: SourceSetup):
        super().__init__(setup)
        purpose = "the load generators sign every request with these AWS credentials"
        self._use(aws_credentials(purpose, self._use, self.metrics))
        self._is_stream = self.config.get("stream", False)
        operation = "invocations-response-stream" if self._is_stream else self.operation
        self._path = f"{self.base_path}/endpoints/{quote(self.config['endpointName'], safe='')}/{operation}"
        self._name = self.config["requestName"]
        pointer = self.config.get("targetModelFrom")
        self._row_models = None if pointer is None else RowModels(pointer)
        self._payloads = setup.payloads(self._encode)
        if self._row_models:
            self._row_models.read(setup.bundle.payloads_file, setup.progress)
        self._next_model = chooser(self.config.get("targetModels"))
        prefix = self.config.get("inferenceId")
        self._ids = None if prefix is None else _inference_ids(prefix)
        self._requests: dict[str | None, RowRequests] = {}
        self._signed_at = self._signer.moment()
        self._variants: dict[str, str] = {}

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
        if name in self.config.get("targetModels", {}):
            return self._next_of(name)
        request = self.next_request()
        while self._row_models and name in self._row_models and request.name != name:
            request = self.next_request()
        return request

    def check(self, response: Response) -> str | Failure | None:
        reason = super().check(response)
        variant = response.header("x-amzn-invoked-production-variant")
        if variant is not None and response.seconds is not None:
            self.metrics.trend(self._variants.get(variant) or self._metric_of(variant), response.seconds)
        # A model that is being loaded says nothing of the load: it is no throttling.
        if response.status == 429 and isinstance(reason, str) and _NOT_READY in reason:
            return Failure("cold-start", reason)
        return reason

    def _metric_of(self, variant: str) -> str:
        """Which variant has answered is in the answer alone: each has its service times."""
        if len(self._variants) >= _MOST_VARIANTS:
            return "variant_others"
        name = self._variants[variant] = f"variant_{_NO_NAME.sub('_', variant.lower()).strip('_')[:50]}"
        self.metrics.declare_trend(name, "s", f"service time of the answers of the variant {variant}")
        return name

    def _next_of(self, model: str | None) -> Request:
        if self._ids is None:
            return (self._requests.get(model) or self._requests_of(model)).next()
        # Each has an id of its own: none is sent again.
        request = self._make(model, self._payloads.next_body())
        return request.read_by(self.token_reader()) if self._is_stream else request

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
        if self._row_models:
            assert body.row is not None
            model = self._row_models.of(body.row)
        if self._ids is not None:
            headers = self._headers_of(body.content_type, model)
            return self._sign(headers, body.content, model or self._name, body.row)
        signed = self._signed.get((body.content_type, model)) or self._prepare(body.content_type, model)
        return signed.of(body)

    def _encode(self, payload: Payload) -> Body:
        content_type = self.config["contentType"]
        if self._row_models:
            return Body(self._row_models.body_of(payload), payload.content_type(content_type))
        return payload.encode(content_type)

    def _sign(self, headers: dict[str, str], content: bytes, name: str, row: int | None) -> Request:
        """One request alone, with its inference id if there are any."""
        inference_id = None
        if self._ids is not None:
            headers[_INFERENCE_ID] = inference_id = next(self._ids)
        signed = self._signer.prepare("POST", host_header(self.host), self._path, headers=headers)
        headers = signed.headers(content)
        return Request("POST", self._path, name=name, headers=headers, body=content, row=row, id=inference_id)

    def _headers_of(self, content_type: str, model: str | None) -> dict[str, str]:
        headers = {"Content-Type": content_type, **self.config["headers"]}
        if model is not None:
            headers["X-Amzn-SageMaker-Target-Model"] = model
        if "accept" in self.config:
            # Of a stream the answer itself has another type.
            name = "X-Amzn-SageMaker-Accept" if self._is_stream else "Accept"
            headers[name] = self.config["accept"]
        return headers

    def _prepare(self, content_type: str, model: str | None) -> SignedRequests:
        headers = self._headers_of(content_type, model)
        host = host_header(self.host)
        prepared = self._signer.prepare("POST", host, self._path, headers=headers)
        # Each model has statistics of its own.
        signed = SignedRequests(prepared, "POST", self._path, host, model or self._name)
        self._signed[content_type, model] = signed
        return signed


def _inference_ids(prefix: str) -> Iterator[str]:
    """
    Ids of 64 characters at most that no other process makes: of 64 random bits and a number.

    :param prefix: 1 to 32 characters
    """
    process = secrets.token_hex(8)
    return (f"{prefix}-{process}-{number}" for number in itertools.count(1))
