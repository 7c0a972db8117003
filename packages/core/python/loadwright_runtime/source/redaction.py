"""Takes secrets out of what is shown or written."""

import json
import re
from collections.abc import Iterable, Mapping
from urllib.parse import quote

from . import variables

REDACTED = "[redacted]"

# As in @loadwright/core: shorter values would turn ordinary words into nonsense.
_SHORTEST_SECRET = 4
# The one list of Loadwright: secret-names.ts of @loadwright/core holds the same text, which a test compares.
SECRET_NAMES = (
    r"authori[sz]ation|(?:^|[-_])auth$|token|secret|passw(?:or)?d|passphrase|[-_]pwd$|credential|"
    r"cookie|signature|bearer|(?:^|[-_])jwt|session[-_]?id|"
    r"(?:api|access|account|auth|private|subscription|functions?|shared|master|admin|client|service|"
    r"session|security|app|application|signing|encryption)[-_]?key|"
    r"(?:^|x[-_])key$"
)
OPEN_NAMES = r"(?:variable|[-_]env)$|(?:max|min|num)[a-z_-]*tokens$|tokens?[-_]?(?:count|limit|type)$"
_SECRET_NAME = re.compile(SECRET_NAMES, re.I)
_OPEN_NAME = re.compile(OPEN_NAMES, re.I)
_SCHEME = re.compile(r"(?:Basic|Bearer|Token) +(\S+)", re.I)


def is_secret_name(name: str) -> bool:
    """True for a name of a header, variable or field whose value must not be shown."""
    return bool(_SECRET_NAME.search(name)) and not _OPEN_NAME.search(name)


def redacted_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """Headers as they may be shown: the values of those whose names speak of a secret are left out."""
    return {name: REDACTED if is_secret_name(name) else value for name, value in headers.items()}


class Redactor:
    """
    Replaces every value that :mod:`.variables` has given out, every value of a credential header of the
    given ones, and the secrets given, as they are and as JSON or a URL writes them.
    """

    def __init__(self, headers: Mapping[str, str] | None = None, secrets: Iterable[str] = ()):
        forms = set()
        for secret in {*variables.given(), *_secrets_of(headers or {}), *secrets}:
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
        if is_secret_name(name):
            yield value
            # Of "Bearer x" the service may repeat x alone.
            if match := _SCHEME.fullmatch(value):
                yield match[1]
