"""The next request. One that cannot be made is a failure as any other, and nothing is skipped in silence."""

import logging
import time
from collections.abc import Callable

from ..http.endpoint import Endpoint
from ..http.http1 import encode_request
from ..measure import answers
from ..measure.failures import Failure, reasons
from ..source.errors import CredentialsError
from ..source.payloads import PayloadError
from ..source.redaction import Redactor
from ..source.request import Request

_clock = time.perf_counter
_logger = logging.getLogger(__name__)
_told: set[Failure] = set()
_EXCERPT_CHARACTERS = 200


def make(endpoint: Endpoint, next_request: Callable[[], Request], due: float | None = None) -> Request | None:
    """
    :param next_request: what the source of the endpoint gave to make requests with
    :param due: when the request is due, in the open model
    :returns: ready to be sent; None when it could not be made, which is counted
    """
    metrics = endpoint.measure.metrics
    metrics.is_making = True
    try:
        request = next_request()
        if request.wire is None:
            request.wire = encode_request(request, endpoint.host_header)
    except Exception as error:
        _count_not_made(endpoint, error, due)
        return None
    finally:
        metrics.is_making = False
    return request


def _count_not_made(endpoint: Endpoint, error: Exception, due: float | None) -> None:
    failure, row = failure_of(error)
    name = getattr(error, "request_name", None) or endpoint.source.config.get("requestName") or "request"
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
    if isinstance(error, CredentialsError):
        return reasons.bound(Failure("credentials", Redactor()(str(error)))), None
    excerpt = Redactor()(str(error))[:_EXCERPT_CHARACTERS]
    text = f"{type(error).__name__}: {excerpt}" if excerpt else type(error).__name__
    return reasons.bound(Failure("target", f"the target's code raised {text}")), None
