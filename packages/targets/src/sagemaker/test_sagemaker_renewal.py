"""Credentials of a role that end, under the load of several workers."""

import json
import threading
import time
from collections import Counter

from locust_harness import Answer, Clock, Cluster, eventually, load_plan, serving

CONFIG = {
    "endpointName": "fraud",
    "region": "eu-west-1",
    "timeoutSeconds": 70,
    "contentType": "application/json",
    "headers": {},
    "requestName": "invoke",
    "expect": {"status": [200]},
}
WORKERS = 2
LIFE_SECONDS, STEP_SECONDS = 40 * 60, 300
# A quarter of an hour before they end, newer ones are asked for.
RENEWED_AFTER_SECONDS = LIFE_SECONDS - 15 * 60


class Account:
    """Gives out keys that end, and answers whether a request was signed with one that has not."""

    def __init__(self):
        self.clock = time.time
        self.ends = {}
        self.served = Counter()
        self._lock = threading.Lock()

    def agent(self, _received):
        # The agent tells whole seconds: the end is not earlier than it says.
        ends = int(self.clock()) + LIFE_SECONDS + 1
        with self._lock:
            key = f"ASIAMADEUP{len(self.ends):06}"
            self.ends[key] = ends
        expiration = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(ends))
        body = {"AccessKeyId": key, "SecretAccessKey": "s", "Token": "t", "Expiration": expiration}
        return Answer(body=json.dumps(body).encode())

    def endpoint(self, received):
        key = received.headers["authorization"].split("Credential=")[1].split("/")[0]
        self.served[key] += 1
        if self.clock() < self.ends[key]:
            return Answer()
        return Answer(403, b'{"message":"ended"}', {"x-amzn-ErrorType": "ExpiredTokenException"})

    def go_on(self):
        """Lets time pass, and waits until each worker has sent requests after that."""
        self.clock.pass_by(STEP_SECONDS)
        before = self.served.copy()
        eventually(
            lambda: sum(count >= 2 for count in (self.served - before).values()) >= WORKERS, "requests go on"
        )


def test_keys_that_end_are_renewed_on_every_worker_without_a_failure(make_bundle, start_locusts):
    account = Account()
    with serving(account.agent) as agent, serving(account.endpoint) as endpoint:
        payloads = [{"json": {"instances": [[1]]}}]
        load = load_plan(users=WORKERS, durationSeconds=600)
        directory = make_bundle("sagemaker", host=endpoint.url, config=CONFIG, payloads=payloads, load=load)
        account.clock = Clock(directory)
        variables = {
            "LOADWRIGHT_ROLE_CREDENTIALS": "1",
            "AWS_CONTAINER_CREDENTIALS_FULL_URI": f"{agent.url}/credentials",
        }
        cluster = Cluster(start_locusts(directory), WORKERS, worker_variables=variables)
        began = account.clock()
        cluster.swarm(WORKERS)
        for generation in range(1, 4):
            while account.clock() < began + generation * RENEWED_AFTER_SECONDS + STEP_SECONDS:
                account.go_on()
            # Each worker has asked in time, and not more often.
            issued = WORKERS * (1 + generation)
            eventually(lambda issued=issued: len(account.ends) == issued, "renewals")
            began += STEP_SECONDS
        statistics = cluster.settled()
    assert account.clock() > max(list(account.ends.values())[: 2 * WORKERS])
    assert statistics["errors"] == []
    total = statistics["total"]
    assert total["failed"] == 0 and total["succeeded"] == sum(account.served.values())
    assert len(account.ends) == 4 * WORKERS == len(account.served)
    # Beside the first ones of each worker.
    assert total["counters"]["credential_renewals"] == len(account.ends) - WORKERS
    assert "credential_renewals_failed" not in total["counters"]
