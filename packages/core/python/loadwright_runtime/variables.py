"""Variables of the environment: the only way in for secrets. Values are never logged."""

import os

from .errors import SetupError


def optional(name: str) -> str | None:
    """The value without surrounding blanks, or None when it is not set or empty."""
    value = os.environ.get(name, "").strip()
    if not value:
        return None
    if not (value.isascii() and value.isprintable()):
        # Found here, because the HTTP client would quote the whole header, secret and all, in its error.
        raise SetupError(
            f"the variable {name} holds a line break or a character outside ASCII, which no header carries: "
            "set it again, without quotes and line breaks."
        )
    return value


def required(name: str, purpose: str) -> str:
    """The value, or a :class:`SetupError` that names the variable and what it is for."""
    value = optional(name)
    if value is None:
        raise SetupError(
            f"the variable {name} is not set: {purpose}. Set it in the environment of every worker."
        )
    return value
