"""Writes mlrsearch-oracle.json: what MLRsearch 1.2.1 finds in the simulated services of the tests.

Requests outside the objective are its lost frames. Not part of the tests, because it takes many minutes.
From the root of the repository: ``uv run --with MLRsearch==1.2.1 packages/core/test/mlrsearch_oracle.py``
"""

import json
import random
import statistics
import subprocess
from pathlib import Path

from MLRsearch import AbstractMeasurer, Config, MeasurementResult, MultipleLossRatioSearch, SearchGoal

SERVER = Path(__file__).with_name("serve-queue.ts")
# Services of 220 requests a second and more: four minutes of them are enough for an interval of 10 %.
LARGE = [number for number in range(40) if number % 8 >= 3]
SEEDS = [1, 2, 41, 42]


class QueueMeasurer(AbstractMeasurer):
    """Trials of one simulated service, in a process of its own."""

    def __init__(self, number: int, seed: int) -> None:
        self.process = subprocess.Popen(
            ["npx", "jiti", str(SERVER), str(number), str(seed)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.capacity = json.loads(self.process.stdout.readline())["capacity"]
        self.requests = 0
        self.seconds = 0.0

    def measure(self, intended_duration: float, intended_load: float) -> MeasurementResult:
        """One trial; the rest that the service needs after an overload is part of the time."""
        self.process.stdin.write(json.dumps({"rate": intended_load, "seconds": intended_duration}) + "\n")
        self.process.stdin.flush()
        answer = json.loads(self.process.stdout.readline())
        self.requests += answer["offered"]
        self.seconds += answer["seconds"]
        return MeasurementResult(
            intended_duration,
            intended_load,
            offered_count=answer["offered"],
            loss_count=answer["lost"],
            duration_with_overheads=answer["seconds"],
        )


def search(number: int, seed: int, duration_sum: float) -> dict:
    """The result for one service.

    Its loads lie on a grid below the highest one that it is told: a multiple of the capacity by chance, as
    the same multiple would have all capacities in the middle between two loads, or all beside one.
    """
    measurer = QueueMeasurer(number, seed)
    config = Config()
    config.min_load = measurer.capacity / 20
    config.max_load = measurer.capacity * random.Random(f"{number} {seed}").uniform(1.5, 3)
    config.search_duration_max = 100_000.0
    config.warmup_duration = 1.0
    goal = SearchGoal(
        loss_ratio=0.05,
        exceed_ratio=0.5,
        relative_width=0.1,
        initial_trial_duration=2.0,
        final_trial_duration=10.0,
        duration_sum=duration_sum,
        fail_fast=False,
    )
    config.goals = (goal,)
    [found] = MultipleLossRatioSearch(config).search(measurer).values()
    measurer.process.stdin.close()
    measurer.process.wait()
    lower, upper = found.relevant_lower_bound, found.relevant_upper_bound
    return {
        "capacity": measurer.capacity,
        "lower": float(lower) if lower else 0,
        "upper": float(upper) if upper else None,
        "requests": measurer.requests,
    }


def is_covered(found: dict) -> bool:
    return found["lower"] <= found["capacity"] and (
        found["upper"] is None or found["upper"] >= found["capacity"]
    )


def width_of(found: dict) -> float:
    """Of the middle, as the calibration reports it; without an upper limit the widest that there is."""
    lower, upper = found["lower"], found["upper"]
    return 2.0 if upper is None else 2 * (upper - lower) / (upper + lower)


if __name__ == "__main__":
    oracle = []
    for duration_sum in (20.0, 60.0, 120.0):
        found = [search(number, seed, duration_sum) for seed in SEEDS for number in LARGE]
        summary = {
            "durationSum": duration_sum,
            "searches": len(found),
            "covered": sum(is_covered(one) for one in found),
            "requests": sum(one["requests"] for one in found),
            "medianWidth": statistics.median(width_of(one) for one in found),
        }
        print(summary, flush=True)
        oracle.append(summary)
    Path(__file__).with_name("mlrsearch-oracle.json").write_text(json.dumps(oracle, indent=2) + "\n")
