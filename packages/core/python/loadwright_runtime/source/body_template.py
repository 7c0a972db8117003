"""Values that are made anew for each request: in JSON bodies, and in texts of paths, queries and headers."""

import itertools
import json
import random
import time
import uuid
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from . import json_text
from .errors import SetupError
from .payloads import compact_json

Make = Callable[[Any], bytes]
"""The JSON text of a value, of the payload at hand (its value, or None)."""
Part = bytes | Make
Generators = Mapping[str, Callable[[Any], Part]]
"""What makes the part that an object with one key stands for, by that key."""


class ColumnError(SetupError):
    """A payload lacks what a template takes from it."""


def compile_template(template: Any, more: Generators | None = None) -> Callable[..., bytes]:
    """
    A function that makes one JSON text after the other. It takes the value of a payload, for ``$column``.

    An object with one key that starts with ``$`` stands for a new value in each body:

    ``{"$uniform": [1, 6500]}`` a number, ``{"$normal": [5, 1.5]}`` a number, of mean and standard deviation,
    ``{"$integer": [1, 6]}`` a whole number, ends included, ``{"$choice": ["a", "b"]}`` one of the values,
    ``{"$uuid": true}`` a UUID, ``{"$sequence": true}`` 0, 1, 2, … in each process, or from the number that
    stands there, ``{"$timestamp": "iso"}`` the time (``seconds`` and ``milliseconds``: of Unix),
    ``{"$column": "id"}`` a member of the payload.

    :param more: further generators
    """
    parts: list[Part] = []
    for part in _parts(template, {**_GENERATORS, **(more or {})}):
        if parts and isinstance(part, bytes) and isinstance(parts[-1], bytes):
            parts[-1] += part
        else:
            parts.append(part)
    if len(parts) == 1 and isinstance(parts[0], bytes):
        constant = parts[0]
        return lambda row=None: constant
    return lambda row=None: b"".join([part if isinstance(part, bytes) else part(row) for part in parts])


def compile_text(value: Any, more: Generators | None = None) -> Callable[..., str | None]:
    """
    As :func:`compile_template`, for a text: a string as it is, any other value as JSON writes it; None for
    null.
    """
    generate = compile_template(value, more)
    if is_constant(value, more):
        constant = text_of(generate())
        return lambda row=None: constant
    return lambda row=None: text_of(generate(row))


def is_constant(template: Any, more: Generators | None = None) -> bool:
    """Whether nothing in it is generated."""
    return all(isinstance(part, bytes) for part in _parts(template, {**_GENERATORS, **(more or {})}))


def text_of(content: bytes) -> str | None:
    """A value of JSON as a path, a query or a header has it; None for null."""
    if content[:1] == b'"':
        return str(json.loads(content))
    return None if content == b"null" else content.decode()


def text_generator(running: str) -> Callable[[list[int]], Part]:
    """
    What makes ``{"$text": [5, 20]}``: 5 to 20 words that follow each other in a running text.

    :param running: words with single spaces between them, at least as many as a text may have
    """
    words = [compact_json(word)[1:-1] for word in running.split(" ")]
    content = b" ".join(words)
    starts = list(itertools.accumulate((len(word) + 1 for word in words), initial=0))

    def text(bounds: list[int]) -> Part:
        fewest, most = map(int, bounds)

        def piece(_: Any) -> bytes:
            count = random.randint(fewest, most)
            first = random.randrange(len(words) - count + 1)
            return b'"%b"' % content[starts[first] : starts[first + count] - 1]

        return piece

    return text


def _parts(value: Any, generators: Generators) -> list[Part]:
    """The JSON text of a value, cut where something is generated."""
    if isinstance(value, list):
        items = [[*_parts(item, generators), b","] for item in value]
        return [b"[", *_joined(items), b"]"]
    if not isinstance(value, dict):
        return [compact_json(value)]
    if len(value) == 1:
        name, argument = next(iter(value.items()))
        if name in generators:
            return [generators[name](argument)]
    members = [
        [compact_json(name), b":", *_parts(member, generators), b","] for name, member in value.items()
    ]
    return [b"{", *_joined(members), b"}"]


def _joined(items: list[list[Part]]) -> list[Part]:
    return list(itertools.chain.from_iterable(items))[:-1]


def _uniform(bounds: list[float]) -> Part:
    low, high = bounds
    return lambda _: compact_json(random.uniform(low, high))


def _normal(parameters: list[float]) -> Part:
    mean, deviation = parameters
    return lambda _: compact_json(random.gauss(mean, deviation))


def _integer(bounds: list[int]) -> Part:
    low, high = map(int, bounds)
    return lambda _: b"%d" % random.randint(low, high)


def _choice(values: list[Any]) -> Part:
    texts = [compact_json(value) for value in values]
    return lambda _: random.choice(texts)


def _uuid(_: Any) -> Part:
    return lambda _: b'"%s"' % str(uuid.uuid4()).encode()


def _sequence(start: Any) -> Part:
    numbers = itertools.count(0 if start is True else int(start))
    return lambda _: b"%d" % next(numbers)


def _timestamp(form: str) -> Part:
    if form == "seconds":
        return lambda _: b"%d" % time.time()
    if form == "milliseconds":
        return lambda _: b"%d" % (time.time() * 1000)
    return lambda _: b'"%s"' % _iso_now().encode()


def _iso_now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _column(name: str) -> Part:
    def column(row: Any) -> bytes:
        if not isinstance(row, dict) or name not in row:
            raise ColumnError(f"the payload has no member {name!r}")
        return json_text.dumps(row[name]).encode()

    return column


_GENERATORS: Generators = {
    "$uniform": _uniform,
    "$normal": _normal,
    "$integer": _integer,
    "$choice": _choice,
    "$uuid": _uuid,
    "$sequence": _sequence,
    "$timestamp": _timestamp,
    "$column": _column,
}
