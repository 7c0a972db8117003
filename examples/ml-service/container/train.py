"""
Trains the model on made-up payments, and writes ``model.json``: ``python train.py``.

The same seed gives the same file. ``train.ipynb`` goes the same way step by step.
"""

import math
import random
import statistics
import sys
from pathlib import Path

from model import FEATURES, Model, sigmoid

Row = tuple[float, ...]


def payments(count: int, seed: int) -> tuple[list[Row], list[int]]:
    """Made-up payments, and which of them are fraudulent: large ones, at night, far away."""
    draw = random.Random(seed)
    rows, labels = [], []
    for _ in range(count):
        row = (draw.lognormvariate(3.5, 1.0), draw.uniform(0, 24), draw.expovariate(1 / 40))
        amount, hour, distance = row
        risk = -4 + amount / 60 + (1.5 if hour < 6 else 0) + distance / 50
        rows.append(row)
        labels.append(int(draw.random() < sigmoid(risk)))
    return rows, labels


def train(rows: list[Row], labels: list[int], *, rounds: int = 300, rate: float = 0.5) -> Model:
    """Gradient descent on the log loss of standardised features."""
    columns = list(zip(*rows, strict=True))
    means = [statistics.fmean(column) for column in columns]
    scales = [statistics.pstdev(column) for column in columns]
    scaled = [[(v - m) / s for v, m, s in zip(row, means, scales, strict=True)] for row in rows]
    weights, bias = [0.0] * len(FEATURES), 0.0
    for _ in range(rounds):
        errors = [
            sigmoid(bias + sum(w * v for w, v in zip(weights, row, strict=True))) - label
            for row, label in zip(scaled, labels, strict=True)
        ]
        for index in range(len(weights)):
            slope = sum(error * row[index] for error, row in zip(errors, scaled, strict=True))
            weights[index] -= rate * slope / len(rows)
        bias -= rate * sum(errors) / len(rows)
    return Model(weights, bias, means, scales)


def area_under_curve(model: Model, rows: list[Row], labels: list[int]) -> float:
    """How often a fraudulent payment gets a higher score than an honest one: 0.5 is chance, 1 is perfect."""
    scores = model.evaluate([dict(zip(FEATURES, row, strict=True)) for row in rows])
    ranked = sorted(range(len(scores)), key=scores.__getitem__)
    positives = sum(labels)
    ranks = sum(place for place, index in enumerate(ranked, 1) if labels[index])
    return (ranks - positives * (positives + 1) / 2) / (positives * (len(labels) - positives))


def main(folder: Path) -> None:
    model = train(*payments(2000, seed=1))
    score = area_under_curve(model, *payments(2000, seed=2))
    if not math.isfinite(score) or score < 0.75:
        sys.exit(
            f"the model is no better than {score:.3f}, expected at least 0.75: model.json was not written"
        )
    model.save(folder / "model.json")
    print(f"model.json: area under the curve {score:.3f} on payments that it has not seen")


if __name__ == "__main__":
    main(Path(__file__).parent)
