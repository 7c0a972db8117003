"""Locust file of the target by which reports are held against the books of a server."""

import time

from loadwright_runtime import (
    Body,
    LoadwrightUser,
    Payload,
    Request,
    RequestCache,
    RequestSource,
    SourceSetup,
    compact_json,
    prepare,
)

LoadShape = prepare()


class LiarRequests(RequestSource):
    """Posts a payload, if there are any, and takes as long as it is told to make a request."""

    def __init__(self, setup: SourceSetup):
        super().__init__(setup)
        self._work_seconds = self.config["workMilliseconds"] / 1000
        self._payloads = setup.payloads(self._encode) if setup.has_payloads else None
        self._requests = RequestCache(self._make)

    def next_request(self) -> Request:
        end = time.perf_counter() + self._work_seconds
        while time.perf_counter() < end:
            pass
        empty = Body(b"{}", "application/json")
        return self._requests.of(empty if self._payloads is None else self._payloads.next_body())

    def _make(self, body: Body) -> Request:
        headers = {"Content-Type": body.content_type}
        path = self.base_path + "/score"
        return Request("POST", path, name=self.config["requestName"], headers=headers, body=body.content)

    def _encode(self, payload: Payload) -> Body:
        # As a target does that puts the value into a document of its own.
        return Body(compact_json({"inputs": payload.value}), "application/json")


class LiarUser(LoadwrightUser):
    source_class = LiarRequests
