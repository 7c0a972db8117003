"""What every Loadwright bundle shares: how requests are sent, paced, counted and shown.

A Locust file needs three names: :func:`prepare`, a :class:`RequestSource` ("what to send") and
:class:`LoadwrightUser` ("how it is sent"). Only what Locust itself installs is imported.
"""

from .answers.checks import ResponseCheck, refusal_reason
from .answers.decoding import DecodingError
from .answers.streaming import Event, EventReader
from .answers.token_metrics import TokenReader
from .load.user import LoadwrightUser
from .locust.prepare import prepare
from .measure.failures import Failure
from .measure.metrics import Metrics
from .source import variables
from .source.body_template import compile_template
from .source.errors import SetupError
from .source.payloads import Body, Payload, compact_json
from .source.promise import Promise
from .source.request import Piece, Request, RequestCache, Response, host_header
from .source.set_up import Progress, no_progress
from .source.sigv4 import Credentials, Signer
from .source.source import RequestSource, SourceSetup

__all__ = [
    "Body",
    "Credentials",
    "DecodingError",
    "Event",
    "EventReader",
    "Failure",
    "LoadwrightUser",
    "Metrics",
    "Payload",
    "Piece",
    "Progress",
    "Promise",
    "Request",
    "RequestCache",
    "RequestSource",
    "Response",
    "ResponseCheck",
    "SetupError",
    "Signer",
    "SourceSetup",
    "TokenReader",
    "compact_json",
    "compile_template",
    "host_header",
    "no_progress",
    "prepare",
    "refusal_reason",
    "variables",
]
