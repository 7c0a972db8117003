"""Mistakes of the person who runs the bundle: reported in one message, without a traceback."""

import sys
from typing import NoReturn

# Loadwright's exit code for a bad configuration.
EXIT_BAD_CONFIGURATION = 104


class SetupError(Exception):
    """The bundle cannot run as it is set up. The message says what to do, and never holds a secret."""

    def exit(self) -> NoReturn:
        """Prints the message on stderr and ends the process."""
        print(f"loadwright: {self}", file=sys.stderr, flush=True)
        sys.exit(EXIT_BAD_CONFIGURATION)


class CredentialsError(SetupError):
    """
    There are no valid credentials. While a test runs, a request that is due then is not sent: it is a failure
    of the kind ``credentials``, with this text.
    """
