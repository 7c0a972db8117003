"""What the headers of an answer say of the ring."""

import hashlib
import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from loadwright_runtime import Metrics, Response

# What the headers of an answer say, by counter. X-Cache is the word of the node that answered the client,
# MISS-DHT when it asked another one; the word of that other one is in X-Cache-Origin. Whoever reads X-Cache
# alone counts about one hit in N of a ring of N nodes.
_LOCAL = {"HIT-LOCAL": "hit_local", "MISS-ORIGIN": "miss_origin", "MISS-HOT": "miss_hot"}
_REMOTE = {"HIT-LOCAL": "hit_remote", "MISS-ORIGIN": "miss_origin", "MISS-HOT": "miss_hot"}
# Words of a node that asked another one.
_PASSED_ON = ("MISS-DHT", "MISS-HOT")
# Counters have names of their own: a ring whose nodes have ever new names must not use them up.
_MOST_NODES = 80
_LONGEST_NAME = 40
_NO_NAME = re.compile(r"[^a-z0-9]+")
_ADDRESS = re.compile(r".*[^:]:\d+")


# What a node says of its work, all but the time; in lower case, as the functions below ask for it.
_NAMES = ("x-cache", "x-cache-origin", "x-node-id", "x-entry-node", "x-responsible-node")
_LATENCY = "x-latency-ms"
_SAID = re.compile(
    rb"\r\n((?i:x-(?:cache(?:-origin)?|node-id|entry-node|responsible-node|latency-ms))):[ \t]*([^\r\n]*)"
)
# So many different things that nodes say are kept: outcomes times pairs of nodes.
_MOST_SAYINGS = 4096

Said = Mapping[str, str]
"""Headers by their names in lower case."""


class _Meaning(NamedTuple):
    counters: tuple[str, ...]
    is_hit: bool | None
    """None: the headers do not tell."""
    hops: int | None


class Answers:
    """Counts what the headers of answers say. The same headers are understood once."""

    def __init__(self, metrics: Metrics, addresses: dict[str, str]):
        """:param addresses: of nodes, by id"""
        self._metrics = metrics
        self._entry = NodeNames("entry_node", addresses)
        self._responsible = NodeNames("responsible_node", addresses)
        self._known: dict[Any, _Meaning] = {}

    def count(self, response: Response) -> None:
        """By the headers, however they came."""
        said = {name: value for name in _NAMES if (value := response.header(name)) is not None}
        key = tuple(said.items())
        self._record(self._known.get(key) or self._understand(key, said), response.header(_LATENCY))

    def count_bytes(self, data: bytes, head_bytes: int) -> None:
        """
        By the bytes of an answer.

        :param head_bytes: of the head, with the empty line
        """
        found = _SAID.findall(data, 0, head_bytes - 2)
        latency = None
        for index, (name, value) in enumerate(found):
            # Each answer has another time.
            if name[2] in b"Ll":
                latency = value
                del found[index]
                break
        key = tuple(found)
        self._record(self._known.get(key) or self._understand(key, _decoded(found)), latency)

    def _record(self, meaning: _Meaning, latency: str | bytes | None) -> None:
        metrics = self._metrics
        metrics.count_each(meaning.counters)
        if meaning.is_hit is not None:
            metrics.rate("cache_hit", meaning.is_hit)
        if meaning.hops is not None:
            metrics.trend("hops", meaning.hops, unit="")
        if latency is not None and (seconds := latency_seconds(latency)) is not None:
            metrics.trend("node_latency", seconds)

    def _understand(self, key: Any, said: Said) -> _Meaning:
        found = outcome(said)
        entry, responsible = nodes_of(said, found)
        counters = [found]
        if entry:
            counters.append(self._entry.of(entry))
        if responsible:
            counters.append(self._responsible.of(responsible))
        for name in counters:
            self._metrics.declare_counter(name)
        is_hit = None if found == "unknown" else found.startswith("hit_")
        meaning = _Meaning(tuple(counters), is_hit, hops(said))
        if len(self._known) < _MOST_SAYINGS:
            self._known[key] = meaning
        return meaning


def _decoded(found: list[tuple[bytes, bytes]]) -> dict[str, str]:
    """Of a header that was sent several times the first value counts."""
    said: dict[str, str] = {}
    for name, value in found:
        said.setdefault(name.decode().lower(), value.decode("latin-1").rstrip(" \t"))
    return said


def outcome(said: Said) -> str:
    """
    The counter that an answer belongs to; ``unknown`` where no node says how it ended: of a ring in which
    nodes come and go the one that was asked second asks a third, and its word is lost.
    """
    here = said.get("x-cache")
    if here == "MISS-DHT":
        return _REMOTE.get(said.get("x-cache-origin") or "", "unknown")
    return _LOCAL.get(here or "", "unknown")


class NodeNames:
    """
    Names of counters by node: its address, or its id where the address is not known. The two are told apart,
    for both may be of one node.
    """

    def __init__(self, prefix: str, addresses: dict[str, str]):
        """:param addresses: by id, as ``X-Node-ID`` gives it"""
        self._prefix = prefix
        self._addresses = addresses
        self._names: dict[str, str] = {}

    def of(self, node: str) -> str:
        name = self._names.get(node)
        if name is None:
            if len(self._names) >= _MOST_NODES:
                return f"{self._prefix}_others"
            address = self._addresses.get(node, node)
            kind = "" if _ADDRESS.fullmatch(address) else "id_"
            name = self._names[node] = f"{self._prefix}_{kind}{_short(address)}"
        return name


def _short(node: str) -> str:
    """In the characters of a counter. What is too long ends in a digest: nodes may differ there."""
    text = _NO_NAME.sub("_", node.lower()).strip("_")
    if len(text) <= _LONGEST_NAME:
        return text
    digest = hashlib.sha256(node.encode()).hexdigest()[:8]
    return f"{text[: _LONGEST_NAME - len(digest) - 1]}_{digest}"


def hops(said: Said) -> int | None:
    """How often nodes have passed the request on, as far as headers show it: a third time is not seen."""
    here = said.get("x-cache") or ""
    if here in _PASSED_ON:
        return 2 if said.get("x-cache-origin") in _PASSED_ON else 1
    return 0 if here in _LOCAL else None


def nodes_of(said: Said, found: str) -> tuple[str | None, str | None]:
    """
    Which node the client asked, and which one is responsible for the URL. A node that answers by itself is
    both, whatever it calls itself; the original ones give their id alone. One that says MISS-HOT is
    responsible, and names the one that it asked.

    :param found: the counter that the answer belongs to; of ``unknown`` nobody says who is responsible
    """
    own, entry, responsible = (said.get(name) for name in ("x-node-id", "x-entry-node", "x-responsible-node"))
    here = said.get("x-cache")
    if here == "MISS-HOT":
        responsible = entry = entry or own
    elif here in _LOCAL:
        responsible = entry = entry or responsible or own
    return entry or own, None if found == "unknown" else responsible or own


def address_by_id(metrics: Any) -> dict[str, str]:
    """From the body of a node's ``/metrics``; nothing of a body that is another."""
    try:
        node = metrics["node"]
        return {str(node["id"]): str(node["addr"])}
    except (KeyError, TypeError):
        return {}


def latency_seconds(text: str | bytes) -> float | None:
    """What the node says that it took, of its milliseconds."""
    try:
        milliseconds = float(text)
    except ValueError:
        return None
    return milliseconds / 1000 if 0 <= milliseconds < 1e9 else None
