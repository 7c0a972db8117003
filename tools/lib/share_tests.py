"""Divides the Python tests among several pytest processes: each takes the next test that nobody has taken.

pytest-xdist does the same, but its workers do not survive what gevent does to threads. The variable
LOADWRIGHT_TEST_CLAIMS names an empty folder that the processes have in common.
"""

import os
from hashlib import sha256
from pathlib import Path

import pytest


def pytest_collection_modifyitems(items):
    """Tests that start processes first: they take longest, and the last one is waited for alone."""
    items.sort(key=lambda item: 0 if starts_processes(item.module) else 1)


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop(session):
    if session.testsfailed or session.config.option.collectonly:
        return None  # What could not be collected is pytest's own matter.
    mine = (item for item in session.items if claim(item.nodeid))
    item = next(mine, None)
    while item is not None:
        following = next(mine, None)  # Decides which fixtures stay.
        item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
        item = following
    return True


def claim(name: str) -> bool:
    path = Path(os.environ["LOADWRIGHT_TEST_CLAIMS"], sha256(name.encode()).hexdigest())
    try:
        path.touch(exist_ok=False)
    except FileExistsError:
        return False
    return True


def starts_processes(module) -> bool:
    return any(getattr(member, "__module__", "") == "locust_harness" for member in vars(module).values())
