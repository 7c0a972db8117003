"""Ends the workers of ``--worker --processes`` with the process that forked them."""

import signal
from contextlib import suppress
from typing import Any

import psutil


def pass_signals_on() -> None:
    """
    To be called before Locust forks. Whoever ends a container signals its first process alone, and Locust's
    first process passes nothing on: as the first of a container it does not even end, and what it has forked
    is killed in the end with all that it has not handed over. All others handle the signal by themselves as
    soon as they are set up.
    """
    if signal.getsignal(signal.SIGTERM) is signal.SIG_DFL:
        signal.signal(signal.SIGTERM, _pass_on)


def _pass_on(number: int, _: Any) -> None:
    # Locust waits for them, and then ends.
    children = psutil.Process().children()
    for child in children:
        with suppress(psutil.NoSuchProcess):
            child.send_signal(number)
    if not children:
        raise SystemExit(128 + number)
