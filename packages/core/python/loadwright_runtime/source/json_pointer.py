"""Values in JSON by JSON Pointers (RFC 6901)."""

import re
from typing import Any

MISSING = object()
"""Stands for a value that is not there."""


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
