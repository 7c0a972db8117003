import random

import pytest

from loadwright_runtime import Request
from loadwright_runtime.measure import request_log
from loadwright_runtime.measure.failures import Failure
from loadwright_runtime.measure.request_log import RequestLog

REQUEST = Request("POST", "/", name="predict")


@pytest.fixture(autouse=True)
def clock(monkeypatch):
    """Goes on by a second only when asked."""

    class Clock:
        now = 1_800_000_000.25

        def time(self):
            return self.now

    monkeypatch.setattr(request_log, "time", Clock)
    Clock.time = staticmethod(lambda: Clock.now)
    return Clock


def started(share):
    log = RequestLog()
    log.begin(share)
    return log


def test_what_a_row_holds():
    log = started(1.0)
    log.add(REQUEST, 4, 200, 0.02, 17, None)
    numbered = Request("GET", "/", name="n", row=3, id="test-1")
    log.add(numbered, 5, None, 1.5, 0, Failure("timeout", "time-out after 1.5 s"))
    assert log.after(0) == {
        "rows": [
            {"time": 1_800_000_000.25, "second": 4, "method": "POST", "name": "predict", "status": 200,
             "seconds": 0.02, "bytes": 17},
            {"time": 1_800_000_000.25, "second": 5, "method": "GET", "name": "n", "seconds": 1.5, "bytes": 0,
             "kind": "timeout", "error": "time-out after 1.5 s", "row": 3, "id": "test-1"},
        ],
        "next": 2,
        "leftOut": 0,
    }  # fmt: skip


def test_it_is_off_unless_asked_for():
    assert not RequestLog().is_on and not started(0.0).is_on and started(0.01).is_on


@pytest.mark.parametrize("share", [0.5, 0.1, 0.01])
def test_the_share(share, clock):
    random.seed(7)
    log, number = started(share), 200_000
    for index in range(number):
        clock.now += 1 / 100
        if not log.skips():
            log.add(REQUEST, 0, 200, float(index), 0, None)
    taken = log.take()
    expected = number * share
    assert abs(len(taken["rows"]) - expected) < 4 * (expected * (1 - share)) ** 0.5
    assert taken["leftOut"] == 0
    # Not every n-th one: requests that come in turns would hide.
    distances = {
        later[5] - earlier[5] for earlier, later in zip(taken["rows"], taken["rows"][1:], strict=False)
    }
    assert len(distances) > 5


def test_rows_a_second_are_bounded(clock):
    log = started(1.0)
    for _ in range(1000):
        log.add(REQUEST, 0, 200, 0.0, 0, None)
    clock.now += 1
    log.add(REQUEST, 1, 200, 0.0, 0, None)
    taken = log.take()
    assert (len(taken["rows"]), taken["leftOut"]) == (201, 800)
    assert log.take() is None


def test_a_master_hands_on_what_workers_logged(monkeypatch):
    monkeypatch.setattr(request_log, "MAXIMUM_ROWS", 5)
    master = started(1.0)
    for worker in range(2):
        log = started(1.0)
        for second in range(3):
            log.add(REQUEST, 10 * worker + second, 200, 0.0, 0, None)
        master.merge("worker", log.take())
    seconds = [row["second"] for row in master.after(0)["rows"]]
    assert seconds == [1, 2, 10, 11, 12]
    # What was fetched is let go; what was not is given again.
    answer = master.after(4)
    assert ([row["second"] for row in answer["rows"]], answer["next"], answer["leftOut"]) == ([11, 12], 6, 1)
    assert master.after(6)["rows"] == [] and master.after(0)["rows"] == []
    master.begin(0.5)
    assert master.after(0) == {"rows": [], "next": 0, "leftOut": 0}
