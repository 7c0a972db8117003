"""Whether requests may begin in this process, and how long those on their way may take once none may."""

import time

import gevent

_clock = time.perf_counter


class Gate:
    """Open while a test runs. Shut before Locust stops the users, which takes it a tenth of a second."""

    def __init__(self) -> None:
        self.is_open = True
        self.grace_seconds = 30.0
        """How long a request may still take whose user or test has ended."""
        self._shut_at = 0.0
        self._ends_at: float | None = None
        """When it is to shut by itself."""
        self._timer: gevent.Greenlet | None = None

    def open(self, grace_seconds: float, duration_seconds: float | None = None) -> None:
        """
        A test begins.

        :param duration_seconds: after which it shuts by itself, whatever became of the master; None: never
        """
        self._cancel()
        self.is_open, self.grace_seconds = True, grace_seconds
        if duration_seconds is not None:
            self._ends_at = end = _clock() + duration_seconds
            self._timer = gevent.spawn_later(duration_seconds, self._time_is_over, end)

    def shut(self) -> None:
        self._cancel()
        if self.is_open:
            self.is_open, self._shut_at = False, _clock()

    def come_to_end(self, most_seconds: float) -> None:
        """Waits until it is to shut by itself, if that is so soon."""
        end = self._ends_at
        if self.is_open and end is not None and 0 < end - _clock() <= most_seconds:
            gevent.sleep(end - _clock())
            # A timer may be early by its own measure: nothing that is due by then is left out.
            if self._ends_at == end:
                self._cancel()
                self._time_is_over(end)

    @property
    def shut_at(self) -> float:
        """When it shut, on the clock of ``time.perf_counter``; now, while it is open."""
        return _clock() if self.is_open else self._shut_at

    @property
    def grace_left(self) -> float:
        """Seconds that a request still has whose user ends now."""
        return max(0.0, self.shut_at + self.grace_seconds - _clock())

    def _time_is_over(self, end: float) -> None:
        self._timer = self._ends_at = None
        # As planned: a process that was held up comes to it later.
        self.is_open, self._shut_at = False, end

    def _cancel(self) -> None:
        self._ends_at = None
        timer, self._timer = self._timer, None
        if timer is not None:
            timer.kill(block=False)


gate = Gate()
"""Of this process."""
