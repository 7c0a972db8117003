"""Rings of small servers that count for themselves, asked by real workers: every figure is the ring's own."""

import contextlib
import itertools
import threading
import zlib
from collections import Counter
from urllib.parse import parse_qs, urlsplit

from locust_harness import Answer, Cluster, eventually, load_plan, serving

CONFIG = {
    "path": "/cache",
    "urls": {"file": True, "reencodes": True},
    "choice": "trace",
    "timeoutSeconds": 5,
    "requestName": "cache",
}
URLS = ["http://o/?a=1&b=2", "http://o/ü ☃", "http://o/50%25#top", "http://o/1+1", "http://o/?q=a%26b"]
EAGER = {"waitTime": {"minimumSeconds": 0.005, "maximumSeconds": 0.005}, "durationSeconds": 60}


class Ring:
    """Nodes that share URLs by their checksum. The one that is not responsible for a URL asks the other."""

    def __init__(self, stack, nodes):
        self._lock = threading.Lock()
        self.seen, self.entries, self.responsible, self.cache = Counter(), Counter(), Counter(), set()
        self.order = []
        self.hits = self.passed_on = 0
        self.stubs = [stack.enter_context(serving(self._answers_of(index))) for index in range(nodes)]
        self.addresses = [["127.0.0.1", urlsplit(stub.url).port] for stub in self.stubs]

    def name_of(self, index):
        return f"127.0.0.1:{self.addresses[index][1]}"

    def count_of(self, kind):
        return sum(
            urlsplit(request.path).path == f"/{kind}" for stub in self.stubs for request in stub.requests
        )

    def _answers_of(self, index):
        def answer(received):
            if received.path == "/metrics":
                return Answer(
                    200, b'{"node":{"id":"0x%d","addr":"%b"}}' % (index, self.name_of(index).encode())
                )
            if received.path == "/health":
                return Answer(200, b'{"healthy":true}')
            (url,) = parse_qs(urlsplit(received.path).query)["url"]
            owner = zlib.crc32(url.encode()) % len(self.stubs)
            with self._lock:
                self.seen[url] += 1
                self.order.append(url)
                self.entries[self.name_of(index)] += 1
                self.responsible[self.name_of(owner)] += 1
                is_hit = url in self.cache
                self.cache.add(url)
                self.hits += is_hit
                self.passed_on += owner != index
            word = "HIT-LOCAL" if is_hit else "MISS-ORIGIN"
            if owner == index:
                headers = {"X-Cache": word, "X-Node-ID": f"0x{index}"}
            else:
                nodes = {"X-Entry-Node": self.name_of(index), "X-Responsible-Node": self.name_of(owner)}
                headers = {"X-Cache": "MISS-DHT", "X-Cache-Origin": word, **nodes}
            return Answer(200, b"x", {**headers, "X-Latency-Ms": "2.50"})

        return answer


def counted(statistics, kind):
    """Of the counters of nodes, by the address that is in their names."""
    counters, prefix = statistics["counters"], f"{kind}_node_127_0_0_1_"
    return {
        f"127.0.0.1:{name.removeprefix(prefix)}": count
        for name, count in counters.items()
        if name.startswith(prefix)
    }


def test_a_ring_of_three_nodes(make_bundle, start_locusts):
    with contextlib.ExitStack() as stack:
        ring = Ring(stack, 3)
        config = CONFIG | {
            "addresses": ring.addresses,
            "nodes": ring.addresses,
            "mix": {"cache": 8, "health": 1, "metrics": 1},
        }
        payloads = [{"text": url} for url in URLS]
        host = ring.stubs[0].url
        directory = make_bundle("dht", host=host, config=config, payloads=payloads, load=load_plan(**EAGER))
        cluster = Cluster(start_locusts(directory), 2)
        cluster.swarm(6)
        eventually(lambda: sum(ring.seen.values()) > 800, "800 requests")
        # Each worker has asked each node whose address is whose.
        statistics = cluster.settled()
        metrics_before = 2 * len(ring.stubs)

        rows = {row["name"]: row for row in statistics["requests"]}
        total = sum(ring.seen.values())
        assert rows["cache"]["succeeded"] == rows["cache"]["sent"] == total
        assert rows["health"]["succeeded"] == ring.count_of("health")
        assert rows["metrics"]["succeeded"] == ring.count_of("metrics") - metrics_before
        # Four standard deviations of a share of so many draws.
        everything = sum(row["sent"] for row in rows.values())
        assert abs(total / everything - 0.8) < 4 * (0.16 / everything) ** 0.5

        assert counted(statistics, "entry") == ring.entries
        assert counted(statistics, "responsible") == ring.responsible
        assert min(ring.entries.values()) > 0
        rate = statistics["total"]["rates"]["cache_hit"]
        assert (rate["hits"], rate["total"]) == (ring.hits, total)
        counters = statistics["counters"]
        assert counters["hit_local"] + counters["hit_remote"] == ring.hits
        assert counters["miss_origin"] == total - ring.hits == len(URLS)
        hops = statistics["total"]["trends"]["hops"]
        assert (hops["count"], hops["sum"]) == (total, ring.passed_on)
        latency = statistics["total"]["trends"]["node_latency"]
        assert latency["count"] == total and abs(latency["sum"] / total - 2.5) < 1e-6
        # Exactly these, each as often as the others but for where the workers were when they ended.
        assert set(ring.seen) == set(URLS)
        assert max(ring.seen.values()) - min(ring.seen.values()) <= 2


def test_a_trace_is_replayed_in_its_order(make_bundle, start_locusts):
    trace = [f"http://o/{number % 7}?n={number}" for number in range(50)]
    with contextlib.ExitStack() as stack:
        ring = Ring(stack, 1)
        directory = make_bundle(
            "dht",
            host=ring.stubs[0].url,
            config=CONFIG,
            payloads=[{"json": {"url": url}} for url in trace],
            load=load_plan(**{**EAGER, "users": 1}),
        )
        target = (directory / "target.json").read_text()
        (directory / "target.json").write_text(
            target.replace('"file": true', '"file": true, "column": "url"')
        )
        code, _ = start_locusts(directory).run_until(lambda: len(ring.order) >= 120)
    assert code == 0
    assert ring.order == list(itertools.islice(itertools.cycle(trace), len(ring.order)))
