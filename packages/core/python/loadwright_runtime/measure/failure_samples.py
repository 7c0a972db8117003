"""The first few failures of each kind: what was answered, redacted and cut, to find the cause by."""

import codecs
import re
import time
from collections.abc import Iterable
from typing import Any

from ..answers.streaming import EventReader
from ..source.redaction import Redactor
from ..source.request import Request, Response
from .failures import Failure

SAMPLES_A_FAILURE = 3
"""Of each name, kind and reason."""
MAXIMUM_SAMPLES = 200

_BODY_BYTES = 2 * 1024
_MAXIMUM_HEADERS = 40
_HEADER_CHARACTERS = 256
_SAMPLE_CHARACTERS = 32 * 1024
# A secret that begins before the cut must be whole to be recognised.
_OVERLAP_BYTES = 4 * 1024
# Bytes that no text has: all of C0 but tab, line feed, form feed and carriage return.
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0e-\x1f\x7f]")

Sample = dict[str, Any]
"""``FailureSample`` of @loadwright/core."""


class _Room:
    """How many samples of what there are."""

    def __init__(self) -> None:
        self._numbers: dict[tuple[str, str, str, str], int] = {}
        self._total = 0

    def take(self, method: str, name: str, kind: str, reason: str) -> bool:
        """Whether there is room for one more, which is then taken."""
        key = method, name, kind, reason
        number = self._numbers.get(key, 0)
        if number >= SAMPLES_A_FAILURE or self._total >= MAXIMUM_SAMPLES:
            return False
        self._numbers[key] = number + 1
        self._total += 1
        return True


class FailureSamples:
    """Collected where requests are sent, merged where the report is made: a lone process does both."""

    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        self._room, self._merged_room = _Room(), _Room()
        self._collected: list[Sample] = []
        self._merged: list[Sample] = []

    def collect(self, request: Request, response: Response | None, failure: Failure, seconds: float) -> None:
        """
        To be called for each failure. Of most it only finds that there are enough.

        :param response: None when there was none, or not the whole of one
        :param seconds: from the first byte sent to the end, whatever that was
        """
        if not self._room.take(request.method, request.name, *failure):
            return
        redact = Redactor(request.headers, request.secrets)
        sample: Sample = {
            "method": request.method,
            "name": request.name,
            "kind": failure.kind,
            "error": failure.reason,
            "time": time.time(),
            "seconds": seconds,
        }
        if request.row is not None:
            sample["requestRow"] = request.row
        if request.id is not None:
            sample["requestId"] = request.id
        if response is not None:
            sample |= _answer(response, redact)
            if failure.kind == "extract":
                # What was looked for may be a secret, and stand elsewhere in it.
                del sample["body"]
        elif isinstance(request.on_piece, EventReader) and request.on_piece.status is not None:
            reader = request.on_piece
            sample |= {"status": reader.status, "body": _text(reader.beginning, redact)}
        self._collected.append(sample)

    def take(self) -> list[Sample] | None:
        """What was collected since the last call; None when that is nothing."""
        taken, self._collected = self._collected, []
        return taken or None

    def merge(self, client_id: str, taken: Iterable[Sample]) -> None:
        """Adds those of a worker; of each failure no more are kept than a worker keeps."""
        for sample in taken:
            key = sample["method"], sample["name"], sample["kind"], sample["error"]
            # Whatever comes over the port: no more than a worker of this runtime sends.
            is_right = all(isinstance(text, str) for text in key) and len(str(sample)) <= _SAMPLE_CHARACTERS
            if is_right and self._merged_room.take(*key):
                self._merged.append(sample)

    def all(self) -> list[Sample]:
        """Of all workers, in the order in which they came."""
        self.merge("", self.take() or ())
        return list(self._merged)


samples = FailureSamples()
"""Of this process. Cleared at the start of a test."""


def _answer(response: Response, redact: Redactor) -> Sample:
    headers = {
        name: value if len(value) <= _HEADER_CHARACTERS else f"{value[:_HEADER_CHARACTERS]}…"
        for name, value in list(redact.headers(response.headers()).items())[:_MAXIMUM_HEADERS]
    }
    body = response.beginning(_BODY_BYTES + _OVERLAP_BYTES) or getattr(response.reader, "beginning", b"")
    return {"status": response.status, "headers": headers, "body": _text(body, redact)}


def _text(body: bytes, redact: Redactor) -> str:
    """The beginning of a body as text of at most 2 KiB."""
    # The decoder leaves out a character of which only a part is there.
    text = codecs.getincrementaldecoder("utf-8")("replace").decode(body[: _BODY_BYTES + _OVERLAP_BYTES])
    text = redact(text)
    if len(_CONTROLS.findall(text[:256])) > 8:
        return f"{len(body)} bytes or more that are no text"
    encoded = _CONTROLS.sub("�", text).encode()
    return encoded[:_BODY_BYTES].decode(errors="ignore")
