import tracemalloc
from collections import Counter
from urllib.parse import parse_qs, urlsplit

import pytest
from dht_requests import DhtRequests, outcome, pool_of, zipf_weights
from loadwright_runtime import Response, SourceSetup
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
    ],
)
def test_outcomes(here, there, counter):
    headers = {"x-cache": here, "x-cache-origin": there}
    assert outcome(Response(200, headers, b"")) == counter


def test_only_successes_are_counted(source):
    counters = Counters()
    requests = source(counters=counters)
    assert requests.check(Response(204, {"x-cache": "HIT-LOCAL"}, b"")) is None
    assert requests.check(Response(502, {"x-cache": "MISS-ORIGIN"}, b"")) == "HTTP 502"
    assert counters.totals() == {"hit_local": 1}
