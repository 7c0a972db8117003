"""Takes secrets out of what is shown or written."""

import json
import re
from collections.abc import Iterable, Mapping
from urllib.parse import quote

from . import variables

REDACTED = "[redacted]"

# As in @loadwright/core: shorter values would turn ordinary words into nonsense.
_SHORTEST_SECRET = 4
_SECRET_NAME = re.compile(r"authorization|token|secret|password|api-?key|cookie|credential|signature", re.I)
_SCHEME = re.compile(r"(?:Basic|Bearer|Token) +(\S+)", re.I)


def redacted_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """Headers as they may be shown: the values of those whose names speak of a secret are left out."""
    return {name: REDACTED if _SECRET_NAME.search(name) else value for name, value in headers.items()}


class Redactor:
    """
    Replaces every value that :mod:`.variables` has given out, and every value of a credential header of the
    given ones, as it is and as JSON or a URL writes it.
    """

    def __init__(self, headers: Mapping[str, str] | None = None):
        forms = set()
        for secret in {*variables.given(), *_secrets_of(headers or {})}:
            forms |= {secret, json.dumps(secret)[1:-1], quote(secret, safe=""), quote(secret)}
        # The longest first: one secret may be the beginning of another.
        longest_first = sorted(
            (form for form in forms if len(form) >= _SHORTEST_SECRET), key=len, reverse=True
        )
        self._pattern = re.compile("|".join(map(re.escape, longest_first))) if longest_first else None

    def __call__(self, text: str) -> str:
        return self._pattern.sub(REDACTED, text) if self._pattern else text

    def headers(self, headers: Mapping[str, str]) -> dict[str, str]:
        return {name: self(value) for name, value in redacted_headers(headers).items()}


def _secrets_of(headers: Mapping[str, str]) -> Iterable[str]:
    for name, value in headers.items():
        if _SECRET_NAME.search(name):
            yield value
            # Of "Bearer x" the service may repeat x alone.
            if match := _SCHEME.fullmatch(value):
                yield match[1]
