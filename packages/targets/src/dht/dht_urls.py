"""The URLs that a cluster is asked for, and how one of them is drawn."""

import random
import re
import time
from array import array
from bisect import bisect
from collections.abc import Callable
from typing import Any

from loadwright_runtime import Body, Payload, Progress, SetupError, SourceSetup, no_progress
from loadwright_runtime.source.payloads import Payloads

_RANKS_A_SLICE = 10_000
# A node that passes a URL on without encoding it again cuts it off at one of these.
_CUTTING = re.compile(r"[&#\s]")

Choose = Callable[[], int]


class UrlFile:
    """The URLs of the bundle's payloads, by row from 0."""

    def __init__(self, setup: SourceSetup, config: dict[str, Any]):
        """:param config: ``column`` of rows that are objects, and whether nodes ``reencode``"""
        self._column = config.get("column")
        self._reencodes = config.get("reencodes", False)
        payloads = setup.payloads(self._encode)
        assert isinstance(payloads, Payloads)
        self._payloads = payloads

    def __len__(self) -> int:
        return len(self._payloads)

    def url(self, row: int) -> str:
        return self._payloads.body_of(row).content.decode()

    def next_row(self) -> int:
        """The next one in order, each worker from a place of its own."""
        return self._payloads.next_index()

    def _encode(self, payload: Payload) -> Body:
        value = payload.value
        if self._column is not None:
            if not isinstance(value, dict) or self._column not in value:
                raise SetupError(f"the row has no {self._column!r}, which urls.column names")
            value = value[self._column]
        if not isinstance(value, str) or not re.match(r"https?://", value, re.IGNORECASE):
            raise SetupError(
                "the row holds no URL; if it is one of several columns, name it with urls.column"
            )
        if not self._reencodes and _CUTTING.search(value):
            raise SetupError(
                "the URL holds &, # or white space, where a node would cut it off (see reencodes)"
            )
        return Body(value.encode(), "")


def pool_of(urls: dict[str, Any]) -> tuple[Callable[[int], str], int]:
    """The URL by its rank, the most popular first, and how many there are."""
    if "list" in urls:
        return urls["list"].__getitem__, len(urls["list"])
    return lambda rank: urls["template"].replace("{i}", str(rank)), urls["count"]


def chooser(config: dict[str, Any], count: int, progress: Progress) -> Choose:
    """Draws ranks from 0."""
    match config["choice"]:
        case "zipf":
            return zipf_chooser(count, config["zipfExponent"], progress)
        case "hot-set":
            return hot_set_chooser(count, config["hotSet"])
    return lambda: random.randrange(count)


def hot_set_chooser(count: int, config: dict[str, Any], now: Callable[[], float] = time.time) -> Choose:
    """
    A few URLs get a share of the requests, all alike; the others share the rest. With ``changeSeconds`` the
    few are others after each of these times, at the same moment on all workers.

    :param now: Unix time in seconds
    """
    size, share = min(config["urls"], count), config["share"]
    period = config.get("changeSeconds")

    def choose() -> int:
        first = int(now() / period) * size % count if period else 0
        if random.random() < share or size == count:
            return (first + random.randrange(size)) % count
        return (first + size + random.randrange(count - size)) % count

    return choose


def zipf_chooser(count: int, exponent: float, progress: Progress = no_progress) -> Choose:
    cumulative = zipf_weights(count, exponent, progress)
    total, last, draw = cumulative[-1], count - 1, random.random
    # By rounding a draw may reach the sum itself: the last one is not searched.
    return lambda: bisect(cumulative, draw() * total, 0, last)


def zipf_weights(count: int, exponent: float, progress: Progress = no_progress) -> "array[float]":
    """Cumulative weights: the item of rank r, from 1, has the weight 1 / r^exponent."""
    weights, total = array("d"), 0.0
    for begin in range(1, count + 1, _RANKS_A_SLICE):
        for rank in range(begin, min(begin + _RANKS_A_SLICE, count + 1)):
            total += rank**-exponent
            weights.append(total)
        progress("weighing the URLs", len(weights) / count)
    return weights
