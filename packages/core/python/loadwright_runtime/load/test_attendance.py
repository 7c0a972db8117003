from types import SimpleNamespace

import pytest
from locust.runners import STATE_INIT, STATE_MISSING, STATE_RUNNING

from loadwright_runtime.load.attendance import Attendance


class Master:
    def __init__(self, **states):
        self.clients = {name: SimpleNamespace(id=name, state=state) for name, state in states.items()}
        self.notes = []
        self.left = []
        self.attendance = Attendance(self, self.notes.append, self.left.append)


@pytest.fixture
def master():
    master = Master(a=STATE_INIT, b=STATE_INIT, gone=STATE_MISSING)
    master.attendance.begin()
    return master


def test_says_once_who_fell_silent_or_left(master):
    master.attendance.look()
    assert master.notes == []
    master.clients["a"].state = STATE_MISSING
    del master.clients["b"]
    master.attendance.look()
    master.attendance.look()
    master.attendance.look_at_end({"a"})
    assert master.notes == ["worker a fell silent", "worker b left"]


def test_a_worker_that_is_silent_at_the_end_has_not_told_all_it_knew(master):
    master.clients["a"].state = STATE_MISSING
    master.attendance.look_at_end({"a", "gone"})
    assert master.notes == ["worker a fell silent, and did not hand over its last figures"]


def test_a_worker_that_obeys_leaves_and_comes_back(master):
    del master.clients["a"]
    master.clients["b"].state = STATE_RUNNING
    master.attendance.look_at_end({"a"})
    assert master.notes == []


def test_as_many_as_are_to_go_may_leave_and_none_may_fall_silent(master):
    assert master.attendance.expect(1) == 2
    del master.clients["a"]
    master.attendance.look()
    assert (master.notes, master.left) == ([], ["worker a left, as there are to be fewer"])
    master.clients["b"].state = STATE_MISSING
    master.attendance.look()
    assert master.notes == ["worker b fell silent"]


def test_one_that_joined_is_missed_too(master):
    master.clients["c"] = SimpleNamespace(id="c", state=STATE_RUNNING)
    master.attendance.join("c")
    assert master.attendance.expect(3) == 3
    del master.clients["c"]
    master.attendance.look()
    assert master.notes == ["worker c left"]
