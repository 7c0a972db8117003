"""The end of a request: judged, counted, reported."""

import logging
import time
from typing import Any

from locust.exception import InterruptTaskSet, RescheduleTask, RescheduleTaskImmediately, StopTest, StopUser

from ..answers.checks import verdict
from ..measure.failures import Failure, RequestFailedError, reasons
from ..measure.rows import Row
from ..source.promise import Promise
from ..source.request import Request, Response
from .endpoint import Endpoint

_CONTROL = (StopUser, StopTest, RescheduleTask, RescheduleTaskImmediately, InterruptTaskSet)
_logger = logging.getLogger(__name__)


def judge(
    endpoint: Endpoint, response: Response, row: Row | None
) -> tuple[Failure | Promise | None, Exception | None]:
    """
    What is wrong with an answer, and what the target's own code raised about it.

    :param row: where goes what the target measures meanwhile
    """
    metrics = endpoint.measure.metrics
    metrics.at_hand = row
    try:
        return verdict(endpoint.source.check, response), None
    except Exception as error:
        return check_failed(error), error
    finally:
        metrics.at_hand = None


def check_failed(error: Exception) -> Failure:
    """What a request counts as about whose answer the target's code raised."""
    return reasons.bound(Failure("check", f"check failed: {type(error).__name__}"))


def glance(
    endpoint: Endpoint, request: Request, row: Row, data: bytes, head_bytes: int
) -> tuple[bool, Exception | None]:
    """Whether the source settles an answer by its bytes, and what its code raised about it."""
    metrics = endpoint.measure.metrics
    metrics.at_hand = row
    try:
        return endpoint.source.glance(request, data, head_bytes), None
    except Exception as error:
        return False, error
    finally:
        metrics.at_hand = None


def tell(
    endpoint: Endpoint, request: Request, response: Response | None, seconds: float, failure: Failure | None
) -> Exception | None:
    """
    Calls the listeners that the Locust file has added to ``events.request``.

    :returns: what a listener raised to stop or to divert its user, as Locust allows it
    """
    event: dict[str, Any] = {
        "request_type": request.method,
        "name": request.name,
        "response_time": seconds * 1000,
        "response_length": 0 if response is None else len(response.body),
        "exception": None if failure is None else RequestFailedError(failure.reason),
        "context": {},
        "start_time": time.time() - seconds,
        "url": request.name,
        "response": response,
    }
    for listener in endpoint.listeners:
        try:
            listener(**event)
        except _CONTROL as error:
            return error
        except Exception:
            _logger.exception("a listener of events.request failed")
    return None
