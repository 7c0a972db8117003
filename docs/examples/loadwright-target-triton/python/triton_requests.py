"""Tensors in binary, and sequences of requests of which each needs the answer of the one before."""

import itertools
import json
import os
import struct
from collections import deque
from urllib.parse import quote

from loadwright_runtime import (
    Body,
    Failure,
    Payload,
    Request,
    RequestSource,
    Response,
    SourceSetup,
    compact_json,
)

_LENGTH = "Inference-Header-Content-Length"


class Sequence:
    """Requests that a stateful model must get one after the other."""

    def __init__(self, number: int):
        self.number = number
        self.sent = 0


class SequenceRequest(Request):
    """A request that knows what it is a part of."""

    __slots__ = ("sequence",)

    sequence: Sequence | None


class TritonRequests(RequestSource):
    def __init__(self, setup: SourceSetup):
        super().__init__(setup)
        self._path = f"{self.base_path}/v2/models/{quote(self.config['model'], safe='')}/infer"
        self._payloads = setup.payloads(self._encode)
        self._length = self.config["sequenceLength"]
        # Other processes of the load must not use the same numbers.
        self._numbers = itertools.count(int.from_bytes(os.urandom(4)) << 20)
        self._waiting: deque[Sequence] = deque()
        """Begun, and with no request on its way: whichever user sends next goes on with the oldest."""

    def next_request(self) -> Request:
        tensor = self._payloads.next_body().content
        if self._length is None:
            return self._request(tensor, None, {})
        sequence = self._waiting.popleft() if self._waiting else Sequence(next(self._numbers))
        sequence.sent += 1
        return self._request(
            tensor,
            sequence,
            {
                "sequence_id": sequence.number,
                "sequence_start": sequence.sent == 1,
                "sequence_end": sequence.sent == self._length,
            },
        )

    def check(self, response: Response) -> str | Failure | None:
        reason = super().check(response)
        if reason is not None:
            # What was lost cannot be gone on with: the next request begins another sequence.
            return reason
        head_bytes = int(response.header(_LENGTH) or 0)
        outputs = json.loads(response.content[:head_bytes] or b"{}").get("outputs", [])
        if self.config["outputName"] not in [output["name"] for output in outputs]:
            return f"there is no output {self.config['outputName']}"
        self.metrics.trend("answer_values", len(response.content[head_bytes:]) // 4, unit="values")
        sequence = response.request.sequence
        if sequence is not None:
            if sequence.sent < self._length:
                self._waiting.append(sequence)
            else:
                self.metrics.counter("sequences_finished", unit="sequences")
        return None

    def _request(
        self, tensor: bytes, sequence: Sequence | None, parameters: dict[str, object]
    ) -> SequenceRequest:
        head = compact_json(
            {
                "inputs": [
                    {
                        "name": self.config["inputName"],
                        "shape": [1, len(tensor) // 4],
                        "datatype": "FP32",
                        "parameters": {"binary_data_size": len(tensor)},
                    }
                ],
                "outputs": [{"name": self.config["outputName"], "parameters": {"binary_data": True}}],
                "parameters": parameters,
            }
        )
        headers = {"Content-Type": "application/octet-stream", _LENGTH: str(len(head))}
        request = SequenceRequest("POST", self._path, name="infer", headers=headers, body=head + tensor)
        request.sequence = sequence
        return request

    def _encode(self, payload: Payload) -> Body:
        numbers = [float(number) for number in payload.value]
        return Body(struct.pack(f"<{len(numbers)}f", *numbers), "application/octet-stream")
