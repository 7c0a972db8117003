"""A process of Locust that makes one request in place of a load: what a bundle does before its load."""

import json
import os
import sys
from typing import Any, NoReturn

from locust.runners import LocalRunner

from ..http.one_request import failed, send_one
from ..load.making import failure_of
from ..load.user import LoadwrightUser
from ..measure.failures import Failure
from ..source.errors import CredentialsError, SetupError

VARIABLE = "LOADWRIGHT_PREFLIGHT"
"""Asks for the request: :data:`ORDINARY`, or a path of the host that is asked for with GET."""
ORDINARY = "load"


def is_asked(environment: Any) -> bool:
    """Only a lone process is: a master and its workers inherit the variables of whoever starts them."""
    return bool(os.environ.get(VARIABLE)) and type(environment.runner) is LocalRunner


def run(environment: Any) -> NoReturn:
    """Prints the document, and ends the process."""
    path = os.environ[VARIABLE]
    document = make(environment, None if path == ORDINARY else path)
    print(json.dumps(document), flush=True)
    sys.exit(0)


def make(environment: Any, path: str | None, host: str | None = None) -> dict[str, Any]:
    """The request by this process's own source. @returns the document of :func:`.one_request.send_one`"""
    try:
        if host is not None:
            # A test to come has it too: it names its host again.
            environment.host = LoadwrightUser.require_host(host)
        return send_one(_source(environment), path)
    except CredentialsError as error:
        return failed(Failure("credentials", str(error)))
    except SetupError as error:
        return failed(Failure("setup", str(error)))
    except Exception as error:
        return failed(failure_of(error)[0])


def _source(environment: Any) -> Any:
    # The Locust file may have users of other kinds.
    for user_class in environment.user_classes:
        if issubclass(user_class, LoadwrightUser):
            return user_class.source(environment)
    raise SetupError("the Locust file has no LoadwrightUser with a source: nothing is known to send.")
