"""What a correct answer looks like, and the names of wrong ones."""

import json
import re
from collections.abc import Callable, Container
from typing import Any

from .request import Response

# Fields and headers in which services name the type of an error.
_TYPE_HEADER = "x-amzn-errortype"
_TYPE_FIELDS = ("__type", "error_code", "Code", "code", "ErrorCode", "errorCode")

# A type such as ModelError or RESOURCE_DOES_NOT_EXIST. Digits are left out: they would let request ids
# through, and Locust keeps one entry for each distinct reason.
_TYPE = re.compile(r"[A-Za-z_.]{2,64}")

_JSON_TYPES: dict[str, Callable[[Any], bool]] = {
    "array": lambda value: isinstance(value, list),
    "boolean": lambda value: isinstance(value, bool),
    "null": lambda value: value is None,
    "number": lambda value: _is_number(value),
    "object": lambda value: isinstance(value, dict),
    "string": lambda value: isinstance(value, str),
}

_MISSING = object()


def refusal_reason(response: Response) -> str:
    """``HTTP 429``, with the type when the service names one: ``HTTP 400 ThrottlingException``."""
    error_type = _error_type(response)
    return f"HTTP {response.status} {error_type}" if error_type else f"HTTP {response.status}"


def _error_type(response: Response) -> str | None:
    # Services append an address to the header, and put a namespace before the type in the body.
    candidates = [(response.header(_TYPE_HEADER) or "").split(":")[0]]
    if response.body[:1] == b"{":
        try:
            body = json.loads(response.body)
        except ValueError:
            body = {}
        candidates += [str(body[field]).rpartition("#")[2] for field in _TYPE_FIELDS if field in body]
    return next((candidate for candidate in candidates if _TYPE.fullmatch(candidate)), None)


class ResponseCheck:
    """Decides about an answer as ``expect`` of the configuration says; without it every 2xx is right."""

    def __init__(self, expect: dict[str, Any] | None):
        self._statuses = frozenset(expect["status"]) if expect else range(200, 300)
        self._value_check = JsonCheck(expect["json"]) if expect and expect.get("json") else None

    def plain_statuses(self) -> Container[int]:
        """Statuses that decide alone that an answer is right."""
        return () if self._value_check else self._statuses

    def __call__(self, response: Response) -> str | None:
        """Why the answer is wrong, or None."""
        if response.status not in self._statuses:
            return refusal_reason(response)
        return self._value_check(response.body) if self._value_check else None


class JsonCheck:
    """Looks at one value of an answer."""

    def __init__(self, check: dict[str, Any]):
        self._check = check
        self._pointer = check["pointer"]
        self._tokens = parse_pointer(self._pointer)

    def __call__(self, body: bytes) -> str | None:
        try:
            value = find(_parse(body), self._tokens)
        except (ValueError, RecursionError):
            return "check: the answer is not JSON"
        wrong = self._wrong(value)
        return f"check of {self._pointer or 'the answer'}: {wrong}" if wrong else None

    def _wrong(self, value: Any) -> str | None:
        check = self._check
        if value is _MISSING:
            return "no such value"
        if "type" in check and not _JSON_TYPES[check["type"]](value):
            return f"not of type {check['type']}"
        if "equals" in check and not same(value, check["equals"]):
            return "not the expected value"
        if ("minimum" in check or "maximum" in check) and not _is_number(value):
            return "not of type number"
        if "minimum" in check and value < check["minimum"]:
            return f"below {check['minimum']:g}"
        if "maximum" in check and value > check["maximum"]:
            return f"above {check['maximum']:g}"
        return None


def parse_pointer(pointer: str) -> list[str]:
    """The reference tokens of a JSON Pointer (RFC 6901)."""
    return [token.replace("~1", "/").replace("~0", "~") for token in pointer.split("/")[1:]]


def find(document: Any, tokens: list[str]) -> Any:
    """The value that the tokens lead to, or a mark that there is none."""
    for token in tokens:
        if isinstance(document, dict):
            document = document.get(token, _MISSING)
        elif isinstance(document, list) and re.fullmatch(r"0|[1-9][0-9]{0,8}", token):
            document = document[int(token)] if int(token) < len(document) else _MISSING
        else:
            return _MISSING
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


def _parse(body: bytes) -> Any:
    return json.loads(body, parse_constant=_refuse_constant)


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")
