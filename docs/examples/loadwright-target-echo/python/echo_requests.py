"""What is sent to an echo service, and which answers are right."""

from loadwright_runtime import Payload, Request, RequestSource, SourceSetup, variables


class EchoRequests(RequestSource):
    def __init__(self, setup: SourceSetup):
        super().__init__(setup)
        self._payloads = setup.payloads(Payload.encode)
        token = variables.required("ECHO_TOKEN", "the bearer token of the echo service")
        self._authorization = f"Bearer {token}"

    def next_request(self) -> Request:
        body = self._payloads.next_body()
        headers = {"Authorization": self._authorization, "Content-Type": body.content_type}
        return Request("POST", f"{self.base_path}/echo", name="echo", headers=headers, body=body.content)
