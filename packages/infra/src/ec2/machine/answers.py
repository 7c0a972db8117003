"""Succeeds when the web UI of this machine answers."""

import json
from pathlib import Path

from web_ui import require_answer

require_answer(json.loads(Path(__file__).with_name("settings.json").read_text()))
