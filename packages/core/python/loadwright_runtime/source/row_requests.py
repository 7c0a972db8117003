"""The requests of a payload file, each made and encoded once."""

import random
import re
from bisect import bisect
from collections.abc import Callable, Sequence
from itertools import accumulate
from typing import Any

from .payloads import Body, PayloadError, Payloads, SeveralPayloads
from .request import KEPT_BODY_BYTES, KEPT_REQUESTS, Piece, Request

_STREAM = re.compile(rb'"stream"\s*:\s*true\b')

Next = Callable[[], Request]


def asks_for_stream(content: bytes) -> bool:
    """
    Whether a body asks for its answer in events, as those of chats and completions do. One that only looks so
    gets a reader too, which does no harm.
    """
    return b'"stream"' in content and _STREAM.search(content) is not None


def chooser(weighted: Sequence[tuple[float, Callable[[], Any]]]) -> Callable[[], Any]:
    """Calls one of the functions, each as often as its weight says. A single one is given back as it is."""
    makers = [make for _, make in weighted]
    if len(makers) == 1:
        return makers[0]
    weights = list(accumulate(weight for weight, _ in weighted))
    total, last = weights[-1], len(weights) - 1
    # By rounding a draw may reach the sum itself.
    return lambda: makers[min(bisect(weights, random.random() * total), last)]()


class OneRequest:
    """The only request there is, made when it is first asked for."""

    def __init__(self, make: Callable[[], Request], reader: Callable[[], Callable[[Piece], None]]):
        """As :class:`RowRequests`."""
        self._make = make
        self._reader = reader
        self._kept: Request | None = None
        self._is_read = False

    def next(self) -> Request:
        request = self._kept
        if request is None:
            request = self._kept = self._make()
            self._is_read = asks_for_stream(request.body)
        return request.read_by(self._reader()) if self._is_read else request

    def clear(self) -> None:
        self._kept = None


class RowRequests:
    """
    The requests for the rows of the payloads. One whose row comes again is handed out again: it was made and
    looked at once, so that :attr:`next` is but two look-ups.
    """

    def __init__(
        self,
        payloads: Payloads | SeveralPayloads,
        make: Callable[[Body], Request],
        reader: Callable[[], Callable[[Piece], None]] | None = None,
        is_streamed: Callable[[bytes], bool] = asks_for_stream,
        name: str | None = None,
    ):
        """
        :param make: the request of a payload, with the number of its row
        :param reader: makes the ``on_piece`` of a request whose answer is a stream; each needs its own
        :param is_streamed: whether the request with this body is such a one
        :param name: what a request counts as that cannot be made; None: the source's only one
        """
        self._rows = [_Rows(one, make, reader, is_streamed, name) for one in payloads.parts]
        self.next: Next = chooser(
            [(weight, rows.next) for weight, rows in zip(payloads.weights, self._rows, strict=True)]
        )
        """The next request."""

    def clear(self) -> None:
        """Requests are made anew, as when their signatures have become too old."""
        for rows in self._rows:
            rows.clear()


class _Rows:
    """Those of one source of payloads."""

    def __init__(
        self,
        payloads: Payloads,
        make: Callable[[Body], Request],
        reader: Callable[[], Callable[[Piece], None]] | None,
        is_streamed: Callable[[bytes], bool],
        name: str | None,
    ):
        self._payloads = payloads
        self._count = len(payloads)
        self._make = make
        self._reader = reader
        self._is_streamed = is_streamed
        self._name = name
        self._kept: dict[int, Request] = {}
        self._streamed: dict[int, Request] = {}

    def next(self) -> Request:
        # The text of Payloads.next_index(): this is called for each request.
        indexes = self._payloads.indexes
        index = int(random.random() * self._count) if indexes is None else next(indexes) % self._count
        return self._kept.get(index) or self._of_row(index)

    def clear(self) -> None:
        self._kept.clear()
        self._streamed.clear()

    def _of_row(self, index: int) -> Request:
        reader = self._reader
        if reader is not None and (request := self._streamed.get(index)):
            return request.read_by(reader())
        try:
            body = self._payloads.body_of(index)
        except PayloadError as error:
            error.request_name = self._name
            raise
        request = self._make(body)
        request.row = body.row
        is_read = reader is not None and self._is_streamed(request.body)
        kept = self._streamed if is_read else self._kept
        # Only the first ones are kept: bodies that are all different would push each other out.
        if len(kept) < KEPT_REQUESTS and len(request.body) <= KEPT_BODY_BYTES:
            kept[index] = request
        return request.read_by(reader()) if is_read else request
