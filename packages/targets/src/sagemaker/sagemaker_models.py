"""Which model of a multi-model endpoint a request is for: drawn by weights, or named by its payload."""

import itertools
import json
import random
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from loadwright_runtime import Payload, SetupError
from loadwright_runtime.source.json_pointer import find, parse_pointer
from loadwright_runtime.source.payloads import PayloadError, compact_json
from loadwright_runtime.source.set_up import Progress

# Each has a row in every report; mostModels of options.ts is the same.
_MOST_MODELS = 100
_NO_MODEL = 255
# What the header X-Amzn-SageMaker-Target-Model can carry.
_MODEL = re.compile(r"[\x21-\x7e]([\x20-\x7e]{0,1022}[\x21-\x7e])?")
_BYTES_BETWEEN_LOOKS = 256 * 1024


def chooser(weights: dict[str, float] | None) -> Callable[[], str] | None:
    """Gives the model of the next request, by the weights of all of them; None where there is no choice."""
    if weights is None:
        return None
    models, sums = list(weights), list(itertools.accumulate(weights.values()))
    return lambda: random.choices(models, cum_weights=sums)[0]


class RowModels:
    """
    The models that the payloads name. All are read before the load: every worker, and the preflight, knows
    the same ones.
    """

    def __init__(self, pointer: str):
        """:param pointer: JSON Pointer of the member that names the model"""
        self._pointer = pointer
        *self._way, self._member = parse_pointer(pointer)
        self._numbers: dict[str, int] = {}
        self._names: list[str] = []
        self._by_row = bytearray()
        self._no_model = SetupError(
            f"no name of a model is at {pointer} of the payload, where targetModelFrom looks: it must be "
            "1 to 1024 printable ASCII characters."
        )

    def __contains__(self, model: str) -> bool:
        return model in self._numbers

    def read(self, path: Path, progress: Progress) -> None:
        """
        To be called once, before any request.

        :param path: of ``payloads.jsonl``
        :param progress: called now and then with how much of the file is read
        :raises SetupError: for more models than statistics have names
        """
        size, position, next_look = path.stat().st_size, 0, 0
        with path.open("rb") as file:
            for line in file:
                if not line.isspace():
                    self._by_row.append(self._number_of(self._model_in(json.loads(line).get("json"))))
                position += len(line)
                if position >= next_look:
                    next_look = position + _BYTES_BETWEEN_LOOKS
                    progress("reading which models the payloads name", position / size)
        self._names = list(self._numbers)

    def of(self, row: int) -> str:
        """
        :param row: number of a payload, from 1
        :raises PayloadError: when it names no model
        """
        number = self._by_row[row - 1]
        if number == _NO_MODEL:
            raise PayloadError(row, self._no_model)
        return self._names[number]

    def body_of(self, payload: Payload) -> bytes:
        """The payload without the member, which is meant for the load and not for the model."""
        document = payload.value if payload.kind == "json" else None
        if self._model_in(document) is None:
            return payload.encode().content
        del find(document, self._way)[self._member]
        return compact_json(document)

    def _model_in(self, document: Any) -> str | None:
        within = find(document, self._way)
        model = within.get(self._member) if isinstance(within, dict) else None
        return model if isinstance(model, str) and _MODEL.fullmatch(model) else None

    def _number_of(self, model: str | None) -> int:
        if model is None:
            return _NO_MODEL
        number = self._numbers.setdefault(model, len(self._numbers))
        if number >= _MOST_MODELS:
            raise SetupError(
                f"the payloads name more than {_MOST_MODELS} models at {self._pointer} (targetModelFrom): "
                "each has statistics of its own. Divide them into several tests."
            )
        return number
