import heapq
import itertools
import statistics

import pytest

from loadwright_runtime.load.arrivals import ArrivalCurve, Share, due_times
from loadwright_runtime.load.load_plan import ArrivalPlan, ArrivalStage


def curve(*stages, start=0.0):
    return ArrivalCurve(ArrivalPlan("constant", start, tuple(ArrivalStage(*stage) for stage in stages), 10))


RAMP = curve((10, 100), (0, 20), (5, 20), (5, 0))


def test_constant_rate_is_evenly_spaced():
    times = list(due_times(curve((4, 250), start=250), "constant", Share()))
    assert len(times) == 1000
    assert times == pytest.approx([index / 250 for index in range(1000)])


def test_the_curve_and_its_inverse():
    assert RAMP.total == pytest.approx(500 + 100 + 50)
    assert RAMP.number_until(5) == pytest.approx(125)
    assert RAMP.number_until(12.5) == pytest.approx(550)
    assert RAMP.number_until(99) == RAMP.total
    for number in (0, 0.001, 1, 124.5, 499.9, 500, 550, 649.999):
        assert RAMP.number_until(RAMP.seconds_of(number)) == pytest.approx(number)
    assert RAMP.seconds_of(RAMP.total + 0.1) is None


@pytest.mark.parametrize("workers", [1, 2, 3, 7])
def test_workers_together_make_the_whole(workers):
    shares = [due_times(RAMP, "constant", Share(index, workers)) for index in range(workers)]
    assert list(heapq.merge(*shares)) == list(due_times(RAMP, "constant", Share()))


def test_a_new_split_leaves_no_gap():
    """Three workers until 6 s, then two of them."""
    before = [due_times(RAMP, "constant", Share(index, 3)) for index in range(3)]
    after = [due_times(RAMP, "constant", Share(index, 2, 6.0)) for index in range(2)]
    times = [time for time in heapq.merge(*before) if time < 6] + list(heapq.merge(*after))
    assert times == list(due_times(RAMP, "constant", Share()))


def test_poisson():
    shares = [due_times(curve((100, 200), start=200), "poisson", Share(index, 4)) for index in range(4)]
    times = list(heapq.merge(*shares))
    # 20,000 expected, with a standard deviation of 141.
    assert 19_300 < len(times) < 20_700
    gaps = [later - earlier for earlier, later in itertools.pairwise(times)]
    # Exponential: the deviation of the gaps is their mean.
    assert statistics.stdev(gaps) == pytest.approx(statistics.mean(gaps), rel=0.05)
