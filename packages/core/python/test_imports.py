import ast
import sys
from pathlib import Path

import pytest

PACKAGES = Path(__file__).parents[2]
FILES = [
    *sorted((PACKAGES / "core/python/loadwright_runtime").rglob("*.py")),
    *sorted((PACKAGES / "targets/src").glob("*/locustfile.py")),
    *sorted((PACKAGES / "targets/src").glob("*/*_requests.py")),
]
FILES = [file for file in FILES if not file.name.startswith("test_")]

# Beside the standard library: what Locust itself installs, and nothing that its container image lacks.
ALLOWED = {
    "flask",
    "flask_login",
    "gevent",
    "geventhttpclient",
    "locust",
    "loadwright_runtime",
    "msgpack",
    "psutil",
    "werkzeug",
    "zmq",
}


@pytest.mark.parametrize("file", FILES, ids=lambda file: f"{file.parent.name}/{file.name}")
def test_bundles_need_nothing_but_locust(file):
    imported = set()
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            imported |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            imported.add(node.module.split(".")[0])
    own = {other.stem for other in file.parent.glob("*.py")}
    assert imported - set(sys.stdlib_module_names) - own <= ALLOWED
