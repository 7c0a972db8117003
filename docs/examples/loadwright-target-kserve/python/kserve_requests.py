"""What is sent to a model behind the Open Inference Protocol, and which answers are right."""

import json
from urllib.parse import quote

from loadwright_runtime import (
    Body,
    Failure,
    Payload,
    Request,
    RequestSource,
    Response,
    SetupError,
    SourceSetup,
    compact_json,
)


class KserveRequests(RequestSource):
    def __init__(self, setup: SourceSetup):
        super().__init__(setup)
        path = f"{self.base_path}/v2/models/{quote(self.config['model'], safe='')}"
        if self.config["modelVersion"] is not None:
            path += f"/versions/{quote(self.config['modelVersion'], safe='')}"
        self._path = f"{path}/infer"
        # Each payload is encoded once, and kept where there is room.
        self._payloads = setup.payloads(self._encode)

    def next_request(self) -> Request:
        body = self._payloads.next_body()
        headers = {"Content-Type": body.content_type}
        return Request("POST", self._path, name="infer", headers=headers, body=body.content, row=body.row)

    def check(self, response: Response) -> str | Failure | None:
        reason = super().check(response)
        if reason is None and not json.loads(response.content).get("outputs"):
            return "the answer holds no outputs"
        return reason

    def _encode(self, payload: Payload) -> Body:
        value = payload.value
        if payload.kind != "json" or not isinstance(value, list):
            # Names the row in the report: "the payload cannot be sent: …".
            raise SetupError("a payload must be a list of numbers, or a list of such lists")
        rows = value if value and isinstance(value[0], list) else [value]
        tensor = {
            "name": self.config["inputName"],
            "shape": [len(rows), len(rows[0])],
            "datatype": self.config["datatype"],
            # The numbers are written as they were in the file of payloads.
            "data": [number for row in rows for number in row],
        }
        return Body(compact_json({"inputs": [tensor]}), "application/json")
