"""What the headers of an answer say of the ring."""

import re
from typing import Any

from loadwright_runtime import Response

# What the headers of an answer say, by counter. X-Cache is the word of the node that answered the client,
# MISS-DHT when it asked another one; the word of that other one is in X-Cache-Origin. Whoever reads X-Cache
# alone counts about one hit in N of a ring of N nodes.
_LOCAL = {"HIT-LOCAL": "hit_local", "MISS-ORIGIN": "miss_origin", "MISS-HOT": "miss_hot"}
_REMOTE = {"HIT-LOCAL": "hit_remote", "MISS-ORIGIN": "miss_origin", "MISS-HOT": "miss_hot"}
# Counters have names of their own: a ring whose nodes have ever new names must not use them up.
_MOST_NODES = 80
_NO_NAME = re.compile(r"[^a-z0-9]+")


def outcome(response: Response) -> str:
    """The counter that an answer belongs to; ``unknown`` for headers that no node of the ring sends."""
    here = response.header("X-Cache")
    if here == "MISS-DHT":
        return _REMOTE.get(response.header("X-Cache-Origin") or "", "unknown")
    return _LOCAL.get(here or "", "unknown")


class NodeNames:
    """Names of counters by node: as it calls itself in the headers, its address where that is known."""

    def __init__(self, prefix: str, addresses: dict[str, str]):
        """:param addresses: by id, as ``X-Node-ID`` tells it"""
        self._prefix = prefix
        self._addresses = addresses
        self._names: dict[str, str] = {}

    def of(self, node: str) -> str:
        name = self._names.get(node)
        if name is None:
            if len(self._names) >= _MOST_NODES:
                return f"{self._prefix}_others"
            text = _NO_NAME.sub("_", self._addresses.get(node, node).lower()).strip("_")
            name = self._names[node] = f"{self._prefix}_{text[:40]}"
        return name


def nodes_of(response: Response) -> tuple[str | None, str | None]:
    """
    Which node the client asked, and which one is responsible for the URL. A node that answers by itself is
    both, and tells its id alone.
    """
    own = response.header("X-Node-ID")
    entry = response.header("X-Entry-Node") or own
    return entry, response.header("X-Responsible-Node") or own


def address_by_id(metrics: Any) -> dict[str, str]:
    """From the body of a node's ``/metrics``; nothing of a body that is another."""
    try:
        node = metrics["node"]
        return {str(node["id"]): str(node["addr"])}
    except (KeyError, TypeError):
        return {}


def latency_seconds(response: Response) -> float | None:
    """What the node says that it took."""
    try:
        milliseconds = float(response.header("X-Latency-Ms") or "")
    except ValueError:
        return None
    return milliseconds / 1000 if 0 <= milliseconds < 1e9 else None
