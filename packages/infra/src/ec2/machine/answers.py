"""Succeeds when the web UI of this machine answers. A port is published before anyone listens behind it."""

import json
import urllib.request
from pathlib import Path

settings = json.loads(Path(__file__).with_name("settings.json").read_text())
urllib.request.urlopen(f"http://127.0.0.1:{settings['uiPort']}/login", timeout=10).close()
