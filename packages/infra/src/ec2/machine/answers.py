"""Succeeds when the web UI of this machine answers. A port is published before anyone listens behind it."""

import json
import ssl
import urllib.request
from pathlib import Path

settings = json.loads(Path(__file__).with_name("settings.json").read_text())
context = None
if settings["scheme"] == "https":
    context = ssl.create_default_context(cafile=Path(__file__).parents[2] / "run/loadwright/certificate.pem")
    # It is that very certificate; its address here is not in it.
    context.check_hostname = False
url = f"{settings['scheme']}://127.0.0.1:{settings['uiPort']}/login"
urllib.request.urlopen(url, timeout=10, context=context).close()
