"""Writes mlrsearch-oracle.json: what MLRsearch 1.2.1 finds in the simulated services of the tests.

Requests outside the objective are its lost frames. Not part of the tests, because it takes minutes. From the
root of the repository: ``uv run --with MLRsearch==1.2.1 packages/core/test/mlrsearch_oracle.py``
"""

import json
import subprocess
from pathlib import Path

from MLRsearch import AbstractMeasurer, Config, MeasurementResult, MultipleLossRatioSearch, SearchGoal

SERVER = Path(__file__).with_name("serve-queue.ts")


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


def search(number: int, duration_sum: float) -> dict:
    """The result for one service. It is told twice the capacity as the highest load."""
    measurer = QueueMeasurer(number, 1)
    config = Config()
    config.min_load = measurer.capacity / 20
    config.max_load = 2 * measurer.capacity
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
        "seconds": measurer.seconds,
    }


if __name__ == "__main__":
    oracle = []
    for duration_sum in (60.0, 180.0):
        found = [search(number, duration_sum) for number in range(40)]
        oracle.append({"durationSum": duration_sum, "found": found})
        covered = sum(1 for one in found if one["lower"] <= one["capacity"] <= (one["upper"] or 1e9))
        print(duration_sum, covered, sum(one["requests"] for one in found), flush=True)
        Path(__file__).with_name("mlrsearch-oracle.json").write_text(json.dumps(oracle) + "\n")
