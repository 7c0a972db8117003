import dataclasses

import pytest

from loadwright_runtime.load.load_plan import LoadPlan, Stage
from loadwright_runtime.locust.load_shape import stages_shape, users_at

PLAN = LoadPlan(
    users=100,
    spawn_rate=10,
    duration_seconds=35,
    stages=(Stage(10, 50), Stage(10, 50), Stage(0, 100), Stage(5, 100), Stage(10, 0)),
    start_users=10,
    minimum_wait_seconds=0,
    maximum_wait_seconds=0,
    payload_order="sequential",
)


@pytest.mark.parametrize(
    ("second", "users"),
    [
        (0, 10),
        (5, 30),
        (9.99, 50),
        (10, 50),
        (19.99, 50),
        (20, 100),
        (24, 100),
        (30, 50),
        (34.99, 0),
        (35, None),
        (99, None),
    ],
)
def test_users_follow_the_line(second, users):
    assert users_at(PLAN, second) == users


def test_a_jump_at_the_beginning():
    plan = dataclasses.replace(PLAN, stages=(Stage(0, 20), Stage(5, 20)), start_users=0)
    assert [users_at(plan, second) for second in (0, 4.9, 5)] == [20, 20, None]


def test_ticks_change_all_users_at_once_and_stay_equal_while_nothing_changes(monkeypatch):
    shape = stages_shape(PLAN)()
    seconds = iter((0, 5, 10, 15, 20, 30, 35, 0))
    monkeypatch.setattr(shape, "get_run_time", lambda: next(seconds))
    ticks = [shape.tick() for _ in range(7)]
    assert ticks == [(10, 1), (30, 20), (50, 20), (50, 20), (100, 50), (50, 50), None]
    shape.reset_time()
    assert shape.tick() == (10, 1)
