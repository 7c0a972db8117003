"""What every Loadwright bundle shares: how requests are sent, paced, counted and shown.

A Locust file needs three names: :func:`prepare`, a :class:`RequestSource` ("what to send") and
:class:`LoadwrightUser` ("how it is sent"). Only what Locust itself installs is imported.
"""

from . import variables
from .body_template import compile_template
from .checks import ResponseCheck, refusal_reason
from .decoding import DecodingError
from .errors import SetupError
from .failures import Failure
from .payloads import Body, Payload, compact_json
from .prepare import prepare
from .request import Piece, Request, RequestCache, Response, host_header
from .set_up import Progress, no_progress
from .sigv4 import Credentials, Signer
from .source import RequestSource, SourceSetup
from .streaming import Event, EventReader
from .user import LoadwrightUser

__all__ = [
    "Body",
    "Credentials",
    "DecodingError",
    "Event",
    "EventReader",
    "Failure",
    "LoadwrightUser",
    "Payload",
    "Piece",
    "Progress",
    "Request",
    "RequestCache",
    "RequestSource",
    "Response",
    "ResponseCheck",
    "SetupError",
    "Signer",
    "SourceSetup",
    "compact_json",
    "compile_template",
    "host_header",
    "no_progress",
    "prepare",
    "refusal_reason",
    "variables",
]
