import json
import random
import tracemalloc
from collections import Counter
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from dht_answers import NodeNames, hops, nodes_of, outcome
from dht_requests import DhtRequests
from dht_urls import hot_set_chooser, pool_of, zipf_weights
from loadwright_runtime import Response, SetupError, SourceSetup
from loadwright_runtime.http.http1 import Headers, parse_head
from loadwright_runtime.measure.counters import Counters
from loadwright_runtime.source.bundle import read_bundle

CONFIG = {
    "path": "/cache",
    "urls": {"template": "https://origin.example/item/{i}?v={i}", "count": 100},
    "choice": "zipf",
    "zipfExponent": 1.2,
    "protocol": "koorde",
    "timeoutSeconds": 30,
    "requestName": "cache",
}


@pytest.fixture
def source(make_bundle):
    def make(host="http://ring.example", counters=None, **changes):
        bundle = read_bundle(make_bundle("dht", host=host, config=CONFIG | changes))
        return DhtRequests(SourceSetup(bundle, bundle.host, counters=counters or Counters()))

    return make


def drawn(source, count):
    return Counter(parse_qs(urlsplit(source.next_request().path).query)["url"][0] for _ in range(count))


def test_request(source):
    request = source("http://ring.example/base", urls={"list": ["https://o.example/ä b?x=1"]}).next_request()
    assert (request.method, request.name, request.body) == ("GET", "cache", b"")
    assert request.path == "/base/cache?url=https%3A%2F%2Fo.example%2F%C3%A4%20b%3Fx%3D1"


def test_pool():
    for urls, expected in (
        ({"template": "x/{i}/{i}", "count": 3}, ["x/0/0", "x/1/1", "x/2/2"]),
        ({"list": ["b", "a"]}, ["b", "a"]),
    ):
        url_of, count = pool_of(urls)
        assert [url_of(rank) for rank in range(count)] == expected


def test_zipf_weights():
    cumulative = zipf_weights(3, 2)
    assert list(cumulative) == pytest.approx([1, 1 + 1 / 4, 1 + 1 / 4 + 1 / 9])


@pytest.mark.parametrize("choice", ["zipf", "uniform"])
def test_a_million_urls_are_made_when_their_turn_comes(make_bundle, choice):
    urls = {"template": "https://origin.example/item/{i}", "count": 1_000_000}
    bundle = read_bundle(
        make_bundle("dht", host="http://h", config=CONFIG | {"urls": urls, "choice": choice})
    )
    shares = []
    tracemalloc.start()
    source = DhtRequests(SourceSetup(bundle, bundle.host, progress=lambda _, share: shares.append(share)))
    memory, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    # 8 bytes a URL, and room to grow: the URLs themselves would be 100 MB.
    assert memory < 12_000_000
    assert len(shares) == (100 if choice == "zipf" else 0) and shares == sorted(shares)
    ranks = Counter(int(url.rpartition("/")[2]) for url in drawn(source, 2000).elements())
    assert max(ranks) > 100_000 and (ranks[0] > 200 if choice == "zipf" else ranks[0] < 10)


def test_zipf_prefers_the_first(source):
    counts = drawn(source(), 20_000)
    # Of 100 URLs with exponent 1.2 the first gets 27.7 % and the second 2^-1.2 of that, 12.1 %.
    assert counts["https://origin.example/item/0?v=0"] / 20_000 == pytest.approx(0.277, abs=0.02)
    assert counts["https://origin.example/item/1?v=1"] / 20_000 == pytest.approx(0.121, abs=0.02)


def test_uniform(source):
    counts = drawn(source(choice="uniform"), 20_000)
    assert len(counts) == 100 and max(counts.values()) < 2 * min(counts.values())


@pytest.mark.parametrize(
    ("here", "there", "counter"),
    [
        ("HIT-LOCAL", None, "hit_local"),
        ("MISS-ORIGIN", None, "miss_origin"),
        ("MISS-HOT", None, "miss_hot"),
        ("MISS-DHT", "HIT-LOCAL", "hit_remote"),
        ("MISS-DHT", "MISS-ORIGIN", "miss_origin"),
        ("MISS-DHT", "MISS-HOT", "miss_hot"),
        ("MISS-DHT", None, "unknown"),
        (None, None, "unknown"),
        ("MISS-DHT", "MISS-DHT", "unknown"),
        ("MISS-HOT", "MISS-DHT", "miss_hot"),
        ("HIT-CDN", None, "unknown"),
    ],
)
def test_outcomes(here, there, counter):
    said = {"x-cache": here, "x-cache-origin": there}
    assert outcome({name: value for name, value in said.items() if value}) == counter


@pytest.mark.parametrize(
    ("said", "entry", "responsible", "times"),
    [
        ({"x-cache": "HIT-LOCAL", "x-node-id": "A"}, "A", "A", 0),
        ({"x-cache": "MISS-ORIGIN", "x-node-id": "A"}, "A", "A", 0),
        ({"x-cache": "MISS-DHT", "x-cache-origin": "HIT-LOCAL"}, "E", "R", 1),
        ({"x-cache": "MISS-DHT", "x-cache-origin": "MISS-HOT"}, "E", "R", 2),
        # The one that was asked is responsible, and has asked R for help.
        ({"x-cache": "MISS-HOT", "x-cache-origin": "HIT-LOCAL"}, "E", "E", 1),
        ({"x-cache": "MISS-HOT", "x-cache-origin": "MISS-DHT"}, "E", "E", 2),
        # R has asked somebody else.
        ({"x-cache": "MISS-DHT", "x-cache-origin": "MISS-DHT"}, "E", None, 2),
        ({}, None, None, None),
    ],
)
def test_nodes_and_hops(said, entry, responsible, times):
    if said.get("x-cache", "") in ("MISS-DHT", "MISS-HOT"):
        said = said | {"x-entry-node": "E", "x-responsible-node": "R"}
    assert nodes_of(said, outcome(said)) == (entry, responsible)
    assert hops(said) == times


def test_only_successes_are_counted(source):
    counters = Counters()
    requests = source(counters=counters)
    assert requests.check(Response(204, {"x-cache": "HIT-LOCAL"}, b"")) is None
    assert requests.check(Response(502, {"x-cache": "MISS-ORIGIN"}, b"")) == "HTTP 502"
    assert counters.totals() == {"hit_local": 1}


def test_a_glance_counts_what_a_check_counts(make_bundle):
    chance = random.Random(3)
    glanced, checked = Counters(), Counters()
    bundle = read_bundle(make_bundle("dht", host="http://ring.example", config=CONFIG))
    by_glance = DhtRequests(SourceSetup(bundle, bundle.host, counters=glanced))
    by_check = DhtRequests(SourceSetup(bundle, bundle.host, counters=checked))
    request = by_glance.next_request()
    for _ in range(2000):
        lines = [chance.choice([b"HTTP/1.1 200 OK", b"HTTP/1.1 204 No Content", b"HTTP/1.1 404 Not Found"])]
        for name in chance.sample([b"X-Cache", b"X-Cache-Origin", b"X-Node-ID", b"X-Entry-Node"] * 2, 5):
            value = chance.choice([b"HIT-LOCAL", b"MISS-DHT", b"MISS-HOT", b"0xA", b"n\xe4 1", b""])
            spelled = chance.choice([name, name.lower(), name.upper(), b"Not-" + name])
            lines.append(b"%b:%b%b" % (spelled, chance.choice([b"", b" ", b"\t "]), value))
        lines.append(b"x-latency-ms: %b" % chance.choice([b"1.5", b"2 ", b"-1", b"soon", b""]))
        chance.shuffle(rest := lines[1:])
        head = b"\r\n".join([lines[0], *rest, b"Content-Length: 30", b"", b""])
        assert by_glance.glance(request, head + b"\r\nX-Cache: HIT-LOCAL\r\n", len(head)) is True
        parsed = parse_head(head[:-4], "GET")
        response = Response(parsed.status, Headers(parsed), b"")
        response.request = request
        by_check.check(response)
    assert glanced.totals() == checked.totals() and len(glanced.totals()) > 6
    row, other = (counters.metrics.row_of_run() for counters in (glanced, checked))
    assert row.rates == other.rates and row.rates["cache_hit"][1] > 100
    for name in ("node_latency", "hops"):
        assert row.trends[name].buckets == other.trends[name].buckets


def test_a_status_that_is_expected_of_one_alone_needs_a_look(make_bundle):
    bundle = read_bundle(
        make_bundle(
            "dht",
            host="http://h",
            config=CONFIG | {"expect": {"status": [404]}, "mix": {"cache": 1, "health": 1}},
        )
    )
    assert DhtRequests(SourceSetup(bundle, bundle.host)).glanced_statuses() == ()


def test_hot_set():
    moment = [0.0]
    choose = hot_set_chooser(100, {"urls": 5, "share": 0.8, "changeSeconds": 60}, lambda: moment[0])

    def shares():
        counts = Counter(choose() for _ in range(20_000))
        return {rank: count / 20_000 for rank, count in counts.items()}

    before = shares()
    assert len(before) == 100
    assert sum(before[rank] for rank in range(5)) == pytest.approx(0.8, abs=0.015)
    moment[0] = 61.0
    after = shares()
    assert sum(after[rank] for rank in range(5, 10)) == pytest.approx(0.8, abs=0.015)
    assert sum(after[rank] for rank in range(5)) < 0.02


def test_a_hot_set_of_all():
    choose = hot_set_chooser(3, {"urls": 9, "share": 0.5})
    assert {choose() for _ in range(200)} == {0, 1, 2}


@pytest.mark.parametrize("here", ["HIT-LOCAL", "MISS-ORIGIN"])
@pytest.mark.parametrize("name", ["x-entry-node", "x-responsible-node"])
def test_a_node_that_answers_by_itself_is_one_whatever_it_calls_itself(here, name):
    said = {"x-cache": here, "x-node-id": "0xA", name: "10.0.0.1:4000"}
    assert nodes_of(said, outcome(said)) == ("10.0.0.1:4000", "10.0.0.1:4000")


def test_nodes_without_end_have_few_names():
    names = NodeNames("entry_node", {"0xA": "10.0.0.1:4000"})
    assert names.of("0xA") == "entry_node_10_0_0_1_4000"
    assert len({names.of(f"node {number}") for number in range(1000)}) == 80


@pytest.mark.parametrize(
    ("node", "name"),
    # As observation/compare.ts names them, too: see observation.test.ts.
    json.loads((Path(__file__).parent / "node-names.json").read_text()),
)
def test_names_of_counters(node, name):
    assert NodeNames("responsible_node", {}).of(node) == name


def test_nodes_that_differ_in_their_ends_have_names_of_their_own():
    names = NodeNames("responsible_node", {})
    nodes = [f"ip-10-0-0-1.eu-west-1.compute.internal:{port}" for port in range(4000, 4050)]
    assert len({names.of(node) for node in nodes}) == 50


@pytest.mark.parametrize(
    ("payload", "urls", "reason"),
    [
        ({"text": "item 1"}, {}, "holds no URL"),
        ({"text": "http://o/?a=1&b=2"}, {}, "cut it off"),
        ({"json": {"url": "http://o/"}}, {"column": "address"}, "no 'address'"),
        ({"json": {"url": "http://o/"}}, {}, "name it with urls.column"),
    ],
)
def test_files_that_hold_no_urls(make_bundle, payload, urls, reason):
    config = CONFIG | {"urls": {"file": True, **urls}}
    bundle = read_bundle(make_bundle("dht", host="http://h", config=config, payloads=[payload]))
    with pytest.raises(SetupError, match=reason):
        DhtRequests(SourceSetup(bundle, bundle.host))


def test_popularity_by_the_rows_of_a_file(make_bundle):
    payloads = [{"json": {"url": f"http://o/{index}"}} for index in range(100)]
    config = CONFIG | {"urls": {"file": True, "column": "url"}}
    bundle = read_bundle(make_bundle("dht", host="http://h", config=config, payloads=payloads))
    counts = drawn(DhtRequests(SourceSetup(bundle, bundle.host)), 20_000)
    assert counts["http://o/0"] / 20_000 == pytest.approx(0.277, abs=0.02)
    assert counts["http://o/1"] / 20_000 == pytest.approx(0.121, abs=0.02)
