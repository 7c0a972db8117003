"""Fixtures of all Python tests, and the folders from which a bundle takes its flat modules."""

import sys
from pathlib import Path

# First of all: it replaces parts of the standard library, which others must not have imported before.
import locust  # noqa: F401
import pytest
from locust_harness import locusts, serving, write_bundle

TARGETS = Path(__file__).parent / "targets" / "src"

sys.path += [str(folder) for folder in sorted(TARGETS.iterdir()) if (folder / "locustfile.py").exists()]


@pytest.fixture
def stub():
    """A loopback server that answers every request with 200 and one prediction."""
    with serving() as server:
        yield server


@pytest.fixture
def make_bundle(tmp_path):
    """Writes a bundle of a target's kind into a folder of the test."""

    def make(kind: str, **contents):
        directory = tmp_path / "bundle"
        directory.mkdir()
        return write_bundle(directory, TARGETS / kind, **contents)

    return make


@pytest.fixture
def start_locusts():
    """Starts Locust processes in a bundle; none outlives the test."""
    started = []

    def start(directory):
        context = locusts(directory)
        started.append(context)
        return context.__enter__()

    yield start
    for context in started:
        context.__exit__(None, None, None)
