"""Payloads from ``payloads.jsonl``, which may be far larger than memory."""

import base64
import itertools
import json
import random
from bisect import bisect
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from . import json_text
from .errors import SetupError
from .line_index import LineIndex
from .set_up import Progress, no_progress

# Encoded bodies are kept up to this sum of bytes, so that small sets are encoded once.
_CACHE_BYTES = 32 * 1024 * 1024
# What a kept body takes beside its content: short ones by the million would fill the memory.
_BYTES_A_BODY = 300

# Multiples of this fraction of a circle lie far apart, however many there are (Knuth, TAOCP 3, 6.4).
_GOLDEN_FRACTION = 0.6180339887498949

_JSON_PREFIX = b'{"json":'
_END_OF_VALUE = json.JSONDecoder().raw_decode

_DEFAULT_CONTENT_TYPES = {
    "json": "application/json",
    "text": "text/plain",
    "base64": "application/octet-stream",
}


class Body(NamedTuple):
    """What is sent for a payload."""

    content: bytes
    content_type: str
    row: int | None = None
    """Number of its row in the file, from 1."""


class PayloadError(Exception):
    """A payload of which no body can be made."""

    def __init__(self, row: int, error: Exception):
        """:param row: its number in the file, from 1"""
        self.row = row
        self.request_name: str | None = None
        """In statistics; None: the source's only one."""
        self.what = str(error) if isinstance(error, SetupError) else type(error).__name__
        super().__init__(f"row {row}: {self.what}")


class Payload:
    """One line of ``payloads.jsonl``: exactly one of ``json``, ``text`` and ``base64``."""

    __slots__ = ("_line", "_record", "kind")

    def __init__(self, line: bytes):
        self._line = line
        self._record: dict[str, Any] = json.loads(line)
        self.kind = next(kind for kind in _DEFAULT_CONTENT_TYPES if kind in self._record)

    @property
    def value(self) -> Any:
        """
        The value of a payload of kind ``json``, whose numbers :func:`compact_json` writes as they were
        written, or the text or base64 text of another.
        """
        return json_text.loads(self.json_text) if self.kind == "json" else self._record[self.kind]

    @property
    def json_text(self) -> bytes:
        """The very text of a payload of kind ``json``: parsing and writing would respell numbers (1e-7)."""
        start = len(_JSON_PREFIX)
        if not self._line.startswith(_JSON_PREFIX):
            return compact_json(json_text.loads(self._line)["json"])
        if len(self._record) == 1:
            return self._line[start:-1].strip()
        text = self._line[start:].decode().lstrip()
        return text[: _END_OF_VALUE(text)[1]].encode()

    def content_type(self, default: str | None = None) -> str:
        """Its own Content-Type, else the target's, else the one of its kind."""
        return self._record.get("contentType") or default or _DEFAULT_CONTENT_TYPES[self.kind]

    def encode(self, default_content_type: str | None = None) -> Body:
        """The payload as it is: compact JSON, UTF-8 text, or bytes."""
        if self.kind == "json":
            content = self.json_text
        elif self.kind == "text":
            content = self.value.encode()
        else:
            content = base64.b64decode(self.value)
        return Body(content, self.content_type(default_content_type))


def compact_json(value: Any) -> bytes:
    return json_text.dumps(value).encode()


class PayloadPart(NamedTuple):
    """Neighbouring rows of ``payloads.jsonl`` that came from one source of several."""

    rows: range
    weight: float
    """How often it is drawn from, in proportion to the others."""
    order: str
    """``sequential`` or ``random``"""
    of: str | None = None
    """Which requests of the target it is for."""


class Payloads:
    """The bodies of a payload file, in order or at random. One for each process, shared by its users."""

    def __init__(
        self,
        path: Path,
        order: str,
        worker_index: int,
        encode: Callable[[Payload], Body],
        progress: Progress = no_progress,
        lines: LineIndex | None = None,
        rows: range | None = None,
    ):
        """
        :param order: ``sequential`` or ``random``
        :param worker_index: sequential workers begin at different payloads
        :param encode: makes the body of one payload. It may raise anything: that is a :class:`PayloadError`
            of the row, each time that it would be sent; a :class:`SetupError` of the first row is raised here
        :param progress: called now and then with how much of the file is read
        :param lines: of the file, when it is read already
        :param rows: those to be sent, from 0; default: all
        """
        self._encode = encode
        self._lines = LineIndex(path, progress) if lines is None else lines
        self._start = 0 if rows is None else rows.start
        self._count = len(self._lines) if rows is None else len(rows)
        if not self._count:
            raise SetupError(f"{path} holds no payloads: render the bundle again.")
        self._cache: dict[int, Body] = {}
        self._cached_bytes = 0
        self._first = int(worker_index * _GOLDEN_FRACTION % 1 * self._count)
        self.indexes: Iterator[int] | None = None
        """Where the next one is, modulo their number; None: they are drawn."""
        self.begin(order)
        try:
            # A source that does not fit the target is refused before the load, by its first payload: every
            # worker finds the same, whichever payload it begins at. Any other one fails when it is sent.
            self._body(0)
        except PayloadError as error:
            if isinstance(error.__cause__, SetupError):
                raise error.__cause__ from None

    def __len__(self) -> int:
        return self._count

    @property
    def parts(self) -> "Sequence[Payloads]":
        """Of :class:`SeveralPayloads` each of the sources."""
        return [self]

    @property
    def weights(self) -> Sequence[float]:
        return [1.0]

    def begin(self, order: str) -> None:
        """
        A test begins, each with the same payload.

        :param order: ``sequential`` or ``random``
        """
        self.indexes = itertools.count(self._first) if order == "sequential" else None

    def next_body(self) -> Body:
        return self.body_of(self.next_index())

    def next_index(self) -> int:
        """Number of the next one, from 0."""
        count = self._count
        return int(random.random() * count) if self.indexes is None else next(self.indexes) % count

    def body_of(self, index: int) -> Body:
        """:param index: number of a payload, from 0"""
        return self._cache.get(index) or self._body(index)

    def _body(self, index: int) -> Body:
        row = self._start + index + 1
        try:
            body = self._encode(Payload(self._lines.line(row - 1)))
        except Exception as error:
            raise PayloadError(row, error) from error
        body = body._replace(row=row)
        size = len(body.content) + _BYTES_A_BODY
        if self._cached_bytes + size <= _CACHE_BYTES:
            self._cached_bytes += size
            self._cache[index] = body
        return body


class SeveralPayloads:
    """As :class:`Payloads`, of several sources: each request draws one of them by its weight."""

    def __init__(self, parts: Sequence[PayloadPart], payloads: Sequence[Payloads]):
        """:param payloads: one for each part"""
        self._parts = parts
        self.parts = payloads
        self.weights = [part.weight for part in parts]
        self._sums = list(itertools.accumulate(self.weights))

    def __len__(self) -> int:
        return sum(map(len, self.parts))

    def begin(self, _: str) -> None:
        """A test begins. Each source has an order of its own."""
        for part, payloads in zip(self._parts, self.parts, strict=True):
            payloads.begin(part.order)

    def next_body(self) -> Body:
        sums = self._sums
        # By rounding a draw may reach the sum itself.
        index = min(bisect(sums, random.random() * sums[-1]), len(sums) - 1)
        return self.parts[index].next_body()
