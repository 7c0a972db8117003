"""Requests that could not be made: each is a failure as any other, and nothing is skipped in silence."""

import logging
import time

from . import answers
from .endpoint import Endpoint
from .failures import Failure, reasons
from .payloads import PayloadError
from .redaction import Redactor
from .request import Request

_clock = time.perf_counter
_logger = logging.getLogger(__name__)
_told: set[Failure] = set()
_EXCERPT_CHARACTERS = 200


def count_not_made(endpoint: Endpoint, error: Exception, due: float | None = None) -> None:
    """
    :param error: what the target's ``next_request`` raised
    :param due: when the request was due, in the open model
    """
    failure, row = failure_of(error)
    name = endpoint.source.config.get("requestName") or "request"
    request = Request("", "", name=name)
    request.row = row
    measure = endpoint.measure.of("", name)
    now = _clock()
    counted = measure.begin(now if due is None else due)
    measure.failed(counted, now, 0.0, failure)
    if due is not None:
        measure.responded(counted, now - due)
    answers.ended(request, int((now if due is None else due) - endpoint.measure.began), None, 0.0, 0, failure)
    if failure not in _told:
        _told.add(failure)
        _logger.error("a request could not be made: %s", failure.reason, exc_info=error)


def failure_of(error: Exception) -> tuple[Failure, int | None]:
    """What the load counts it as, and the number of the payload that is to blame."""
    if isinstance(error, PayloadError):
        return reasons.bound(Failure("payload", f"the payload cannot be sent: {error.what}")), error.row
    excerpt = Redactor()(str(error))[:_EXCERPT_CHARACTERS]
    text = f"{type(error).__name__}: {excerpt}" if excerpt else type(error).__name__
    return reasons.bound(Failure("target", f"the target's code raised {text}")), None
