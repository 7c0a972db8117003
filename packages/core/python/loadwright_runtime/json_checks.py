"""Checks of values in JSON, by JSON Pointers (RFC 6901)."""

import json
import re
from collections.abc import Callable
from typing import Any

_TYPES: dict[str, Callable[[Any], bool]] = {
    "array": lambda value: isinstance(value, list),
    "boolean": lambda value: isinstance(value, bool),
    "null": lambda value: value is None,
    "number": lambda value: _is_number(value),
    "object": lambda value: isinstance(value, dict),
    "string": lambda value: isinstance(value, str),
}

_COMPARISONS: tuple[tuple[str, Callable[[Any, Any], bool], str], ...] = (
    ("minimum", lambda value, limit: value < limit, "below {:g}"),
    ("maximum", lambda value, limit: value > limit, "above {:g}"),
    ("above", lambda value, limit: value <= limit, "not above {:g}"),
    ("below", lambda value, limit: value >= limit, "not below {:g}"),
)

MISSING = object()
"""Stands for a value that is not there."""


class NotJsonError(ValueError):
    """The text is not JSON. The message says why, where that is known."""


class JsonCheck:
    """Looks at one value of a document."""

    def __init__(self, check: dict[str, Any]):
        self._check = check
        self._pointer = check["pointer"]
        self._tokens = parse_pointer(self._pointer)
        self._pattern = re.compile(check["matches"]) if "matches" in check else None

    def __call__(self, document: Any) -> str | None:
        """What is wrong, or None."""
        wrong = self._wrong(find(document, self._tokens))
        return f"check of {self._pointer or 'the answer'}: {wrong}" if wrong else None

    def _wrong(self, value: Any) -> str | None:
        check = self._check
        if value is MISSING:
            return "no such value"
        if "type" in check and not _TYPES[check["type"]](value):
            return f"not of type {check['type']}"
        if "equals" in check and not same(value, check["equals"]):
            return "not the expected value"
        if "oneOf" in check and not any(same(value, allowed) for allowed in check["oneOf"]):
            return "not one of the expected values"
        return self._wrong_number(value) or self._wrong_length(value) or self._wrong_text(value)

    def _wrong_number(self, value: Any) -> str | None:
        for name, is_wrong, text in _COMPARISONS:
            if name in self._check:
                if not _is_number(value):
                    return "not of type number"
                if is_wrong(value, self._check[name]):
                    return text.format(self._check[name])
        return None

    def _wrong_length(self, value: Any) -> str | None:
        shortest, longest = self._check.get("minimumLength"), self._check.get("maximumLength")
        if shortest is None and longest is None:
            return None
        if not isinstance(value, (str, list, dict)):
            return "has no length"
        if shortest is not None and len(value) < shortest:
            return f"shorter than {shortest}"
        return f"longer than {longest}" if longest is not None and len(value) > longest else None

    def _wrong_text(self, value: Any) -> str | None:
        if self._pattern is None:
            return None
        if not isinstance(value, str):
            return "not of type string"
        return None if self._pattern.search(value) else "does not match"


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


def parse_pointer(pointer: str) -> list[str]:
    """The reference tokens of a JSON Pointer."""
    return [token.replace("~1", "/").replace("~0", "~") for token in pointer.split("/")[1:]]


def find(document: Any, tokens: list[str]) -> Any:
    """The value that the tokens lead to, or :data:`MISSING`."""
    for token in tokens:
        if isinstance(document, dict):
            document = document.get(token, MISSING)
        elif isinstance(document, list) and re.fullmatch(r"0|[1-9][0-9]{0,8}", token):
            document = document[int(token)] if int(token) < len(document) else MISSING
        else:
            return MISSING
    return document


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
