import ast
import graphlib
import re
import sys
from pathlib import Path

import loadwright_runtime
import pytest

PACKAGES = Path(__file__).parents[2]
EXAMPLES = PACKAGES.parent / "docs/examples"
TEMPLATE = PACKAGES / "cli/src/create-target/template/python"
FILES = [
    *sorted((PACKAGES / "core/python/loadwright_runtime").rglob("*.py")),
    *sorted((PACKAGES / "targets/src").glob("*/*.py")),
    *sorted(EXAMPLES.glob("*/python/*.py")),
    *sorted(TEMPLATE.glob("*.py.template")),
]
FILES = [file for file in FILES if not file.name.startswith("test_")]
OF_TARGETS = [file for file in FILES if "loadwright_runtime" not in file.parts]

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


def source_of(file):
    """The Python of a file."""
    return filled(file.read_text())


def filled(text):
    """What a template is for one target; other text as it is."""
    return re.sub(r"\{\{\w+\}\}", "Example", text)


@pytest.mark.parametrize("file", FILES, ids=lambda file: f"{file.parent.name}/{file.name}")
def test_bundles_need_nothing_but_locust(file):
    imported = set()
    for node in ast.walk(ast.parse(source_of(file))):
        if isinstance(node, ast.Import):
            imported |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            imported.add(node.module.split(".")[0])
    own = {filled(other.name).partition(".")[0] for other in file.parent.glob("*.py*")}
    assert imported - set(sys.stdlib_module_names) - own <= ALLOWED


@pytest.mark.parametrize("file", OF_TARGETS, ids=lambda file: f"{file.parent.name}/{file.name}")
def test_targets_import_from_the_public_side_only(file):
    imported = set()
    for node in ast.walk(ast.parse(source_of(file))):
        if isinstance(node, ast.Import):
            imported |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            imported |= {f"{node.module}.{alias.name}" for alias in node.names}
    public = {f"loadwright_runtime.{name}" for name in loadwright_runtime.__all__}
    of_runtime = {name for name in imported if name.partition(".")[0] == "loadwright_runtime"}
    inner = {name for name in of_runtime - public if not name.startswith("loadwright_runtime.source.")}
    assert inner == set()


def test_targets_of_every_origin_are_looked_at():
    for folder in (PACKAGES / "targets/src", EXAMPLES, TEMPLATE):
        assert len([file for file in OF_TARGETS if folder in file.parents]) >= 2
    assert any("loadwright_runtime import" in source_of(file) for file in OF_TARGETS)


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
