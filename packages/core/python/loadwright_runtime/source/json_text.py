"""JSON whose numbers keep the text in which they were written: ``2.0``, ``1e-7``, ``-0``, ``1E400``."""

import json
from collections.abc import Callable
from typing import Any

_write_string: Callable[[str], str] = json.encoder.encode_basestring


class WrittenFloat(float):
    """A number that is written in another way than Python would."""

    text: str


class WrittenInt(int):
    """As :class:`WrittenFloat`; of whole numbers only ``-0`` is one."""

    text: str


def loads(text: str | bytes) -> Any:
    """As ``json.loads``; :func:`dumps` gives the numbers back as they were."""
    return json.loads(text, parse_float=_float, parse_int=_int)


def dumps(value: Any) -> str:
    """Compact JSON, characters as they are."""
    match value:
        case WrittenFloat() | WrittenInt():
            return value.text
        case str():
            return _write_string(value)
        case list() | tuple():
            return f"[{','.join(map(dumps, value))}]"
        case dict():
            return (
                f"{{{','.join(f'{_write_string(str(key))}:{dumps(item)}' for key, item in value.items())}}}"
            )
    return json.dumps(value)


def _float(text: str) -> float:
    number = float(text)
    if repr(number) == text:
        return number
    written = WrittenFloat(number)
    written.text = text
    return written


def _int(text: str) -> int:
    number = int(text)
    if number or text == "0":
        return number
    written = WrittenInt(number)
    written.text = text
    return written
