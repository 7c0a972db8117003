"""
Requests to a real-time endpoint of SageMaker, signed with Signature Version 4: ``InvokeEndpoint``, or
``InvokeEndpointWithResponseStream``.
"""

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
        self._requests = RequestCache(self._make)
        self._signed_at = self._signer.moment()

    def next_request(self) -> Request:
        moment = self._signer.moment()
        if moment is not self._signed_at:
            # The same body in the same second has the same signature.
            self._signed_at = moment
            self._requests.clear()
        request = self._requests.of(self._payloads.next_body())
        return request.read_by(self.token_reader()) if self._is_stream else request

    def _use(self, credentials: Credentials) -> None:
        """Another signer has moments of its own: what the former one signed is not sent again."""
        self._signer = Signer(credentials, self.config["region"], "sagemaker")
        self._prepared: dict[str, PreparedRequest] = {}

    def _make(self, body: Body) -> Request:
        prepared = self._prepared.get(body.content_type) or self._prepare(body.content_type)
        headers = prepared.headers(body.content)
        return Request("POST", self._path, name=self._name, headers=headers, body=body.content)

    def _encode(self, payload: Payload) -> Body:
        return payload.encode(self.config["contentType"])

    def _prepare(self, content_type: str) -> PreparedRequest:
        headers = {"Content-Type": content_type, **self.config["headers"]}
        if "accept" in self.config:
            # Of a stream the answer itself has another type.
            name = "X-Amzn-SageMaker-Accept" if self._is_stream else "Accept"
            headers[name] = self.config["accept"]
        prepared = self._signer.prepare("POST", host_header(self.host), self._path, headers=headers)
        self._prepared[content_type] = prepared
        return prepared
