"""What the Locust files of the benchmark share: the same request as all other clients, and the same pause."""

import itertools
import os
from pathlib import Path

from locust import between, constant

PAYLOAD = Path(__file__).with_name("payload.txt").read_bytes()
# As payloads.mjs has them, for clients that sign.
DISTINCT_PAYLOADS = itertools.cycle(
    [PAYLOAD.replace(b"8]", b"%d]" % (100_000 + index)) for index in range(10_000)]
)
PATH = "/endpoints/benchmark/invocations"
HEADERS = {"Content-Type": "application/json"}

_low, _high = (float(text) for text in os.environ.get("BENCHMARK_WAIT", "0 0").split())

WAIT_TIME = between(_low, _high) if _high > _low else constant(_low)
