import re
from pathlib import Path

import locust
import pytest

from loadwright_runtime.locust.versions import TESTED_VERSIONS, version_warning

ROOT = Path(__file__).parents[5]


def pinned(file):
    (version,) = re.findall(r"^locust==(\S+)", (ROOT / file).read_text(), re.MULTILINE)
    return version


def test_the_tested_versions_are_those_that_the_tests_are_run_with():
    pins = pinned("tools/ci/older-locust.txt"), pinned("packages/core/python/requirements.txt")
    assert pins == TESTED_VERSIONS
    assert locust.__version__ in TESTED_VERSIONS


def test_older_ones_are_refused_on_this_machine():
    source = (ROOT / "packages/infra/src/local/locust-command.ts").read_text()
    (floor,) = re.findall(r"oldestLocust = \[(\d+), (\d+), (\d+)\]", source)
    assert ".".join(floor) == TESTED_VERSIONS[0]


@pytest.mark.parametrize("version", TESTED_VERSIONS)
def test_a_tested_version_needs_no_warning(monkeypatch, version):
    monkeypatch.setattr(locust, "__version__", version)
    assert version_warning() is None


@pytest.mark.parametrize("version", ["2.46.1", "2.46.7", "2.47.1", "2.48.0", "3.0.0", "2.43.4"])
def test_others_are_warned_of(monkeypatch, version):
    monkeypatch.setattr(locust, "__version__", version)
    warning = version_warning()
    assert warning.startswith(f"Locust {version} is not among the tested versions: ")
    assert all(tested in warning for tested in TESTED_VERSIONS)
