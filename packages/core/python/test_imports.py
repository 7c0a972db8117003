import ast
import graphlib
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


def modules_imported_by(file):
    """Files of the runtime that a file of it imports, also for types alone."""
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.ImportFrom) and node.level > 0:
            folder = file.parents[node.level - 1].joinpath(*(node.module or "").split("."))
            yield from (folder / f"{alias.name}.py" for alias in node.names)
            yield folder.with_suffix(".py")


def test_the_runtime_has_no_circle_of_imports():
    files = {file for file in FILES if "loadwright_runtime" in file.parts}
    graph = {file: files.intersection(modules_imported_by(file)) for file in files}
    assert sum(len(imported) for imported in graph.values()) > len(files)
    graphlib.TopologicalSorter(graph).prepare()
