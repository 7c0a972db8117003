"""The figures of a test: rows by second and name, and their sums. On a master or a lone process."""

import itertools
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

import msgpack

from .rows import Row, pack, unpack

Key = tuple[int, str, str]
"""Second since the test began, method, name. Without method and name: what belongs to no request."""

# A row that was not touched for so many seconds rests as bytes: a day of ten names would need gigabytes.
_COLD_SECONDS = 120


class Figures:
    """Sums what workers report. Everything is kept until the next test begins."""

    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        self.revision = 0
        self.names: dict[tuple[str, str], Row] = {}
        """Of the whole test, in the order in which they came up."""
        self.errors: Counter[tuple[str, str, str, str]] = Counter()
        """By method, name, kind and reason."""
        self._rows: dict[Key, Row | bytes] = {}
        self._changed: dict[Key, int] = {}
        """The revision of the last change, latest last."""
        self._warm: dict[Key, None] = {}
        """Rows that do not rest yet, the one that changed last at the end."""
        self._newest = 0

    def add(self, rows: Iterable[tuple[int, str, str, Row]]) -> None:
        """Adds rows: all of them get the same revision."""
        self.revision += 1
        for second, method, name, row in rows:
            key = (second, method, name)
            known = self._row(key)
            if known is None:
                self._rows[key] = row
            else:
                known.merge(row)
                self._rows[key] = known
            self._changed.pop(key, None)
            self._changed[key] = self.revision
            self._warm.pop(key, None)
            self._warm[key] = None
            self._newest = max(self._newest, second)
            total = self.names.get((method, name))
            if total is None:
                total = self.names[method, name] = Row()
            total.merge(row)
            for failure, count in row.failures.items():
                self.errors[method, name, failure.kind, failure.reason] += count
        self._cool()

    def run(self) -> Row:
        """What belongs to no request."""
        return self.names.get(("", "")) or Row()

    def total(self) -> Row:
        """Of all names, and of no request."""
        total = Row()
        for row in self.names.values():
            total.merge(row)
        return total

    def since(self, revision: int) -> Iterator[tuple[Key, Row]]:
        """Rows that changed after a revision, whole."""
        keys = []
        for key in reversed(self._changed):
            if self._changed[key] <= revision:
                break
            keys.append(key)
        for key in sorted(keys):
            row = self._row(key)
            if row is not None:
                yield key, row

    def _row(self, key: Key) -> Row | None:
        row = self._rows.get(key)
        return unpack(msgpack.unpackb(row)) if isinstance(row, bytes) else row

    def _cool(self) -> None:
        warm_from = self._newest - _COLD_SECONDS
        for key in list(itertools.takewhile(lambda key: key[0] < warm_from, self._warm)):
            del self._warm[key]
            row = self._rows[key]
            if isinstance(row, Row):
                self._rows[key] = msgpack.packb(pack(row))


def packed(rows: Iterable[tuple[int, str, str, Row]]) -> list[Any]:
    """As they travel."""
    return [[second, method, name, pack(row)] for second, method, name, row in rows]


def unpacked(rows: Any) -> list[tuple[int, str, str, Row]]:
    """Raises ``ValueError``, ``TypeError`` or ``KeyError`` for what no worker sends."""
    result = []
    for second, method, name, row in rows:
        texts = type(method) is str and type(name) is str and len(method) + len(name) < 2000
        if type(second) is not int or not 0 <= second < 10**8 or not texts:
            raise ValueError("not a row")
        result.append((second, method, name, unpack(row)))
    return result
