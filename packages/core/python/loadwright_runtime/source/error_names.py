"""Names of errors, as services give them, without what differs from request to request."""

import re
from typing import Any

# Fields in which services name the type of an error.
_TYPE_FIELDS = ("__type", "error_code", "type", "Code", "code", "ErrorCode", "errorCode")

# What a document for people has in the place of a type (RFC 9457).
_ADDRESS = re.compile(r"about:|[a-z]+://")

# A type such as ModelError, RESOURCE_DOES_NOT_EXIST or S3Error.
_TYPE = re.compile(r"[A-Za-z0-9_.-]{2,64}")
_UUID = re.compile(r"[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")
# What differs from request to request: an id in hexadecimal, a number, a random text of letters and digits.
_VARYING = re.compile(
    r"(?=[0-9A-Fa-f]*[0-9])[0-9A-Fa-f]{6,}|[0-9A-Fa-f]{8,}|[0-9]{4,}|"
    r"(?=[A-Za-z0-9]*[0-9][A-Za-z]*[0-9])[A-Za-z0-9]{8,}"
)
_NUMBERED = re.compile(r"(?![A-Fa-f]+[0-9])([A-Za-z]{2,})[0-9]{3,}")
# Of a name of which something was left out so many letters must remain.
_SHORTEST_REST = 5
_SEPARATORS = re.compile(r"([_.-])")


def error_type(value: Any) -> str | None:
    """The name of an error without what varies: ``ModelError``; None for what is no name."""
    if not isinstance(value, str) or _ADDRESS.match(value):
        return None
    # Services put a namespace before the type in a body, and append an address in a header.
    name = value.rpartition("#")[2].split(":")[0].strip()
    if not _TYPE.fullmatch(name):
        return None
    rest = _without_varying(name)
    shortest = 2 if rest == name else _SHORTEST_REST
    return rest if len(re.findall("[A-Za-z]", rest)) >= shortest else None


def _without_varying(name: str) -> str:
    parts = [_without_number(part) for part in _SEPARATORS.split(_UUID.sub("00000000", name))]
    return "".join(part or "…" for part in parts).strip("…_.-")


def type_in(document: Any) -> str | None:
    """The type that an error's document names, itself or in its field ``error``."""
    if not isinstance(document, dict):
        return None
    for place in (document.get("error"), document):
        if isinstance(place, dict):
            names = (error_type(place.get(field)) for field in _TYPE_FIELDS)
            # That it is an error is known.
            found = next((name for name in names if name and name != "error"), None)
            if found:
                return found
    return None


def _without_number(part: str) -> str:
    """A part of a name; empty when all of it varies."""
    numbered = _NUMBERED.fullmatch(part)
    if numbered:
        return numbered[1]
    return "" if _VARYING.fullmatch(part) else part
