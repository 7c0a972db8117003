"""Whether requests may begin in this process, and how long those on their way may take once none may."""

import gevent


class Gate:
    """Open while a test runs. Shut before Locust stops the users, which takes it a tenth of a second."""

    def __init__(self) -> None:
        self.is_open = True
        self.grace_seconds = 30.0
        """How long a request may still take whose user or test has ended."""
        self._timer: gevent.Greenlet | None = None

    def open(self, grace_seconds: float, duration_seconds: float | None = None) -> None:
        """
        A test begins.

        :param duration_seconds: after which it shuts by itself, whatever became of the master; None: never
        """
        self._cancel()
        self.is_open, self.grace_seconds = True, grace_seconds
        if duration_seconds is not None:
            self._timer = gevent.spawn_later(duration_seconds, self._time_is_over)

    def shut(self) -> None:
        self._cancel()
        self.is_open = False

    def _time_is_over(self) -> None:
        self._timer = None
        self.is_open = False

    def _cancel(self) -> None:
        timer, self._timer = self._timer, None
        if timer is not None:
            timer.kill(block=False)


gate = Gate()
"""Of this process."""
