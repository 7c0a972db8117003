"""No host but the bundle's is sent anything, least of all a secret, whichever way a load is started."""

import json

import msgpack
import pytest
import zmq
from locust_harness import BEARER, CHALICE, Cluster, eventually, free_port, load_plan, serving

CONFIG = {**CHALICE, "secretHeaders": BEARER}
SECRET = {"LOADWRIGHT_CHALICE_BEARER_TOKEN": "canary-8c1f-token"}
BY_HAND = {"user_count": 1, "spawn_rate": 1}
WITH_LOAD = {**BY_HAND, "loadwright_load": json.dumps(load_plan(users=1, durationSeconds=60))}


@pytest.fixture
def own():
    with serving() as stub:
        yield stub


@pytest.fixture
def foreign():
    with serving() as stub:
        yield stub
        assert stub.requests == []


@pytest.fixture
def locusts(make_bundle, start_locusts, own):
    return start_locusts(make_bundle("chalice", host=own.url, config=CONFIG, load=load_plan()))


def carries_secret(stub):
    return any("canary" in request.headers.get("authorization", "") for request in stub.requests)


def refuses(web, form):
    """Whether another host is refused, and nothing begins."""
    status, _, body = web.request("/swarm", form)
    return status == 400 and b"is not that of the bundle" in body


def test_over_the_web_ui_of_a_master(locusts, own, foreign):
    web = Cluster(locusts, 1, worker_variables=SECRET).web
    elsewhere = {"host": foreign.url}
    for form in (BY_HAND, WITH_LOAD):
        assert refuses(web, {**form, **elsewhere}) and "test" not in web.statistics()
    assert web.request("/swarm", {**BY_HAND, "host": own.url})[0] == 200
    eventually(lambda: carries_secret(own), "requests to the bundle's host")
    # Neither does an edit change it, nor what comes after.
    assert refuses(web, {**BY_HAND, **elsewhere})
    before = len(own.requests)
    eventually(lambda: len(own.requests) > before + 5, "that the load goes on as it was")


def test_over_the_web_ui_of_a_lone_process(locusts, own, foreign):
    web = Cluster.alone(locusts, SECRET)
    for form in (BY_HAND, WITH_LOAD):
        assert refuses(web, {**form, "host": foreign.url})
    assert web.request("/swarm", WITH_LOAD)[0] == 200
    eventually(lambda: carries_secret(own), "requests to the bundle's host")


def test_a_host_that_the_bundle_declares(make_bundle, start_locusts, own, foreign):
    """One fleet, one test of a host after the other; any other is refused, for a preflight too."""
    with serving() as other:
        directory = make_bundle("chalice", host=own.url, config=CONFIG, load=load_plan())
        target = json.loads((directory / "target.json").read_text())
        (directory / "target.json").write_text(json.dumps({**target, "hosts": [own.url, other.url]}))
        cluster = Cluster(start_locusts(directory), 1, worker_variables=SECRET)
        web = cluster.web
        assert refuses(web, {**WITH_LOAD, "host": foreign.url})
        for stub in (other, own):
            status, _, body = web.request("/loadwright/preflight", {"host": stub.url})
            assert (status, json.loads(body)["answer"]["status"]) == (200, 200)
            assert web.request("/swarm", {**WITH_LOAD, "host": stub.url})[0] == 200
            eventually(lambda stub=stub: len(stub.requests) > 5, "requests to the host of the test")
            cluster.settled()
            eventually(lambda: cluster.connected() == 1, "the worker back")
        assert all(carries_secret(stub) for stub in (own, other))
        document = json.loads(web.request("/loadwright/preflight", {"host": foreign.url})[2])
        assert "is not that of the bundle" in json.dumps(document)


def test_a_worker_whose_master_names_another_host(locusts, foreign):
    """Whoever answers in the master's place, or a master of a newer or older bundle."""
    port = free_port()
    with zmq.Context.instance().socket(zmq.ROUTER) as master:
        master.setsockopt(zmq.LINGER, 0)
        master.bind(f"tcp://127.0.0.1:{port}")
        worker = locusts.start("--worker", f"--master-port={port}", variables=SECRET)

        def hear(kind):
            while master.poll(20_000):
                name, content = master.recv_multipart()
                if msgpack.loads(content)[0] == kind:
                    return name
            raise AssertionError(f"the worker never said {kind!r}")

        name = hear("client_ready")

        def say(kind, data):
            master.send_multipart([name, msgpack.dumps((kind, data, name.decode()))])

        say("ack", {"index": 0})
        hear("loadwright_set_up")
        job = {
            "timestamp": 1.0,
            "host": foreign.url,
            "stop_timeout": 0,
            "parsed_options": {},
            "user_classes_count": {"RestUser": 2},
        }
        say("spawn", job)
        hear("exception")
        worker.terminate()
        output, _ = worker.communicate(timeout=60)
        assert "is not that of the bundle" in output and "canary" not in output


def test_the_option_of_a_process_alone_sends_elsewhere(locusts, own):
    """Whoever starts the process may."""
    with serving() as chosen:
        locusts.run_until(lambda: carries_secret(chosen), "-u", "1", "--host", chosen.url, variables=SECRET)
    assert own.requests == []
