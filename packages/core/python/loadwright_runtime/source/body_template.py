"""JSON bodies with generated fields."""

import itertools
import random
import uuid
from collections.abc import Callable
from typing import Any

from .payloads import compact_json

Part = bytes | Callable[[], bytes]


def compile_template(template: Any) -> Callable[[], bytes]:
    """
    A function that makes one body after the other.

    An object with one key that starts with ``$`` stands for a new value in each body:
    ``{"$uniform": [1, 6500]}`` a number, ``{"$integer": [1, 6]}`` a whole number, ends included,
    ``{"$choice": ["a", "b"]}`` one of the values, ``{"$uuid": true}`` a UUID, ``{"$sequence": true}``
    0, 1, 2, … in each process.
    """
    parts: list[Part] = []
    for part in _parts(template):
        if parts and isinstance(part, bytes) and isinstance(parts[-1], bytes):
            parts[-1] += part
        else:
            parts.append(part)
    if len(parts) == 1 and isinstance(parts[0], bytes):
        constant = parts[0]
        return lambda: constant
    return lambda: b"".join(part if isinstance(part, bytes) else part() for part in parts)


def _parts(value: Any) -> list[Part]:
    """The JSON text of a value, cut where something is generated."""
    if isinstance(value, list):
        items = [[*_parts(item), b","] for item in value]
        return [b"[", *_joined(items), b"]"]
    if not isinstance(value, dict):
        return [compact_json(value)]
    if len(value) == 1:
        name, argument = next(iter(value.items()))
        if name in _GENERATORS:
            return [_GENERATORS[name](argument)]
    members = [[compact_json(name), b":", *_parts(member), b","] for name, member in value.items()]
    return [b"{", *_joined(members), b"}"]


def _joined(items: list[list[Part]]) -> list[Part]:
    return list(itertools.chain.from_iterable(items))[:-1]


def _uniform(bounds: list[float]) -> Part:
    low, high = bounds
    return lambda: compact_json(random.uniform(low, high))


def _integer(bounds: list[int]) -> Part:
    low, high = map(int, bounds)
    return lambda: b"%d" % random.randint(low, high)


def _choice(values: list[Any]) -> Part:
    texts = [compact_json(value) for value in values]
    return lambda: random.choice(texts)


def _uuid(_: Any) -> Part:
    return lambda: b'"%s"' % str(uuid.uuid4()).encode()


def _sequence(_: Any) -> Part:
    numbers = itertools.count()
    return lambda: b"%d" % next(numbers)


_GENERATORS: dict[str, Callable[[Any], Part]] = {
    "$uniform": _uniform,
    "$integer": _integer,
    "$choice": _choice,
    "$uuid": _uuid,
    "$sequence": _sequence,
}
