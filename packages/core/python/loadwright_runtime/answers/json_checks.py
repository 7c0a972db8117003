"""Checks of values in JSON, by JSON Pointers (RFC 6901)."""

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

from ..source.json_pointer import MISSING, find, parse_pointer

Rule = Callable[[Any], bool]
"""Whether a value is wrong."""

_TYPES: dict[str, Rule] = {
    "array": lambda value: not isinstance(value, list),
    "boolean": lambda value: not isinstance(value, bool),
    "null": lambda value: value is not None,
    "number": lambda value: not _is_number(value),
    "object": lambda value: not isinstance(value, dict),
    "string": lambda value: not isinstance(value, str),
}

# Of a limit: what is a wrong number, and what to say of it.
_NUMBERS: dict[str, tuple[Callable[[Any], Rule], str]] = {
    "minimum": (lambda limit: lambda value: value < limit, "below {:g}"),
    "maximum": (lambda limit: lambda value: value > limit, "above {:g}"),
    "above": (lambda limit: lambda value: value <= limit, "not above {:g}"),
    "below": (lambda limit: lambda value: value >= limit, "not below {:g}"),
}

_LENGTHS: dict[str, tuple[Callable[[Any], Rule], str]] = {
    "minimumLength": (lambda limit: lambda value: len(value) < limit, "shorter than {}"),
    "maximumLength": (lambda limit: lambda value: len(value) > limit, "longer than {}"),
}


class NotJsonError(ValueError):
    """The text is not JSON. The message says why, where that is known."""


class JsonCheck:
    """Looks at one value of a document."""

    def __init__(self, check: dict[str, Any]):
        self._name = check["pointer"] or "the answer"
        self._tokens = parse_pointer(check["pointer"])
        self._rules = list(_rules(check))

    def __call__(self, document: Any) -> str | None:
        """What is wrong, or None."""
        value = find(document, self._tokens)
        if value is MISSING:
            return f"check of {self._name}: no such value"
        for is_wrong, text in self._rules:
            if is_wrong(value):
                return f"check of {self._name}: {text}"
        return None


def _rules(check: dict[str, Any]) -> Iterator[tuple[Rule, str]]:
    """What is looked at in turn, and what to say when it is wrong."""
    if "type" in check:
        yield _TYPES[check["type"]], f"not of type {check['type']}"
    if "equals" in check:
        yield (lambda value: not same(value, check["equals"])), "not the expected value"
    if "oneOf" in check:
        allowed = check["oneOf"]
        yield (lambda value: not any(same(value, one) for one in allowed)), "not one of the expected values"
    if check.keys() & _NUMBERS.keys():
        yield _TYPES["number"], "not of type number"
    if check.keys() & _LENGTHS.keys():
        yield (lambda value: not isinstance(value, (str, list, dict))), "has no length"
    for name, (rule, text) in (_NUMBERS | _LENGTHS).items():
        if name in check:
            yield rule(check[name]), text.format(check[name])
    if "matches" in check:
        pattern = re.compile(check["matches"])
        yield _TYPES["string"], "not of type string"
        yield (lambda value: not pattern.search(value)), "does not match"


def parse_json(text: bytes) -> Any:
    """Strictly: raises :class:`NotJsonError` for NaN and Infinity too, which many services send as JSON."""
    try:
        return json.loads(text, parse_constant=_refuse_constant)
    except NotJsonError:
        raise
    except (ValueError, RecursionError):
        raise NotJsonError("the answer is not JSON") from None


def _refuse_constant(name: str) -> None:
    raise NotJsonError(f"the answer holds {name}, which is not JSON")


def same(left: Any, right: Any) -> bool:
    """Equality of JSON values: unlike in Python, true is not 1."""
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(same, left, right))
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(same(left[key], right[key]) for key in left)
    return left == right


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)
