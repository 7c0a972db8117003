"""What a master shows of the bundle that it runs."""

import hashlib
import json

from locust_harness import DHT, Cluster, load_plan

BY_HAND = {"user_count": 1, "spawn_rate": 1}


def test_shows_its_target_and_the_digests_of_its_files_while_no_test_runs(make_bundle, start_locusts):
    directory = make_bundle("dht", host="http://127.0.0.1:9", config=DHT, load=load_plan(durationSeconds=600))
    web = Cluster(start_locusts(directory), 1, arguments=("--stop-timeout=1",)).web
    status, _, body = web.request("/loadwright/bundle")
    document = json.loads(body)
    assert status == 200 and document["target"] == json.loads((directory / "target.json").read_text())
    files = document["files"]
    assert {"locustfile.py", "target.json", "loadwright_runtime/locust/web.py"} <= files.keys()
    assert not [path for path in files if path.endswith(".pyc")]
    for path, digest in files.items():
        assert hashlib.sha256((directory / path).read_bytes()).hexdigest() == digest
    assert web.request("/swarm", BY_HAND)[0] == 200
    assert web.request("/loadwright/bundle")[0] == 409
