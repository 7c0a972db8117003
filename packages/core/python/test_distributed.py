"""A real master with real workers, and the web UI that a run is driven through."""

import http.client
import itertools
import json
import os
import re
import signal
import urllib.parse

import pytest
from locust.rpc.protocol import Message
from locust.rpc.zmqrpc import Client
from locust_harness import DHT, Answer, Cluster, Web, eventually, free_port, load_plan, serving

PASSWORD = "a-generated-password"
LOGIN = {"LOADWRIGHT_UI_PASSWORD": PASSWORD}


def cache_answers():
    headers = itertools.cycle(
        [
            {"X-Cache": "HIT-LOCAL"},
            {"X-Cache": "MISS-DHT", "X-Cache-Origin": "HIT-LOCAL"},
            {"X-Cache": "MISS-ORIGIN"},
        ]
    )
    numbers = itertools.count(1)

    def answer(_):
        if next(numbers) % 10 == 0:
            return Answer(503, b"busy")
        return Answer(200, b"12345", next(headers))

    return answer


def test_run_of_two_workers(make_bundle, start_locusts):
    with serving(cache_answers()) as stub:
        directory = make_bundle("dht", host=stub.url, config=DHT)
        cluster = Cluster(
            start_locusts(directory), 2, arguments=("--web-login", "--stop-timeout=5"), variables=LOGIN
        )
        before = cluster.web.statistics()
        assert (before["version"], before["state"], before["userCount"]) == (2, "ready", 0)
        assert (before["total"]["due"], before["total"]["trends"], before["counters"]) == (0, {}, {})

        cluster.swarm(4)
        eventually(lambda: len(stub.requests) > 300, "300 requests")
        running = cluster.web.statistics()
        assert (running["state"], running["userCount"]) == ("running", 4)
        assert [worker["userCount"] for worker in running["workers"]] == [2, 2]
        assert {type(worker["cpuPercent"]) for worker in running["workers"]} <= {int, float}

        final = cluster.settled()
        served = len(stub.requests)
        total, (only,), (error,) = final["total"], final["requests"], final["errors"]
        failed = served // 10
        for requests in (total, only):
            assert (requests["due"], requests["sent"], requests["failed"]) == (served, served, failed)
            assert (requests["succeeded"], requests["dropped"]) == (served - failed, 0)
        assert (total["name"], only["method"], only["name"]) == ("Aggregated", "GET", "cache")
        expected = {"method": "GET", "name": "cache", "kind": "status", "error": "HTTP 503"}
        assert error == {**expected, "occurrences": failed}
        service = only["trends"]["http_req_service"]
        values = [value for value, _ in service["histogram"]]
        assert service["count"] == sum(count for _, count in service["histogram"]) == served
        assert values == sorted(values)
        assert 0 < service["minimum"] <= values[0] <= service["sum"] / served <= values[-1]
        assert values[-1] <= service["maximum"]
        assert only["bytes"] == 5 * (served - failed) + 4 * failed
        assert total["codes"] == only["codes"] == {"200": served - failed, "503": failed}
        assert total["bytesSent"] > 0 and total["bytesReceived"] > total["bytes"]
        assert only["counters"].keys() == {"hit_local", "hit_remote", "miss_origin"}
        assert sum(only["counters"].values()) == served - failed
        assert final["counters"].items() >= only["counters"].items()

        series = cluster.web.series()
        names = [row for row in series["rows"] if row["name"]]
        assert sum(row["due"] for row in names) == served
        assert sum(row["codes"].get("503", 0) for row in names) == failed
        assert sum(row["codes"]["200"] for row in names if "200" in row["codes"]) == served - failed
        assert sum(row["bytesReceived"] for row in series["rows"]) == total["bytesReceived"]
        assert sum(row["failures"].get("status", 0) for row in names) == failed
        assert sum(row.get("ended", 0) for row in series["rows"]) == served
        assert cluster.web.series(series["revision"])["rows"] == []
        assert [sample["second"] for sample in series["samples"]] == sorted(
            {sample["second"] for sample in series["samples"]}
        )
        assert cluster.web.request("/loadwright/series?after=soon")[0] == 400

        # A second run starts from nothing, the counters too. After a stop Locust's workers connect anew.
        eventually(lambda: cluster.connected() == 2, "both workers back")
        cluster.swarm(1)
        eventually(lambda: 0 < cluster.web.statistics()["total"]["due"] < served, "a new count")
        assert sum(cluster.web.statistics()["counters"].values()) < served / 2
        # Locust measures processes every 5 s.
        eventually(
            lambda: all(worker["memoryBytes"] > 1e6 for worker in cluster.web.statistics()["workers"]),
            "the memory of the workers",
        )


@pytest.fixture
def closed_master(make_bundle, start_locusts):
    directory = make_bundle("dht", host="http://127.0.0.1:9", config=DHT)
    return Cluster(start_locusts(directory), 0, arguments=("--web-login",), variables=LOGIN)


ROUTES = [
    "/",
    "/stop",
    "/swarm",
    "/user",
    "/tasks",
    "/logs",
    "/exceptions",
    "/exceptions/csv",
    "/worker-count",
    "/stats/requests",
    "/stats/requests/csv",
    "/stats/failures/csv",
    "/stats/requests_full_history/csv",
    "/stats/report",
    "/stats/reset",
    "/loadwright/statistics",
    "/no/such/route",
]


def test_login_closes_every_route(closed_master):
    eventually(lambda: Web(closed_master.url).request("/login")[0] == 200, "the login page")
    for password in (None, "wrong", PASSWORD[:-1]):
        stranger = Web(closed_master.url, password)
        assert {path: stranger.request(path)[0] for path in ROUTES} == dict.fromkeys(ROUTES, 401)
        form = {"user_count": 1, "spawn_rate": 1}
        assert [stranger.request(path, form)[0] for path in ("/swarm", "/stop", "/stats/reset")] == [401] * 3
    assert Web(closed_master.url).request("/", headers={"Authorization": f"Basic {PASSWORD}"})[0] == 401
    assert Web(closed_master.url, PASSWORD).request("/stats/requests")[0] == 200


def test_login_in_a_browser(closed_master):
    web = Web(closed_master.url)
    page = {"Accept": "text/html"}
    eventually(lambda: web.request("/login")[0] == 200, "the login page")
    status, headers, _ = web.request("/", headers=page)
    assert (status, headers["Location"]) == (302, "/login")

    _, _, body = web.request("/login", headers=page)
    form = json.loads(re.search(rb"window.authArgs = (.*)", body)[1])["username_password_callback"]
    assert web.request(re.search(rb'src="\.(/assets/[^"]+)"', body)[1].decode())[0] == 200

    status, headers, _ = web.request(form, {"username": "loadwright", "password": "wrong"})
    assert (status, headers["Location"]) == (302, "/login")
    refused = {"Cookie": headers["Set-Cookie"].split(";")[0]}
    assert b"Wrong username or password" in web.request("/login", headers=refused)[2]
    assert web.request("/stats/requests", headers=refused)[0] == 401

    status, headers, _ = web.request(form, {"username": "loadwright", "password": PASSWORD})
    assert (status, headers["Location"]) == (302, "/")
    assert "HttpOnly" in headers["Set-Cookie"] and "SameSite=Strict" in headers["Set-Cookie"]
    cookie = {"Cookie": headers["Set-Cookie"].split(";")[0]}
    assert web.request("/", headers=page | cookie)[0] == 200
    assert web.request("/stats/requests", headers=cookie)[0] == 200
    assert web.request("/stats/requests", headers={"Cookie": cookie["Cookie"][:-3] + "abc"})[0] == 401


def test_base_path_and_username(make_bundle, start_locusts):
    directory = make_bundle("dht", host="http://127.0.0.1:9", config=DHT)
    port = free_port()
    start_locusts(directory).start(
        "--web-host=127.0.0.1",
        f"--web-port={port}",
        "--web-base-path=/tests",
        "--web-login",
        variables=LOGIN | {"LOADWRIGHT_UI_USERNAME": "ada"},
    )
    web = Web(f"http://127.0.0.1:{port}/tests", PASSWORD)
    # Without workers the process is its own: the route is the same.
    statistics = eventually(web.statistics, "statistics")
    assert (statistics["workers"], statistics["counters"]) == ([], {})
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    for username, location in (("loadwright", "/tests/login"), ("ada", "/tests/")):
        form = urllib.parse.urlencode({"username": username, "password": PASSWORD})
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        connection.request("POST", "/tests/loadwright/login", form, headers)
        answer = connection.getresponse()
        answer.read()
        assert answer.headers["Location"] == location
    connection.close()


@pytest.mark.parametrize(
    ("arguments", "variables", "text"),
    [
        (("--web-login",), {}, "--web-login needs the variable LOADWRIGHT_UI_PASSWORD"),
        ((), LOGIN, "takes effect only with the option --web-login"),
    ],
)
def test_half_a_login_is_refused(make_bundle, start_locusts, arguments, variables, text):
    directory = make_bundle("dht", host="http://127.0.0.1:9", config=DHT)
    code, output = start_locusts(directory).run(
        "--web-host=127.0.0.1", f"--web-port={free_port()}", *arguments, variables=variables
    )
    assert code == 104 and text in output and "Traceback" not in output and PASSWORD not in output


def test_without_a_login_it_is_as_stock(make_bundle, start_locusts):
    load = load_plan(users=7, spawnRate=3, durationSeconds=1)
    directory = make_bundle("dht", host="http://127.0.0.1:9", config=DHT, load=load)
    cluster = Cluster(start_locusts(directory), 0)
    page = cluster.web.request("/")[2].decode()
    arguments = json.loads(re.search(r"window.templateArgs = (.*)", page)[1])
    # The form is filled in, but with no run time: its timer would outlive a stop.
    assert (arguments["num_users"], arguments["spawn_rate"], arguments["run_time"]) == (7, 3, None)
    assert arguments["percentiles_to_statistics"] == [0.5, 0.9, 0.95, 0.99]
    assert cluster.web.request("/login")[0] == 302


def test_worker_without_its_variables_says_so_and_leaves(make_bundle, start_locusts):
    config = {"endpointPath": "/x", "format": "raw", "requestName": "predict", "expect": {"status": [200]}}
    directory = make_bundle("databricks", host="http://127.0.0.1:9", config=config, payloads=[{"json": 1}])
    locusts = start_locusts(directory)
    cluster = Cluster(locusts, 0)
    worker = locusts.start("--worker", f"--master-port={cluster.port}")
    output, _ = worker.communicate(timeout=60)
    assert worker.returncode == 104
    assert "the variable DATABRICKS_TOKEN is not set" in output and "Traceback" not in output
    eventually(lambda: cluster.connected() == 0, "the master forgets the worker")
    assert cluster.master.poll() is None


def test_lifeline(make_bundle, start_locusts):
    with serving() as stub:
        directory = make_bundle("dht", host=stub.url, config=DHT)
        locusts = start_locusts(directory)
        read_end, write_end = os.pipe()
        try:
            alive = {"variables": {"LOADWRIGHT_LIFELINE_FD": str(read_end)}, "pass_fds": (read_end,)}
            port, other = free_port(), free_port()
            ports = (f"--master-bind-port={other}", f"--master-port={other}")
            processes = [
                locusts.start("--master", f"--master-bind-port={port}", f"--web-port={free_port()}", **alive),
                locusts.start("--worker", f"--master-port={port}", **alive),
                # Its master never comes: it is still connecting when the parent goes.
                locusts.start("--worker", f"--master-port={free_port()}", **alive),
                locusts.start("--headless", "-t", "60s", **alive),
                locusts.start("--headless", "-t", "60s", "--processes=2", *ports, **alive),
            ]
            eventually(lambda: len(stub.requests) > 50, "load")
            assert [process.poll() for process in processes] == [None] * len(processes)
        finally:
            os.close(read_end)
            os.close(write_end)
        for process in processes:
            # Reading to the end also waits for forked workers, which hold the same pipe.
            process.communicate(timeout=60)
            assert process.returncode is not None


def test_lifeline_that_is_no_descriptor(make_bundle, start_locusts):
    directory = make_bundle("dht", host="http://127.0.0.1:9", config=DHT)
    code, output = start_locusts(directory).run("--headless", variables={"LOADWRIGHT_LIFELINE_FD": "77"})
    assert (code, "Traceback" in output) == (104, False)
    assert "LOADWRIGHT_LIFELINE_FD names no open file descriptor" in output


def test_sigterm_ends_a_run_cleanly(make_bundle, start_locusts):
    with serving() as stub:
        directory = make_bundle("dht", host=stub.url, config=DHT)
        process = start_locusts(directory).start("--headless", "-t", "60s")
        eventually(lambda: len(stub.requests) > 5, "load")
        process.send_signal(signal.SIGTERM)
        output, _ = process.communicate(timeout=60)
        assert process.returncode == 0 and "Traceback" not in output


def test_a_master_outlives_a_late_word_of_a_worker_that_it_gave_up(make_bundle, start_locusts):
    with serving() as stub:
        directory = make_bundle("dht", host=stub.url, config=DHT)
        locusts = start_locusts(directory)
        cluster = Cluster(locusts, 1)
        message = Message("spawning_complete", {"user_classes_count": {}, "user_count": 0}, "given-up")
        sender = Client("127.0.0.1", cluster.port, "given-up")
        try:
            sender.send(message)
            locusts.start("--worker", f"--master-port={cluster.port}")
            eventually(lambda: cluster.connected() == 2, "a second worker")
        finally:
            sender.close()
