"""When the requests of the open model are due."""

import bisect
import math
import random
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate

from .load_plan import ArrivalPlan


@dataclass(frozen=True)
class Share:
    """A worker's part of the arrivals: worker i of n takes every n-th, beginning with the i-th."""

    index: int = 0
    count: int = 1
    """0: none of them is this worker's."""
    from_seconds: float = 0.0
    """Since the start of the test: when it begins to hold."""


class ArrivalCurve:
    """The rate of arrivals over the time, and its integral: how many are due until when."""

    def __init__(self, plan: ArrivalPlan):
        rates = [plan.start_rate, *(stage.rate for stage in plan.stages)]
        self._pieces = [
            (stage.duration_seconds, before, stage.rate)
            for stage, before in zip(plan.stages, rates, strict=False)
        ]
        self._ends = list(accumulate(duration for duration, _, _ in self._pieces))
        self._numbers = list(accumulate(duration * (a + b) / 2 for duration, a, b in self._pieces))

    @property
    def total(self) -> float:
        """Arrivals of the whole test."""
        return self._numbers[-1]

    def number_until(self, seconds: float) -> float:
        """The integral of the rate from the start."""
        piece = bisect.bisect_right(self._ends, seconds)
        if piece == len(self._ends):
            return self.total
        duration, before, after = self._pieces[piece]
        elapsed = seconds - (self._ends[piece] - duration)
        number = self._numbers[piece - 1] if piece else 0.0
        return number + elapsed * (before + (after - before) * elapsed / duration / 2)

    def seconds_of(self, number: float) -> float | None:
        """When the integral reaches a number; None after the end."""
        piece = bisect.bisect_right(self._numbers, number)
        if piece == len(self._numbers):
            return None
        duration, before, after = self._pieces[piece]
        number -= self._numbers[piece - 1] if piece else 0.0
        slope = (after - before) / duration
        begin = self._ends[piece] - duration
        if number <= 0:
            return begin
        # The root of slope/2 t² + before t - number, in the form that does not lose digits for small slopes.
        elapsed = 2 * number / (before + math.sqrt(max(0.0, before * before + 2 * slope * number)))
        return begin + elapsed


def due_times(curve: ArrivalCurve, kind: str, share: Share) -> Iterator[float]:
    """
    The seconds since the start of the test at which a worker's requests are due, in order.

    :param kind: ``constant``: evenly spaced over all workers; ``poisson``: a Poisson process, as of many
        independent clients. Processes of several workers add up to one of the whole rate.
    """
    begun = curve.number_until(share.from_seconds)
    if kind == "poisson":
        numbers = _poisson(begun, share.count)
    else:
        first = math.ceil(begun)
        numbers = _every_nth(first + (share.index - first) % share.count, share.count)
    for number in numbers:
        seconds = curve.seconds_of(number)
        if seconds is None:
            return
        yield seconds


def _every_nth(first: int, step: int) -> Iterator[float]:
    number = first
    while True:
        yield number
        number += step


def _poisson(begun: float, workers: int) -> Iterator[float]:
    number = begun
    while True:
        number += random.expovariate(1 / workers)
        yield number
