import errno

import pytest

from loadwright_runtime.http import idle_race
from loadwright_runtime.http.idle_race import EndOfStreamError, is_likely, is_proven

ROUND_TRIP = 0.080


@pytest.mark.parametrize(
    ("idle", "waited", "expected"),
    [
        (5.0, 0.081, True),
        (5.0, 0.086, False),
        (5.0, 0.5, False),
        (0.05, 0.081, False),
    ],
)
def test_by_the_time(idle, waited, expected):
    assert is_likely(idle, waited, ROUND_TRIP) is expected


@pytest.mark.parametrize(
    ("sent", "unacknowledged", "error", "expected"),
    [
        (100, 100, EndOfStreamError(), True),
        (100, 122, EndOfStreamError(), True),
        (100, 99, EndOfStreamError(), False),
        (100, 0, EndOfStreamError(), False),
        (100, -1, EndOfStreamError(), False),
        (100, 100, ConnectionResetError(errno.ECONNRESET, ""), False),
        (0, -1, BrokenPipeError(errno.EPIPE, ""), True),
    ],
)
def test_by_what_was_acknowledged(monkeypatch, sent, unacknowledged, error, expected):
    monkeypatch.setattr(idle_race, "_unacknowledged", lambda _: unacknowledged)
    assert is_proven(7, sent, error) is expected
