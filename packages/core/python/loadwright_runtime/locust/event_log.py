"""What happens to a test beside its requests, for its report. On a master or a lone process."""

import time
from typing import Any

_MOST = 200


class EventLog:
    """Of the test that runs, or ran last."""

    def __init__(self, runner: Any):
        self._asked: list[dict[str, Any]] = []
        self._happened: list[dict[str, Any]] = []
        self._exceptions: dict[tuple[str, str], dict[str, Any]] = {}
        self._log_exception, runner.log_exception = runner.log_exception, self._keep_exception

    def clear(self) -> None:
        """A test begins."""
        self._asked, self._happened, self._exceptions = [], [], {}

    def note(
        self,
        action: str,
        detail: str,
        *,
        accepted: bool = True,
        when: float | None = None,
        workers: int | None = None,
    ) -> None:
        """
        :param detail: who or what, for people
        :param when: in seconds since 1970; by default now
        :param workers: how many there are to be from then on
        """
        # Whoever asks a thousand times must not keep out what happens to workers.
        events = self._happened if action.startswith("worker-") else self._asked
        if len(events) < _MOST:
            event = {"time": when or time.time(), "action": action, "accepted": accepted, "detail": detail}
            events.append(event if workers is None else {**event, "workers": workers})

    @property
    def events(self) -> list[dict[str, Any]]:
        """``events`` of ``MasterStatistics``, in the order in which they happened."""
        return sorted(self._asked + self._happened, key=lambda event: event["time"])

    def exceptions(self) -> list[dict[str, Any]]:
        """
        ``exceptions`` of ``MasterStatistics``: all that has reached Locust's own list, whoever empties that
        meanwhile.
        """
        return [{**kept, "nodes": sorted(kept["nodes"])} for kept in self._exceptions.values()]

    def _keep_exception(self, node_id: str, msg: str, formatted_tb: str) -> None:
        key = msg, formatted_tb
        if key in self._exceptions or len(self._exceptions) < _MOST:
            kept = self._exceptions.setdefault(key, {"message": msg, "count": 0, "nodes": set()})
            kept["count"] += 1
            kept["nodes"].add(node_id)
        self._log_exception(node_id, msg, formatted_tb)
