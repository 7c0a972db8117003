"""Checks of text, by regular expressions."""

import re
from typing import Any


class TextCheck:
    """``matches`` must be found, ``doesNotMatch`` must not."""

    def __init__(self, check: dict[str, Any]):
        self._wanted = _compiled(check.get("matches"))
        self._unwanted = _compiled(check.get("doesNotMatch"))

    def __call__(self, text: str) -> str | None:
        """What is wrong, or None."""
        if self._wanted is not None and not self._wanted.search(text):
            return "does not match"
        if self._unwanted is not None and self._unwanted.search(text):
            return "matches what it must not"
        return None


def several(check: Any) -> list[Any]:
    """What the configuration may hold once, several times, or not at all."""
    if check is None:
        return []
    return check if isinstance(check, list) else [check]


def _compiled(pattern: str | None) -> re.Pattern[str] | None:
    return None if pattern is None else re.compile(pattern)
