"""Variables of the environment, or of a file that it names: the only way in for secrets. Never logged."""

import functools
import json
import os
from collections import deque
from pathlib import Path

from .errors import SetupError

_FILE = "LOADWRIGHT_VARIABLES_FILE"
_given: set[str] = set()
_KEPT_SECRETS = 64
_renewed: deque[str] = deque(maxlen=_KEPT_SECRETS)


def given() -> frozenset[str]:
    """Every value that was handed out in this process: what must not be shown."""
    return frozenset(_given).union(_renewed)


def keep_secret(value: str) -> None:
    """
    A secret that a service gave out for one of these: it must not be shown either. Of those that are renewed
    again and again the last ones are remembered.
    """
    _renewed.append(value)


def optional(name: str) -> str | None:
    """
    The value without surrounding blanks, or None when it is not set or empty. What the environment lacks is
    looked for in the JSON file that ``LOADWRIGHT_VARIABLES_FILE`` names.
    """
    value = _find(name)
    if not value:
        return None
    if not (value.isascii() and value.isprintable()):
        # Found here, because the HTTP client would quote the whole header, secret and all, in its error.
        raise SetupError(
            f"the variable {name} holds a line break or a character outside ASCII, which no header carries: "
            "set it again, without quotes and line breaks."
        )
    _given.add(value)
    return value


def required(name: str, purpose: str) -> str:
    """The value, or a :class:`SetupError` that names the variable and what it is for."""
    value = optional(name)
    if value is None:
        raise SetupError(
            f"the variable {name} is not set: {purpose}. Set it in the environment of every worker."
        )
    return value


def text(name: str, purpose: str) -> str:
    """
    A value of several lines, whose line breaks may also be written as ``\\n``; a :class:`SetupError` when it
    is not set.
    """
    value = _find(name).replace("\\n", "\n")
    if not value:
        raise SetupError(
            f"the variable {name} is not set: {purpose}. Set it in the environment of every worker."
        )
    _given.update(line for line in value.splitlines() if not line.startswith("-----"))
    return value


def _find(name: str) -> str:
    value = os.environ.get(name, "").strip()
    path = os.environ.get(_FILE)
    return value or (_read(path).get(name, "").strip() if path else "")


@functools.cache
def _read(path: str) -> dict[str, str]:
    try:
        found = json.loads(Path(path).read_bytes())
    except OSError as error:
        raise SetupError(f"the file {path}, named by {_FILE}, cannot be read: {error.strerror}.") from None
    except ValueError:
        # The parser's own message may quote the file.
        found = None
    if not isinstance(found, dict) or not all(isinstance(value, str) for value in found.values()):
        raise SetupError(f"the file {path}, named by {_FILE}, must hold one JSON object of strings.")
    return found
