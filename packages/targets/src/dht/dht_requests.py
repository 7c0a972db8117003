"""Requests to a web cache on a distributed hash table (DHT)."""

import random
from array import array
from bisect import bisect
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

from loadwright_runtime import (
    Failure,
    Progress,
    Request,
    RequestCache,
    RequestSource,
    Response,
    SourceSetup,
    no_progress,
)

_RANKS_A_SLICE = 10_000
_KEPT_REQUESTS = 16 * 1024

# What the headers of an answer say, by counter. X-Cache is the word of the node that answered the client,
# MISS-DHT when it asked another one; the word of that other one is in X-Cache-Origin. Whoever reads X-Cache
# alone counts about one hit in N of a ring of N nodes.
_LOCAL = {"HIT-LOCAL": "hit_local", "MISS-ORIGIN": "miss_origin", "MISS-HOT": "miss_hot"}
_REMOTE = {"HIT-LOCAL": "hit_remote", "MISS-ORIGIN": "miss_origin", "MISS-HOT": "miss_hot"}


class DhtRequests(RequestSource):
    """Asks for the URLs of a pool, the popular ones more often."""

    def __init__(self, setup: SourceSetup):
        super().__init__(setup)
        path, name = f"{self.base_path}{self.config['path']}", self.config["requestName"]
        self._url_of, count = pool_of(self.config["urls"])
        # Made when their turn comes: a pool of a million URLs costs neither time nor memory before.
        self._requests = RequestCache(
            lambda rank: Request("GET", f"{path}?url={quote(self._url_of(rank), safe='')}", name=name),
            _KEPT_REQUESTS,
        )
        self._choose = (
            zipf_chooser(count, self.config["zipfExponent"], setup.progress)
            if self.config["choice"] == "zipf"
            else lambda: random.randrange(count)
        )

    def next_request(self) -> Request:
        return self._requests.of(self._choose())

    def check(self, response: Response) -> str | Failure | None:
        if response.is_success:
            self.count(outcome(response))
        return super().check(response)


def pool_of(urls: dict[str, Any]) -> tuple[Callable[[int], str], int]:
    """The URL by its rank, the most popular first, and how many there are."""
    if "list" in urls:
        return urls["list"].__getitem__, len(urls["list"])
    return lambda rank: urls["template"].replace("{i}", str(rank)), urls["count"]


def zipf_chooser(count: int, exponent: float, progress: Progress = no_progress) -> Callable[[], int]:
    """Draws ranks from 0."""
    cumulative = zipf_weights(count, exponent, progress)
    total = cumulative[-1]
    # By rounding a draw may reach the sum itself.
    return lambda: min(bisect(cumulative, random.random() * total), count - 1)


def zipf_weights(count: int, exponent: float, progress: Progress = no_progress) -> "array[float]":
    """Cumulative weights: the item of rank r, from 1, has the weight 1 / r^exponent."""
    weights, total = array("d"), 0.0
    for begin in range(1, count + 1, _RANKS_A_SLICE):
        for rank in range(begin, min(begin + _RANKS_A_SLICE, count + 1)):
            total += rank**-exponent
            weights.append(total)
        progress("weighing the URLs", len(weights) / count)
    return weights


def outcome(response: Response) -> str:
    """The counter that an answer belongs to; ``unknown`` for headers that no node of the ring sends."""
    here = response.header("X-Cache")
    if here == "MISS-DHT":
        return _REMOTE.get(response.header("X-Cache-Origin") or "", "unknown")
    return _LOCAL.get(here or "", "unknown")
