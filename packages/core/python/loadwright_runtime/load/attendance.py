"""Whether all workers that a test began with are there until they have handed over their figures."""

from collections.abc import Callable, Collection

from locust.runners import STATE_MISSING, MasterRunner


class Attendance:
    """What a worker knew that fell silent is lost, and nothing else shows it."""

    def __init__(
        self,
        runner: MasterRunner,
        note: Callable[[str], None],
        note_left: Callable[[str], None] = lambda _: None,
    ):
        """
        :param note: called once for each worker that is lost, in words for people
        :param note_left: the same, for each that left because there are to be fewer
        """
        self._runner = runner
        self._note = note
        self._note_left = note_left
        self._present: set[str] = set()
        self._may_leave = 0

    def begin(self) -> None:
        """A test begins, with the workers that are there."""
        self._present = {node.id for node in self._runner.clients.values() if node.state != STATE_MISSING}
        self._may_leave = 0

    def join(self, worker: str) -> None:
        """While the test is under way."""
        self._present.add(worker)

    def expect(self, workers: int) -> int:
        """
        From now on there are to be so many: those beyond may take their leave, with their figures.

        :returns: how many there were
        """
        self.look()
        self._may_leave = max(0, len(self._present) - workers)
        return len(self._present)

    def look(self) -> None:
        """While the test is under way: from time to time."""
        clients = self._runner.clients
        for worker in sorted(self._present):
            if worker not in clients:
                self._leave(worker)
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

    def _leave(self, worker: str) -> None:
        if self._may_leave == 0:
            self._lose(worker, "left")
            return
        self._may_leave -= 1
        self._present.discard(worker)
        self._note_left(f"worker {worker} left, as there are to be fewer")

    def _lose(self, worker: str, what: str) -> None:
        self._present.discard(worker)
        self._note(f"worker {worker} {what}")
