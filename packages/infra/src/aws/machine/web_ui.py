"""Asks the web UI of this machine, in clear text or by the certificate that this machine has made."""

from __future__ import annotations

import ssl
import urllib.request
from pathlib import Path
from typing import Any


def require_answer(settings: dict[str, Any]) -> None:
    """Raises when it does not answer: a port is published before anyone listens behind it.

    :param settings: ``scheme`` and ``uiPort``
    """
    context = None
    if settings["scheme"] == "https":
        context = ssl.create_default_context(
            cafile=Path(__file__).parents[2] / "run/loadwright/certificate.pem"
        )
        # It is that very certificate; its address here is not in it.
        context.check_hostname = False
    url = f"{settings['scheme']}://127.0.0.1:{settings['uiPort']}/login"
    urllib.request.urlopen(url, timeout=10, context=context).close()
