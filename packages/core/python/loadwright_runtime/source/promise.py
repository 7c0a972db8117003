"""An answer that promises a result: the request ends when that is there, and not with the answer."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from .request import Response

if TYPE_CHECKING:
    from ..measure.failures import Failure

End = Callable[["Failure | None", Response | None, Callable[[], None] | None], None]


class Promise:
    """
    What :meth:`.source.RequestSource.check` gives back of an answer that only says that the work was taken.

    Whoever sent the request goes on. The request counts once, when the source calls :meth:`end`, for the
    second in which it was due. What has not ended when the grace period of the load is over is a failure of
    the kind ``unfinished``.
    """

    __slots__ = ("_answered", "_end", "begun")

    def __init__(self, answered: Callable[[float], None] | None = None) -> None:
        """
        :param answered: is given the seconds from the first byte sent to the answer's last byte; what it
            measures belongs to the request
        """
        self._answered = answered
        self._end: End | None = None
        self.begun = 0.0
        """
        When the request was due in the open model, and sent in the closed one, on the clock of
        ``time.perf_counter``.
        """

    @property
    def is_awaited(self) -> bool:
        """Whether a load waits for it. The request of a preflight ends with its answer."""
        return self._end is not None

    def bind(self, begun: float, seconds: float, end: End) -> None:
        """By whoever counts the request."""
        self.begun, self._end = begun, end
        if self._answered is not None:
            self._answered(seconds)

    def end(
        self,
        failure: "Failure | None" = None,
        response: Response | None = None,
        record: Callable[[], None] | None = None,
    ) -> None:
        """
        The result is there, or will never be. Of several calls the first one counts.

        :param failure: why the request failed; None: it has succeeded
        :param response: what a sample of the failure shows, in place of the answer
        :param record: called first: what it measures belongs to the request
        """
        end, self._end = self._end, None
        if end is not None:
            end(failure, response, record)
