"""The figures of a test: rows by second and name, and their sums. On a master or a lone process."""

import zlib
from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

import msgpack

from .failures import Failure, Reasons
from .rows import Code
from .sums import RowSum, sum_of
from .wire import Key, pack_sum, unpack_sum

# A row of which nothing was heard for so many seconds rests as compressed bytes, together with those around:
# a day of ten names would need gigabytes.
_COLD_SECONDS = 120
_SECONDS_A_BLOCK = 32
# What is packed at once must not keep a lone process from its requests for longer than a millisecond or two.
_BLOCKS_AT_ONCE = 1

MAXIMUM_REASONS = 300
"""Distinct reasons of failures of all workers together: each of them keeps to a number of its own."""


MAXIMUM_CODES = 100
"""Distinct codes of a test; no service that means well has so many."""
OTHER_CODES = "other"


class _Block(NamedTuple):
    """Rows of one name that rest."""

    first_revision: int
    last_revision: int
    number: int
    """Of rows."""
    data: bytes


class _Name:
    """All of one method and name."""

    def __init__(self) -> None:
        self.total = RowSum()
        """Without what is recent."""
        self.recent: RowSum | None = None
        """What came since the sums were last made."""
        self.warm: dict[int, RowSum] = {}
        """By second."""
        self.cold: dict[int, _Block] = {}
        """By second, divided by the size of a block."""


class Page(NamedTuple):
    """Rows that changed after a revision."""

    revision: int
    """Of what comes next."""
    is_last: bool
    rows: list[tuple[int, Key, RowSum]]
    """Second, name and the whole row."""


class Figures:
    """Sums what workers report. Everything is kept until the next test begins."""

    def __init__(self) -> None:
        self.on_news: Callable[[str, str, RowSum], None] = lambda method, name, row: None
        """Called with what came under a name since the last time, when sums are made."""
        self.clear()

    def clear(self) -> None:
        self.revision = 0
        self.errors: dict[tuple[str, str, str, str], int] = {}
        """By method, name, kind and reason."""
        self._reasons = Reasons(MAXIMUM_REASONS)
        self._codes: set[Code] = set()
        self._names: dict[Key, _Name] = {}
        self._newest = 0
        self._newest_block_revision = 0

    def add(self, rows: Iterable[tuple[int, Key, RowSum]]) -> None:
        """Adds rows, which all get the same revision. They are no longer the caller's."""
        self.revision += 1
        for second, key, row in rows:
            if row.failures:
                row.failures = self._bounded(row.failures)
            if not self._codes.issuperset(row.codes):
                row.codes = self._bounded_codes(row.codes)
            name = self._names.get(key)
            if name is None:
                name = self._names[key] = _Name()
            if name.recent is None:
                name.recent = RowSum()
            name.recent.merge(row)
            known = name.warm.get(second) or self._warmed(name, second)
            if known is None:
                known = name.warm[second] = row
            else:
                known.merge(row)
            if second > self._newest:
                self._newest = second
            known.revision, known.changed_at = self.revision, self._newest

    def settle(self) -> None:
        """Makes the sums, about once a second."""
        for (method, name), of_name in self._names.items():
            recent, of_name.recent = of_name.recent, None
            if recent is None:
                continue
            of_name.total.merge(recent)
            for failure, count in recent.failures.items():
                error = (method, name, *failure)
                self.errors[error] = self.errors.get(error, 0) + count
            self.on_news(method, name, recent)
        self._cool()

    def names(self) -> Iterator[tuple[Key, RowSum]]:
        """Of the whole test, in the order in which they came up."""
        self.settle()
        for key, of_name in self._names.items():
            yield key, of_name.total

    def run(self) -> RowSum:
        """What belongs to no request."""
        self.settle()
        of_run = self._names.get(("", ""))
        return of_run.total if of_run else RowSum()

    def total(self) -> RowSum:
        """Of all names, and of no request."""
        return sum_of(row for _, row in self.names())

    def since(self, revision: int, limit: int) -> Page:
        """
        :param revision: of the page before; 0: from the beginning
        :param limit: about how many rows; all that changed at once stay together
        """
        changes = list(self._changes(revision))
        upto = self.revision
        if sum(number for _, _, number, *_ in changes) > limit:
            changes.sort(key=lambda change: change[1])
            number = 0
            for _, last, more, *_ in changes:
                number += more
                if number >= limit:
                    upto = last
                    break
        rows = []
        for first, _, _, key, second, source in changes:
            if first > upto:
                continue
            for at, row in _unpacked(source) if isinstance(source, _Block) else [(second, source)]:
                if revision < row.revision <= upto:
                    rows.append((at, key, row))
        return Page(upto, upto == self.revision, rows)

    def _bounded(self, failures: dict[Failure, int]) -> dict[Failure, int]:
        bounded: dict[Failure, int] = {}
        for failure, count in failures.items():
            known = self._reasons.bound(failure)
            bounded[known] = bounded.get(known, 0) + count
        return bounded

    def _bounded_codes(self, codes: dict[Code, int]) -> dict[Code, int]:
        bounded: dict[Code, int] = {}
        for code, count in codes.items():
            if code not in self._codes:
                if len(self._codes) < MAXIMUM_CODES:
                    self._codes.add(code)
                else:
                    code = OTHER_CODES
            bounded[code] = bounded.get(code, 0) + count
        return bounded

    def _changes(self, revision: int) -> Iterator[tuple[int, int, int, Key, int, Any]]:
        """First and last revision, number of rows, name, second, and the row or block."""
        for key, of_name in self._names.items():
            if self._newest_block_revision > revision:
                for block in of_name.cold.values():
                    if block.last_revision > revision:
                        yield block.first_revision, block.last_revision, block.number, key, 0, block
            for second, row in of_name.warm.items():
                if row.revision > revision:
                    yield row.revision, row.revision, 1, key, second, row

    def _warmed(self, name: _Name, second: int) -> RowSum | None:
        """A row that rested, for it changes once more."""
        block = name.cold.pop(second // _SECONDS_A_BLOCK, None)
        if block is not None:
            name.warm.update(_unpacked(block))
        return name.warm.get(second)

    def _cool(self) -> None:
        left = _BLOCKS_AT_ONCE + len(self._names) // _SECONDS_A_BLOCK
        last = (self._newest - _COLD_SECONDS) // _SECONDS_A_BLOCK
        for of_name in self._names.values():
            if left <= 0 or not of_name.warm:
                continue
            # The oldest comes first, but for what was warmed again, which is seldom.
            number = next(iter(of_name.warm)) // _SECONDS_A_BLOCK
            if number >= last:
                continue
            begin = number * _SECONDS_A_BLOCK
            rows = {
                second: of_name.warm[second]
                for second in range(begin, begin + _SECONDS_A_BLOCK)
                if second in of_name.warm
            }
            if any(self._newest - row.changed_at < _COLD_SECONDS // 2 for row in rows.values()):
                # Next time the one behind it has its turn.
                for second in rows:
                    of_name.warm[second] = of_name.warm.pop(second)
                continue
            for second in rows:
                del of_name.warm[second]
            of_name.cold[number] = block = _packed(rows)
            self._newest_block_revision = max(self._newest_block_revision, block.last_revision)
            left -= 1


def _packed(rows: dict[int, RowSum]) -> _Block:
    revisions = [row.revision for row in rows.values()]
    document = [[second, row.revision, pack_sum(row)] for second, row in rows.items()]
    return _Block(min(revisions), max(revisions), len(rows), zlib.compress(msgpack.packb(document), 6))


def _unpacked(block: _Block) -> Iterator[tuple[int, RowSum]]:
    for second, revision, packed in msgpack.unpackb(zlib.decompress(block.data)):
        row = unpack_sum(packed)
        row.revision = revision
        yield second, row
