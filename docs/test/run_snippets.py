"""Runs the sources that the page of the Python API shows: each must make requests, and check an answer.

``python run_snippets.py <folder of a bundle>``, with the Python code of each snippet as a JSON list on stdin.
"""

import json
import sys
from pathlib import Path

import loadwright_runtime
from loadwright_runtime import RequestSource, Response, SourceSetup
from loadwright_runtime.source.bundle import read_bundle

# Where Locust is not running there is nothing to prepare.
loadwright_runtime.prepare = lambda: None
setup = SourceSetup(read_bundle(Path(sys.argv[1])), "http://127.0.0.1:9")
made = []
for snippet in json.load(sys.stdin):
    names: dict[str, object] = {}
    exec(compile(snippet, "snippet", "exec"), names)
    for found in names.values():
        if isinstance(found, type) and issubclass(found, RequestSource) and found is not RequestSource:
            source = found(setup)
            requests = [source.next_request() for _ in range(3)]
            reason = source.check(Response(200, {"content-type": "application/json"}, b"{}"))
            assert reason is None, reason
            assert source.request_named(requests[0].name).name == requests[0].name
            made.append([requests[0].method, requests[0].path, requests[0].name, requests[0].body.decode()])
print(json.dumps(made))
