"""The tests of connections once more, over each poller but the one that this system chooses by itself.

Linux has no kqueue: a model replaces it that keeps its rules, among them that what was not
added cannot be deleted. So the poller's bookkeeping is tested, not the system call.
"""

import gc
import os
import select
from types import SimpleNamespace

import gevent
import gevent.monkey
import pytest

from loadwright_runtime.answers import test_streaming
from loadwright_runtime.http import poller, test_connection
from loadwright_runtime.load import test_user
from loadwright_runtime.load.generator import Generator

FILTER_READ, FILTER_WRITE, ADD, DELETE = -1, -2, 1, 2
# select(2) itself ends at descriptor 1,024.
BEYOND_SELECT = {"test_a_descriptor_above_1024"}
OWN = {"test_without_epoll"}


class ModelOfKqueue:
    def __init__(self):
        self._epoll = gevent.monkey.get_original("select", "epoll")()
        self._filters = {}

    def fileno(self):
        return self._epoll.fileno()

    def close(self):
        self._epoll.close()

    def control(self, changes, limit, timeout):
        assert timeout == 0
        for change in changes or ():
            self._apply(change)
        return self._ready()[:limit] if limit else []

    def _apply(self, change):
        before = self._filters.get(change.ident, frozenset())
        if change.flags == DELETE and change.filter not in before:
            raise FileNotFoundError(change)
        after = before | {change.filter} if change.flags == ADD else before - {change.filter}
        mask = sum({FILTER_READ: select.EPOLLIN, FILTER_WRITE: select.EPOLLOUT}[kind] for kind in after)
        if not before:
            self._epoll.register(change.ident, mask)
        elif after:
            self._epoll.modify(change.ident, mask)
        else:
            self._epoll.unregister(change.ident)
        self._filters[change.ident] = after

    def _ready(self):
        """One event for each filter; the end of a connection makes all of them ready."""
        events = []
        for ident, mask in self._epoll.poll(0, 1000):
            broken = mask & (select.EPOLLHUP | select.EPOLLERR)
            for kind, bit in ((FILTER_READ, select.EPOLLIN), (FILTER_WRITE, select.EPOLLOUT)):
                if kind in self._filters[ident] and (mask & bit or broken):
                    events.append(SimpleNamespace(ident=ident, filter=kind))
        return events


def _kevent(ident, kind, flags):
    return SimpleNamespace(ident=ident, filter=kind, flags=flags)


@pytest.fixture
def kqueue(monkeypatch):
    """Where there is one, the system's own."""
    if hasattr(select, "kqueue"):
        return
    names = {"FILTER_READ": FILTER_READ, "FILTER_WRITE": FILTER_WRITE, "EV_ADD": ADD, "EV_DELETE": DELETE}
    for name, value in names.items():
        monkeypatch.setattr(select, f"KQ_{name}", value, raising=False)
    model = {"kqueue": ModelOfKqueue, "kevent": _kevent}
    get_original = poller.get_original
    monkeypatch.setattr(
        poller, "get_original", lambda module, name: model.get(name) or get_original(module, name)
    )


def pytest_generate_tests(metafunc):
    if "make_user" in metafunc.fixturenames:
        is_beyond_select = metafunc.function.__name__ in BEYOND_SELECT
        kinds = [] if is_beyond_select else [poller.SelectPoller]
        metafunc.parametrize("make_user", [*kinds, poller.KqueuePoller], indirect=True)


def wait_for_low_descriptors():
    """
    An earlier test of this process may have had thousands of connections, which are still being closed, in
    any order: a test needs more than the first gap.
    """
    gc.collect()
    while True:
        descriptors = [os.dup(0) for _ in range(128)]
        for descriptor in descriptors:
            os.close(descriptor)
        if max(descriptors) < 768:
            return
        gevent.sleep(0.01)


@pytest.fixture
def make_user(make_user, kqueue, monkeypatch, request):
    if request.param is poller.SelectPoller:
        wait_for_low_descriptors()
    monkeypatch.setattr("loadwright_runtime.http.reactor.new_poller", request.param)
    yield make_user
    # Before its poller's model goes.
    Generator.end()


for module in (test_connection, test_user, test_streaming):
    tests = {
        name: test for name, test in vars(module).items() if name.startswith("test_") and name not in OWN
    }
    globals().update(tests)


def test_the_best_that_there_is():
    chosen = poller.new_poller()
    chosen.close()
    assert isinstance(chosen, poller.EpollPoller if hasattr(select, "EPOLLIN") else poller.KqueuePoller)
