"""Whether all workers that a test began with are there until they have handed over their figures."""

from collections.abc import Callable, Collection

from locust.runners import STATE_MISSING, MasterRunner


class Attendance:
    """What a worker knew that fell silent is lost, and nothing else shows it."""

    def __init__(self, runner: MasterRunner, note: Callable[[str], None]):
        """
        :param note: called once for each worker, in words for people
        """
        self._runner = runner
        self._note = note
        self._present: set[str] = set()

    def begin(self) -> None:
        """A test begins, with the workers that are there."""
        self._present = {node.id for node in self._runner.clients.values() if node.state != STATE_MISSING}

    def look(self) -> None:
        """While the test is under way: from time to time."""
        clients = self._runner.clients
        for worker in sorted(self._present):
            if worker not in clients:
                self._lose(worker, "left")
            elif clients[worker].state == STATE_MISSING:
                self._lose(worker, "fell silent")

    def look_at_end(self, awaited: Collection[str]) -> None:
        """
        The figures are complete, as far as they can be.

        :param awaited: workers that have not said that they stopped
        """
        clients = self._runner.clients
        for worker in sorted(self._present & set(awaited)):
            # One that is not among them has just said so, and is about to come back.
            if worker in clients and clients[worker].state == STATE_MISSING:
                self._lose(worker, "fell silent, and did not hand over its last figures")

    def _lose(self, worker: str, what: str) -> None:
        self._present.discard(worker)
        self._note(f"worker {worker} {what}")
