"""A process of Locust that makes one request in place of a load: what a bundle does before its load."""

import json
import os
import sys
import traceback
from typing import Any, NoReturn

from locust.runners import LocalRunner

from ..http.one_request import failed, send_one
from ..load.making import failure_of
from ..load.user import LoadwrightUser
from ..measure.failures import Failure
from ..source.errors import CredentialsError, SetupError

VARIABLE = "LOADWRIGHT_PREFLIGHT"
"""Asks for the request: :data:`ORDINARY`, a path of the host that is asked for with GET, or a name."""
ORDINARY = "load"
TAKES_MORE_VARIABLE = "LOADWRIGHT_PREFLIGHT_TAKES_MORE"
"""Set: each line of the input asks for a further request, as JSON text, until the input ends."""
END = "loadwright-preflight: answered"
"""Printed on a line of its own after each answer, where further requests are taken."""


def is_asked(environment: Any) -> bool:
    """Only a lone process is: a master and its workers inherit the variables of whoever starts them."""
    return bool(os.environ.get(VARIABLE)) and type(environment.runner) is LocalRunner


def run(environment: Any) -> NoReturn:
    """Prints the document of each request that is asked for, and ends the process."""
    asked = os.environ[VARIABLE]
    if not os.environ.get(TAKES_MORE_VARIABLE):
        _print_document(environment, asked)
        sys.exit(0)
    _in_process_of_its_own(environment, asked)
    for line in sys.stdin or ():
        _in_process_of_its_own(environment, json.loads(line))
    sys.exit(0)


def _in_process_of_its_own(environment: Any, asked: str) -> None:
    """
    In a copy of this process as it was before any request: no source was used before, and a request that
    crashes ends no other.
    """
    sys.stdout.flush()
    sys.stderr.flush()
    child = os.fork()
    if child == 0:
        try:
            # One output: what a request printed stands before its end.
            os.dup2(sys.stdout.fileno(), sys.stderr.fileno())
            _print_document(environment, asked)
        except BaseException:
            traceback.print_exc()
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(0)
    os.waitpid(child, 0)
    print(END, flush=True)


def _print_document(environment: Any, asked: str) -> None:
    document = make(environment, None if asked == ORDINARY else asked)
    print(json.dumps(document), flush=True)


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
