"""Requests to a REST service made with AWS Chalice."""

from collections.abc import Callable

from loadwright_runtime import (
    Body,
    Payload,
    Request,
    RequestCache,
    RequestSource,
    SourceSetup,
    compile_template,
    variables,
)


class ChaliceRequests(RequestSource):
    """Calls one route with a generated body, with the bundle's payloads, or without a body."""

    def __init__(self, setup: SourceSetup):
        super().__init__(setup)
        self._method = self.config["method"]
        self._path = f"{self.base_path}{self.config['path']}"
        self._name = self.config["requestName"]
        self._headers = {**self.config["headers"], **_credentials(self.config)}
        self._next_body = self._bodies(setup)
        self._requests = RequestCache(self._make)

    def next_request(self) -> Request:
        return self._requests.of(self._next_body())

    def _make(self, body: Body) -> Request:
        headers = {**self._headers, "Content-Type": body.content_type}
        return Request(self._method, self._path, name=self._name, headers=headers, body=body.content)

    def _bodies(self, setup: SourceSetup) -> Callable[[], Body]:
        content_type = self.config["contentType"]
        if "body" in self.config:
            generate = compile_template(self.config["body"])
            return lambda: Body(generate(), content_type)
        if setup.has_payloads:
            return setup.payloads(self._encode).next_body
        empty = Body(b"", content_type)
        return lambda: empty

    def _encode(self, payload: Payload) -> Body:
        return payload.encode(self.config["contentType"])


def _credentials(config: dict) -> dict[str, str]:
    headers = {}
    if config["apiKey"]:
        key = variables.required("LOADWRIGHT_CHALICE_API_KEY", "it is the API key that every request carries")
        headers["x-api-key"] = key
    if config["bearerToken"]:
        token = variables.required(
            "LOADWRIGHT_CHALICE_BEARER_TOKEN", "it is the token that every request carries"
        )
        headers["Authorization"] = f"Bearer {token}"
    for header, variable in config["secretHeaders"].items():
        headers[header] = variables.required(variable, f"it is sent in the header {header}")
    return headers
