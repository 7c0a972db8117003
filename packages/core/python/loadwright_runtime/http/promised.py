"""Requests whose answer has promised a result: they count when that is there."""

import time
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from ..measure import answers
from ..measure.failures import Failure, reasons
from ..measure.measure import NameMeasure
from ..measure.rows import Row
from ..source.promise import Promise
from ..source.request import Request, Response
from . import exchange

if TYPE_CHECKING:
    from collections.abc import Callable

    from .endpoint import Endpoint

_clock = time.perf_counter


class Answered(NamedTuple):
    """A request and its answer."""

    measure: NameMeasure
    row: Row
    """Where its end counts."""
    request: Request
    response: Response
    seconds: float
    """From the first byte sent to the answer's last byte."""
    body_bytes: int
    begun: float
    due: float | None


def keep(endpoint: "Endpoint", promise: Promise, answered: Answered) -> None:
    """Counts the request when the promise ends."""
    if answered.due is not None:
        # The time of the answer: how long the result took is the source's to record.
        answered.measure.responded(answered.row, _clock() - answered.due)
    endpoint.drain.await_promise(promise)
    end = partial(_end, endpoint, promise, answered)
    _within(endpoint, answered.row, partial(promise.bind, answered.begun, answered.seconds, end))


def _end(
    endpoint: "Endpoint",
    promise: Promise,
    answered: Answered,
    failure: Failure | None,
    response: Response | None,
    record: "Callable[[], None] | None",
) -> None:
    measure, row, request, first, seconds, body_bytes, begun, _ = answered
    endpoint.drain.kept(promise)
    if record is not None:
        _within(endpoint, row, record)
    response = response or first
    if failure is None:
        measure.succeeded(row, _clock(), seconds, body_bytes, response.status)
    else:
        failure = reasons.bound(failure)
        measure.failed(row, _clock(), seconds, failure, body_bytes, response.status)
    answers.ended(request, int(begun - endpoint.measure.began), response, seconds, body_bytes, failure)
    if endpoint.on_outcome is not None:
        endpoint.on_outcome(request, response, failure, seconds)
    if endpoint.listeners:
        # What one raises to stop its user finds none: that user went on long ago.
        exchange.tell(endpoint, request, response, seconds, failure)


def _within(endpoint: "Endpoint", row: Row, call: "Callable[[], None]") -> None:
    """What is measured meanwhile belongs to the request of the row."""
    metrics = endpoint.measure.metrics
    before, metrics.at_hand = metrics.at_hand, row
    try:
        call()
    finally:
        metrics.at_hand = before
