"""Bundles run by hand with stock Locust, as someone without Loadwright does."""

import os
import re
import time

import pytest
from locust_harness import Answer, free_port, load_plan, serving

CONFIG = {
    "path": "/api/evaluate",
    "method": "POST",
    "contentType": "application/json",
    "secretHeaders": {},
    "headers": {"X-Extra": "1"},
    "timeoutSeconds": 60,
    "requestName": "evaluate",
    "expect": {"status": [200]},
}


def test_numbers_of_the_load_plan_are_defaults(stub, make_bundle, start_locusts):
    load = load_plan(users=3, spawnRate=30, durationSeconds=2)
    directory = make_bundle("chalice", host=stub.url, config=CONFIG, load=load)
    code, output = start_locusts(directory).run("--headless")
    assert code == 0
    assert "Run time limit set to 2 seconds" in output and "Ramping to 3 users at a rate of 30.00" in output


def test_flags_and_variables_win(stub, make_bundle, start_locusts):
    directory = make_bundle("chalice", host="http://127.0.0.1:9", config=CONFIG)
    code, output = start_locusts(directory).run_until(
        lambda: len(stub.requests) > 20, "-u", "5", "-H", stub.url, variables={"LOCUST_SPAWN_RATE": "50"}
    )
    assert code == 0
    assert "Run time limit set to 60 seconds" in output and "Ramping to 5 users at a rate of 50.00" in output


def test_payloads_in_order(stub, make_bundle, start_locusts):
    payloads = [{"json": index} for index in range(5)]
    directory = make_bundle("chalice", host=stub.url, config=CONFIG, payloads=payloads)
    start_locusts(directory).run_until(lambda: len(stub.requests) > 20, "-u", "1")
    assert [int(request.body) for request in stub.requests[:20]] == [index % 5 for index in range(20)]
    assert {request.headers["x-extra"] for request in stub.requests} == {"1"}


def test_stages_walk_and_end_by_themselves(stub, make_bundle, start_locusts):
    stages = [
        {"durationSeconds": 3, "users": 6},
        {"durationSeconds": 0, "users": 12},
        {"durationSeconds": 3, "users": 12},
    ]
    load = load_plan(users=12, stages=stages, startUsers=0, durationSeconds=6)
    directory = make_bundle("chalice", host=stub.url, config=CONFIG, load=load)
    began = time.monotonic()
    code, output = start_locusts(directory).run("--headless")
    assert code == 0 and time.monotonic() - began > 6
    users = [int(count) for count in re.findall(r"Shape test updating to (\d+) users", output)]
    assert users == sorted(users) and users[-1] == 12
    assert users[0] < 6 and all(count <= 6 for count in users[:-1])
    assert output.index("Shape test stopping") < output.index("Shutting down (exit code 0)")


def test_failures_have_few_names(make_bundle, start_locusts):
    def answer(request):
        number = int(request.body)
        if number % 2:
            return Answer(429, b'{"Code":"ModelNotReadyException","Message":"request %d"}' % number)
        return Answer(200, b'{"cost": %d}' % -number)

    config = CONFIG | {
        "body": {"$sequence": True},
        "expect": {"status": [200], "json": {"pointer": "/cost", "type": "number", "minimum": 0}},
    }
    with serving(answer) as stub:
        directory = make_bundle("chalice", host=stub.url, config=config)
        code, output = start_locusts(directory).run_until(
            lambda: len(stub.requests) > 30, "--exit-code-on-error=0"
        )
        served = [int(request.body) for request in stub.requests]
    assert code == 0 and sorted(served) == list(range(len(served)))
    failures = re.findall(r"^(\d+) +POST evaluate: (.*?) *$", output, re.MULTILINE)
    assert {reason for _, reason in failures} == {
        "HTTP 429 ModelNotReadyException",
        "check of /cost: below 0",
    }
    # 0 is the one right answer; users that are stopped within a request leave it uncounted.
    assert 0 <= len(served) - 1 - sum(int(count) for count, _ in failures) <= 2


def test_processes_of_one_command(stub, make_bundle, start_locusts):
    payloads = [{"json": number} for number in range(100)]
    directory = make_bundle("chalice", host=stub.url, config=CONFIG, payloads=payloads)
    port = free_port()
    code, output = start_locusts(directory).run_until(
        lambda: len(stub.requests) > 30,
        *("-u", "4", "--processes=2", f"--master-bind-port={port}", f"--master-port={port}"),
    )
    assert code == 0, output
    # The two workers began at different payloads.
    assert {0, 61} <= {int(request.body) for request in stub.requests}


@pytest.mark.parametrize(
    ("file", "content", "text"),
    [
        ("target.json", None, "target.json does not exist"),
        ("load.json", "{", "load.json is not valid JSON"),
        ("target.json", '{"version":9}', "has version 9"),
        ("payloads.jsonl", "", "payloads.jsonl holds no payloads"),
    ],
)
def test_broken_bundles_are_told_in_one_message(make_bundle, start_locusts, file, content, text):
    directory = make_bundle("chalice", host="http://127.0.0.1:9", config=CONFIG, payloads=[{"json": 1}])
    os.remove(directory / file)
    if content is not None:
        (directory / file).write_text(content)
    code, output = start_locusts(directory).run("--headless", "-t", "1s")
    assert code == 104 and text in output and "Traceback" not in output


SLOW_SET_UP = """
import gevent

_make = LoadwrightUser.source.__func__

def slowly(cls, environment):
    if cls._source is None:
        gevent.sleep(2)
    return _make(cls, environment)

LoadwrightUser.source = classmethod(slowly)
"""


def test_a_master_waits_for_workers_that_still_read_their_data(stub, make_bundle, start_locusts):
    directory = make_bundle("chalice", host=stub.url, config=CONFIG, load=load_plan(users=2))
    with (directory / "locustfile.py").open("a") as file:
        file.write(SLOW_SET_UP)
    locusts, port = start_locusts(directory), free_port()
    master = locusts.start(
        *("--master", "--master-bind-host=127.0.0.1", f"--master-bind-port={port}", "--headless", "-t", "2s")
    )
    locusts.start("--worker", f"--master-port={port}")
    output, _ = master.communicate(timeout=60)
    assert master.returncode == 0, output
    assert len(stub.requests) > 0
