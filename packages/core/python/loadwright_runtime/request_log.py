"""A log of some of the requests, chosen at random, when ``logRequests`` of the load asks for one."""

import math
import random
import time
from collections import deque
from collections.abc import Iterable
from typing import Any

from .failures import Failure
from .request import Request

ROWS_A_SECOND = 200
"""Of one process. What is above is left out, and counted."""
MAXIMUM_ROWS = 100_000
"""On the master, until they are fetched: of older ones the first are let go, and counted."""

Row = tuple[float, int, str, str, int | None, float, int, str | None, str | None, int | None]
COLUMNS = (
    "time", "second", "method", "name", "status", "seconds", "bytes", "kind", "error", "row",
)  # fmt: skip


class RequestLog:
    """On a worker: since its last report. On a master or a lone process: what was not fetched yet."""

    def __init__(self, share: float = 0.0):
        """:param share: of the requests, from 0 to 1"""
        self._rows: deque[Row] = deque()
        self._number = 0
        self._left_out = 0
        self.begin(share)

    def begin(self, share: float) -> None:
        """A test starts: forgets what there is."""
        self._rows.clear()
        self._number = self._left_out = 0
        self._share = min(max(share, 0.0), 1.0)
        self._second, self._in_second = 0, 0
        self.skip = self._draw()
        """So many requests are passed over before the next one is logged; -1: all are."""

    def add(
        self,
        request: Request,
        second: int,
        status: int | None,
        seconds: float,
        body_bytes: int,
        failure: Failure | None,
    ) -> None:
        """
        To be called for each request that ended, when :attr:`is_on`.

        :param second: in which it was due, since the start of the test
        :param status: None when there was no answer
        """
        if self.skip:
            self.skip -= 1
            return
        self.skip = self._draw()
        now = time.time()
        if int(now) != self._second:
            self._second, self._in_second = int(now), 0
        if self._in_second >= ROWS_A_SECOND:
            self._left_out += 1
            return
        self._in_second += 1
        kind, reason = failure or (None, None)
        row = getattr(request, "row", None)
        self._append(
            (now, second, request.method, request.name, status, seconds, body_bytes, kind, reason, row)
        )

    @property
    def is_on(self) -> bool:
        return self._share > 0

    def take(self) -> dict[str, Any] | None:
        """What was logged since the last call; None when that is nothing."""
        if not self._rows and not self._left_out:
            return None
        taken = {"rows": list(self._rows), "leftOut": self._left_out}
        self._rows.clear()
        self._left_out = 0
        return taken

    def merge(self, client_id: str, taken: dict[str, Any]) -> None:
        self._left_out += taken["leftOut"]
        for row in taken["rows"]:
            self._append(tuple(row))

    def after(self, number: int) -> dict[str, Any]:
        """
        The rows that came after the first ``number`` ones, as objects. Those before them are let go.
        """
        first = self._number - len(self._rows)
        for _ in range(min(max(number - first, 0), len(self._rows))):
            self._rows.popleft()
        rows = [_row(row) for row in self._rows]
        return {"rows": rows, "next": self._number, "leftOut": self._left_out}

    def _append(self, row: Iterable[Any]) -> None:
        if len(self._rows) >= MAXIMUM_ROWS:
            self._rows.popleft()
            self._left_out += 1
        self._rows.append(tuple(row))  # type: ignore[arg-type]
        self._number += 1

    def _draw(self) -> int:
        """Requests until the next one, as if a coin were thrown for each of them."""
        if self._share <= 0:
            return -1
        if self._share >= 1:
            return 0
        return int(math.log(1 - random.random()) / math.log1p(-self._share))


log = RequestLog()
"""Of this process."""


def _row(row: Row) -> dict[str, Any]:
    return {name: value for name, value in zip(COLUMNS, row, strict=True) if value is not None}
