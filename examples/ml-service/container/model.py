"""The model: logistic regression in plain Python: nothing has to be installed to train or to serve it."""

import json
import math
from pathlib import Path
from typing import Self

FEATURES = ("amount", "hour", "distance_km")


class InvalidInputError(ValueError):
    """What the caller sent cannot be evaluated."""


class Model:
    """Says how likely a payment is fraudulent."""

    def __init__(self, weights: list[float], bias: float, means: list[float], scales: list[float]):
        self._weights, self._bias = weights, bias
        self._means, self._scales = means, scales

    @classmethod
    def load(cls, path: Path) -> Self:
        """Reads what ``train.py`` wrote."""
        return cls(**json.loads(path.read_text()))

    def save(self, path: Path) -> None:
        document = {
            "weights": self._weights,
            "bias": self._bias,
            "means": self._means,
            "scales": self._scales,
        }
        path.write_text(json.dumps(document, indent=2) + "\n")

    def evaluate(self, instances: object) -> list[float]:
        """
        A probability from 0 to 1 for each instance.

        :param instances: a list of ``{"amount": …, "hour": …, "distance_km": …}``
        :raises InvalidInputError: with the number of the instance, and what is wrong with it
        """
        if not isinstance(instances, list) or not instances:
            raise InvalidInputError("instances must be a list that is not empty")
        return [self._probability(number, instance) for number, instance in enumerate(instances)]

    def _probability(self, number: int, instance: object) -> float:
        if not isinstance(instance, dict):
            raise InvalidInputError(f"instances[{number}] must be an object")
        score = self._bias
        for name, weight, mean, scale in zip(FEATURES, self._weights, self._means, self._scales, strict=True):
            value = instance.get(name)
            if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
                raise InvalidInputError(f"instances[{number}].{name} must be a number")
            score += weight * (value - mean) / scale
        return sigmoid(score)


def sigmoid(score: float) -> float:
    """1 ÷ (1 + e^-score), without an overflow at either end."""
    if score >= 0:
        return 1 / (1 + math.exp(-score))
    power = math.exp(score)
    return power / (1 + power)
