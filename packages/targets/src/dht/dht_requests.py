"""Requests to a web cache on a distributed hash table (DHT)."""

import itertools
import random
from typing import Any
from urllib.parse import quote

from loadwright_runtime import Failure, Request, RequestSource, Response, SourceSetup

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
        # One request for each URL, made once: only the choice remains.
        self._pool = [
            Request("GET", f"{path}?url={quote(url, safe='')}", name=name)
            for url in pool_of(self.config["urls"])
        ]
        self._cumulative_weights = (
            zipf_weights(len(self._pool), self.config["zipfExponent"])
            if self.config["choice"] == "zipf"
            else list(range(1, len(self._pool) + 1))
        )

    def next_request(self) -> Request:
        return random.choices(self._pool, cum_weights=self._cumulative_weights)[0]

    def check(self, response: Response) -> str | Failure | None:
        if response.is_success:
            self.count(outcome(response))
        return super().check(response)


def pool_of(urls: dict[str, Any]) -> list[str]:
    """The URLs, the most popular first."""
    if "list" in urls:
        return urls["list"]
    return [urls["template"].replace("{i}", str(index)) for index in range(urls["count"])]


def zipf_weights(count: int, exponent: float) -> list[float]:
    """Cumulative weights: the item of rank r, from 1, has the weight 1 / r^exponent."""
    return list(itertools.accumulate(rank**-exponent for rank in range(1, count + 1)))


def outcome(response: Response) -> str:
    """The counter that an answer belongs to; ``unknown`` for headers that no node of the ring sends."""
    here = response.header("X-Cache")
    if here == "MISS-DHT":
        return _REMOTE.get(response.header("X-Cache-Origin") or "", "unknown")
    return _LOCAL.get(here or "", "unknown")
