"""A log of some of the requests, chosen at random, when ``logRequests`` of the load asks for one."""

import math
import random
import time
from collections import deque
from typing import Any

from ..source.request import Request
from .failures import Failure

ROWS_A_SECOND = 200
"""Of one process. What is above is left out, and counted."""
MAXIMUM_ROWS = 100_000
"""On the master, until they are fetched: of more than these the first are let go, and counted."""

Row = tuple[float, int, str, str, int | None, float, int, str | None, str | None, int | None, str | None]
COLUMNS = (
    "time", "second", "method", "name", "status", "seconds", "bytes", "kind", "error", "row", "id",
)  # fmt: skip


class RequestLog:
    """Kept where requests are sent, merged where the report is made: a lone process does both."""

    def __init__(self) -> None:
        self.begin(0.0)

    def begin(self, share: float) -> None:
        """
        A test starts: what there is of another one is forgotten.

        :param share: of the requests that are logged, from 0 to 1
        """
        self._share = share
        self.is_on = share > 0
        self._skip = self._draw()
        self._logged: list[Row] = []
        self._second, self._in_second = 0, 0
        self._left_out = 0
        self._merged: deque[Row] = deque()
        self._number = self._total_left_out = 0

    def skips(self) -> bool:
        """Whether chance leaves a request out: asked once for each that ended, when :attr:`is_on`."""
        if self._skip:
            self._skip -= 1
            return True
        self._skip = self._draw()
        return False

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
        To be called for a request that :meth:`skips` does not leave out.

        :param second: in which it was due, since the start of the test
        :param status: None when there was no answer
        """
        now = time.time()
        if int(now) != self._second:
            self._second, self._in_second = int(now), 0
        if self._in_second >= ROWS_A_SECOND:
            self._left_out += 1
            return
        self._in_second += 1
        kind, reason = failure or (None, None)
        whose = second, request.method, request.name
        self._logged.append((now, *whose, status, seconds, body_bytes, kind, reason, request.row, request.id))

    def take(self) -> dict[str, Any] | None:
        """What was logged since the last call; None when that is nothing."""
        if not self._logged and not self._left_out:
            return None
        taken = {"rows": self._logged, "leftOut": self._left_out}
        self._logged, self._left_out = [], 0
        return taken

    def merge(self, client_id: str, taken: dict[str, Any]) -> None:
        rows = [tuple(row) for row in taken["rows"] if len(row) == len(COLUMNS)]
        self._total_left_out += int(taken["leftOut"])
        self._merged.extend(rows)
        self._number += len(rows)
        while len(self._merged) > MAXIMUM_ROWS:
            self._merged.popleft()
            self._total_left_out += 1

    def after(self, number: int) -> dict[str, Any]:
        """The rows that came after the first ``number`` ones, as objects. Those before them are let go."""
        if taken := self.take():
            self.merge("", taken)
        first = self._number - len(self._merged)
        for _ in range(min(max(number - first, 0), len(self._merged))):
            self._merged.popleft()
        rows = [
            {name: value for name, value in zip(COLUMNS, row, strict=True) if value is not None}
            for row in self._merged
        ]
        return {"rows": rows, "next": self._number, "leftOut": self._total_left_out}

    def _draw(self) -> int:
        """Requests until the next one that is logged, as if a coin were thrown for each of them."""
        if self._share <= 0 or self._share >= 1:
            return 0
        return int(math.log(1 - random.random()) / math.log1p(-self._share))


log = RequestLog()
"""Of this process."""
