"""Ends this process when the one that started it is gone, however that one ended."""

import os
import signal

from gevent.monkey import get_original

from ..source.errors import SetupError

_VARIABLE = "LOADWRIGHT_LIFELINE_FD"
_GRACE_SECONDS = 2.0

_start_thread = get_original("_thread", "start_new_thread")
_sleep = get_original("time", "sleep")


def watch() -> None:
    """
    Watches the descriptor that the variable ``LOADWRIGHT_LIFELINE_FD`` names: the end of a pipe whose other
    end only the parent holds. Without the variable nothing happens.

    A real thread, not a greenlet: it must work while Locust's event loop is busy or blocked.
    """
    text = os.environ.get(_VARIABLE)
    if text is None:
        return
    try:
        descriptor = int(text)
        os.fstat(descriptor)
    except (ValueError, OSError):
        raise SetupError(f"the variable {_VARIABLE} names no open file descriptor: {text!r}.") from None
    _start_thread(_end_with_parent, (descriptor,))
    # Threads do not survive the forks of --processes.
    os.register_at_fork(after_in_child=lambda: _start_thread(_end_with_parent, (descriptor,)))


def _end_with_parent(descriptor: int) -> None:
    try:
        while os.read(descriptor, 1024):
            pass
    except OSError:
        pass
    os.kill(os.getpid(), signal.SIGTERM)
    _sleep(_GRACE_SECONDS)
    os._exit(1)
