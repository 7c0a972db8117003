"""Several routes with generated values, by real workers; every count is the server's own."""

import base64
import email.parser
import email.policy
import itertools
import json
import re
from collections import Counter
from urllib.parse import parse_qs, unquote, urlsplit

from locust_harness import Answer, Cluster, eventually, load_plan, serving

WORDS = ["a&b=c", "ü ☃", "50% off", "1+1", "a/b?c#d"]
JSON = {"contentType": "application/json", "headers": {}}
CONFIG = {
    "timeoutSeconds": 5,
    "headers": {"X-Run": "7"},
    "secretHeaders": {"X-Auth-Token": {"variable": "MY_TOKEN", "prefix": "Token "}},
    "requestName": "item",
    "routes": [
        {
            **JSON,
            "requestName": "item",
            "weight": 3,
            "method": "GET",
            "path": "/v1/items/{id}",
            "parameters": {"id": {"$choice": WORDS}},
            "payloads": False,
            "expect": {"status": [200]},
        },
        {
            **JSON,
            "requestName": "/find/{word}",
            "weight": 2,
            "method": "GET",
            "path": "/v1/find",
            "query": {"q": {"$column": "word"}, "page": {"$integer": [1, 3]}, "tag": ["x y", "z"]},
            "headers": {"X-Id": {"$column": "id"}},
            "payloads": True,
            "usesColumns": True,
            "sendsPayload": False,
            "expect": {"status": [200], "json": {"pointer": "/found", "equals": True}},
        },
        {
            **JSON,
            "requestName": "order",
            "weight": 1,
            "method": "POST",
            "path": "/v1/orders",
            "body": {"item": {"$column": "item"}, "at": {"$timestamp": "milliseconds"}},
            "payloads": True,
            "usesColumns": True,
            "sendsPayload": False,
            "expect": {"status": [201]},
        },
    ],
}
# Digits that Python would write in another way, and a row that lacks what the order takes from it.
ROWS = [{"word": word, "id": index} for index, word in enumerate(WORDS)]
ORDERS = [{"item": 9007199254740993}, {"other": 1}]
PARTS = [
    {"rows": len(ROWS), "weight": 1, "order": "sequential", "of": "/find/{word}"},
    {"rows": len(ORDERS), "weight": 1, "order": "sequential", "of": "order"},
]


def answer(received):
    path = urlsplit(received.path).path
    if path == "/v1/orders":
        return Answer(201, b"{}")
    is_odd = int(received.headers.get("x-id", 0)) % 2
    return Answer(200, b'{"found":false}' if path == "/v1/find" and is_odd else b'{"found":true}')


def name_of(received):
    path = urlsplit(received.path).path
    return {"/v1/find": "/find/{word}", "/v1/orders": "order"}.get(path, "item")


def test_texts_have_their_number_of_words(make_bundle, start_locusts):
    running = "Lorem ipsum dolor sit amet. Consectetur adipisicing elit sed do."
    route = {**JSON, "requestName": "review", "method": "POST", "path": "/v1/{topic}"}
    route |= {"parameters": {"topic": {"$text": [1, 1]}}, "query": {"q": {"$text": [2, 2]}}}
    route |= {"headers": {"X-Note": {"$text": [3, 3]}}, "body": {"text": {"$text": [2, 4]}}}
    config = {"timeoutSeconds": 5, "expect": {"status": [200]}, "runningText": running, **route}
    with serving() as stub:
        directory = make_bundle("rest", host=stub.url, config=config)
        cluster = Cluster(start_locusts(directory), 1)
        cluster.swarm(2)
        eventually(lambda: len(stub.requests) >= 60, "requests")
        statistics = cluster.settled()
    assert statistics["total"]["failed"] == 0
    numbers = set()
    for received in stub.requests:
        url = urlsplit(received.path)
        texts = [unquote(url.path.rpartition("/")[2]), *parse_qs(url.query)["q"], received.headers["x-note"]]
        texts.append(json.loads(received.body)["text"])
        counts = [len(text.split(" ")) for text in texts]
        assert counts[:3] == [1, 2, 3] and 2 <= counts[3] <= 4
        assert all(f" {text} " in f" {running} " for text in texts)
        numbers.add(counts[3])
    assert numbers == {2, 3, 4}


def test_routes_by_weight(make_bundle, start_locusts):
    payloads = [{"json": row} for row in ROWS + ORDERS]
    with serving(answer) as stub:
        load = load_plan(waitTime={"minimumSeconds": 0.005, "maximumSeconds": 0.005}, durationSeconds=60)
        directory = make_bundle("rest", host=stub.url, config=CONFIG, payloads=payloads, load=load)
        target = json.loads((directory / "target.json").read_text())
        (directory / "target.json").write_text(json.dumps({**target, "payloads": PARTS}))
        cluster = Cluster(start_locusts(directory), 2, worker_variables={"MY_TOKEN": "canary"})
        cluster.swarm(8)
        eventually(lambda: len(stub.requests) > 1200, "1200 requests")
        statistics = cluster.settled()
        requests = list(stub.requests)

    rows = {(row["method"], row["name"]): row for row in statistics["requests"]}
    sent = Counter(map(name_of, requests))
    assert {name: row["sent"] for (method, name), row in rows.items() if method} == sent
    # Those that could not be made, every second one, are counted under the name of their route.
    unmade = rows[("", "order")]["failed"]
    assert abs(unmade - sent["order"]) <= 2
    found = [request for request in requests if name_of(request) == "/find/{word}"]
    wrong = sum(int(request.headers["x-id"]) % 2 for request in found)
    assert rows[("GET", "/find/{word}")]["failed"] == wrong
    assert rows[("GET", "item")]["failed"] == rows[("POST", "order")]["failed"] == 0
    # Four standard deviations of a share of so many draws.
    total = len(requests) + unmade
    for name, share in (("item", 3 / 6), ("/find/{word}", 2 / 6)):
        assert abs(sent[name] / total - share) < 4 * (share * (1 - share) / total) ** 0.5

    items = {urlsplit(request.path).path for request in requests if name_of(request) == "item"}
    assert {unquote(path.removeprefix("/v1/items/")) for path in items} == set(WORDS)
    for request in found:
        query = parse_qs(urlsplit(request.path).query)
        assert query["q"] == [WORDS[int(request.headers["x-id"])]]
        assert query["tag"] == ["x y", "z"] and query["page"][0] in "123"
        assert "content-type" not in request.headers
    for request in requests:
        assert request.headers["x-auth-token"] == "Token canary" and request.headers["x-run"] == "7"
        if name_of(request) == "order":
            assert request.body.startswith(b'{"item":9007199254740993,"at":1')
    assert {query["page"][0] for query in (parse_qs(urlsplit(r.path).query) for r in found)} == set("123")


def all_parts_of(received):
    """The parts of a body of multipart/form-data, as the standard library reads them."""
    head = f"Content-Type: {received.headers['content-type']}\r\n\r\n".encode()
    message = email.parser.BytesParser(policy=email.policy.HTTP).parsebytes(head + received.body)
    return list(message.iter_parts())


def parts_of(received):
    """By name."""
    return {part.get_param("name", header="content-disposition"): part for part in all_parts_of(received)}


def test_uploads_of_two_sources(make_bundle, start_locusts):
    files = [bytes(range(256)) * 4, b"\r\n--loadwright-\r\n" * 9, b"abc"]
    payloads = [
        {"base64": base64.b64encode(content).decode(), "contentType": kind}
        for content, kind in zip(files, ("image/jpeg", "image/png", "text/plain"), strict=True)
    ]
    config = {
        **JSON,
        "timeoutSeconds": 5,
        "method": "POST",
        "path": "/classify",
        "requestName": "classify",
        "multipart": {
            "file": 'im"age',
            "fields": {"model": "ü2", "number": {"$sequence": True}},
            "filename": None,
        },
        "expect": {"status": [200]},
    }
    with serving() as stub:
        directory = make_bundle("rest", host=stub.url, config=config, payloads=payloads)
        target = json.loads((directory / "target.json").read_text())
        parts = [
            {"rows": 2, "weight": 3, "order": "sequential"},
            {"rows": 1, "weight": 1, "order": "random"},
        ]
        (directory / "target.json").write_text(json.dumps({**target, "payloads": parts}))
        code, _ = start_locusts(directory).run_until(lambda: len(stub.requests) > 300)
        requests = list(stub.requests)
    assert code == 0
    sent = Counter()
    for request in requests:
        parts = parts_of(request)
        assert list(parts) == ["model", "number", "im%22age"]
        assert parts["model"].get_payload(decode=True) == "ü2".encode()
        file = parts["im%22age"]
        content = file.get_payload(decode=True)
        row = files.index(content)
        assert file.get_content_type() == payloads[row]["contentType"]
        assert file.get_filename() == f"payload-{row + 1}{('.jpg', '.png', '.txt')[row]}"
        sent[row] += 1
    numbers = [int(parts_of(request)["number"].get_payload(decode=True)) for request in requests]
    assert sorted(numbers) == list(range(len(requests)))
    # The first source in order, and four standard deviations of its share.
    assert abs(sent[0] - sent[1]) <= 1
    total = len(requests)
    assert abs(sent[2] / total - 1 / 4) < 4 * (3 / 16 / total) ** 0.5


def test_files_of_several_sources_stay_together(make_bundle, start_locusts):
    """Also behind a payload that cannot be sent, on each of two workers that begin at different ones."""
    sources = {
        "scan": [{"json": {"id": 0}}, {"json": {}}, {"json": {"id": 2}}],
        "scan: multipart.files[0]": [{"text": f"mask {number}"} for number in range(3)],
        "scan: multipart.files[1]": [
            {"base64": base64.b64encode(b"\xff\x00%d" % number).decode(), "contentType": "image/png"}
            for number in range(4)
        ],
    }
    config = {
        **JSON,
        "timeoutSeconds": 5,
        "method": "POST",
        "path": "/scans",
        "requestName": "scan",
        "usesColumns": True,
        "payloads": True,
        "multipart": {
            "file": "image",
            "fields": {"id": {"$column": "id"}},
            "files": [
                {"name": "mask", "count": 1, "filename": "mask.txt", "payloads": "scan: multipart.files[0]"},
                {"name": "page", "count": 2, "payloads": "scan: multipart.files[1]"},
            ],
        },
        "expect": {"status": [200]},
    }
    with serving() as stub:
        payloads = [payload for rows in sources.values() for payload in rows]
        load = load_plan(users=4, durationSeconds=600)
        directory = make_bundle("rest", host=stub.url, config=config, payloads=payloads, load=load)
        target = json.loads((directory / "target.json").read_text())
        parts = [
            {"rows": len(rows), "weight": 1, "order": "sequential", "of": of} for of, rows in sources.items()
        ]
        (directory / "target.json").write_text(json.dumps({**target, "payloads": parts}))
        cluster = Cluster(start_locusts(directory), 2)
        cluster.swarm(4)
        eventually(lambda: len(stub.requests) >= 40, "requests")
        statistics = cluster.settled()
        requests = list(stub.requests)
    assert [error["error"] for error in statistics["errors"]] == [
        "the payload cannot be sent: the payload has no member 'id'"
    ]
    assert statistics["total"]["succeeded"] == len(requests)
    for request in requests:
        found = [
            (
                part.get_param("name", header="content-disposition"),
                part.get_filename(),
                part.get_content_type() if part.get_filename() else None,
                part.get_payload(decode=True),
            )
            for part in all_parts_of(request)
        ]
        number = int(found[0][3])
        pages = [content for name, _, _, content in found if name == "page"]
        first = pages[0][-1] - ord("0")
        assert found == [
            ("id", None, None, b"%d" % number),
            ("image", f"payload-{number + 1}.json", "application/json", b'{"id":%d}' % number),
            ("mask", "mask.txt", "application/json", b"mask %d" % number),
            *(
                ("page", f"payload-{7 + page}.png", "image/png", b"\xff\x00%d" % page)
                for page in (first, (first + 1) % 4)
            ),
        ]


# What a payload may hold, and the text that it is in a path, a query, a header and a form.
VALUES = [
    ("ü ☃ 😀", "ü ☃ 😀"),
    ("a&b=c?d#e/f%2F+g;h,i", "a&b=c?d#e/f%2F+g;h,i"),
    ('"q\\u', '"q\\u'),
    ("..", ".."),
    ("a\r\nX-Other: 1", "a\r\nX-Other: 1"),
    (" a\t", " a\t"),
    (9007199254740993, "9007199254740993"),
    (True, "true"),
    ([1, {"a": "ü"}], '[1,{"a":"ü"}]'),
    ({}, "{}"),
    ("", ""),
    (None, None),
    ("\ud800", None),
]
PLACES = {
    "path": {"method": "GET", "path": "/path/{v}/end", "parameters": {"v": {"$column": "v"}}},
    "query": {"method": "POST", "path": "/query?a=1", "query": {"v ü": [{"$column": "v"}, "z"]}},
    "header": {"method": "GET", "path": "/header", "headers": {"X-V": {"$column": "v"}}},
    "body": {"method": "PUT", "path": "/body", "body": {"$k": [{"v": {"$column": "v"}}]}},
    "field": {"method": "POST", "path": "/field", "multipart": {"fields": {"v": {"$column": "v"}}}},
    "filename": {"method": "POST", "path": "/filename", "multipart": {"filename": {"$column": "v"}}},
}


def filename_in(received):
    """As WHATWG writes and reads it: percent-encoding of three characters alone."""
    (name,) = re.findall(r'filename="([^"]*)"', received.body.decode())
    for code, character in (("%22", '"'), ("%0D", "\r"), ("%0A", "\n")):
        name = name.replace(code, character)
    return name


def place_of(received):
    return urlsplit(received.path).path.split("/")[1]


def found_in(place, received):
    """What the server reads of the value, with parsers of the standard library."""
    url = urlsplit(received.path)
    match place:
        case "path":
            begin, end = url.path.removeprefix("/path/").rsplit("/", 1)
            assert end == "end" and "/" not in begin
            return unquote(begin)
        case "query":
            query = parse_qs(url.query, keep_blank_values=True, strict_parsing=True)
            assert query["a"] == ["1"] and query["v ü"][-1] == "z"
            return query["v ü"][0] if len(query["v ü"]) == 2 else None
        case "header":
            return received.headers.get("x-v")
        case "body":
            (item,) = json.loads(received.body)["$k"]
            return item["v"]
        case "field":
            part = parts_of(received).get("v")
            return part and part.get_payload(decode=True).decode()
    return filename_in(received)


def test_a_value_arrives_as_it_is_in_every_place_or_is_a_failure_of_its_row(make_bundle, start_locusts):
    routes = [
        {**JSON, "requestName": place, "weight": 1, "payloads": True, "usesColumns": True, **route}
        | {"sendsPayload": False, "expect": {"status": [200]}}
        for place, route in PLACES.items()
    ]
    config = {"timeoutSeconds": 5, "requestName": "path", "routes": routes}
    payloads = [{"json": {"v": value}} for _ in routes for value, _ in VALUES]
    with serving() as stub:
        load = load_plan(waitTime={"minimumSeconds": 0.002, "maximumSeconds": 0.002}, durationSeconds=60)
        directory = make_bundle("rest", host=stub.url, config=config, payloads=payloads, load=load)
        target = json.loads((directory / "target.json").read_text())
        parts = [
            {"rows": len(VALUES), "weight": 1, "order": "sequential", "of": route["requestName"]}
            for route in routes
        ]
        (directory / "target.json").write_text(json.dumps({**target, "payloads": parts}))
        cluster = Cluster(start_locusts(directory), 1)
        cluster.swarm(4)
        sent = Counter()

        def is_enough():
            sent.clear()
            sent.update(map(place_of, list(stub.requests)))
            return len(sent) == len(PLACES) and min(sent.values()) >= 3 * len(VALUES)

        eventually(is_enough, "every value in every place")
        statistics = cluster.settled()
        requests = list(stub.requests)

    for place in PLACES:
        found = [found_in(place, one) for one in requests if place_of(one) == place]
        expected = {
            "path": [text for _, text in VALUES if text],
            "query": [text for _, text in VALUES[:-1]],
            # Null leaves a header out. Others cannot be carried.
            "header": ["..", '"q\\u', "a&b=c?d#e/f%2F+g;h,i", "9007199254740993", "true", "{}", "", None],
            "body": [value for value, _ in VALUES[:-1]],
            "field": [text for _, text in VALUES[:-1]],
            # Nothing is the name that there is without one.
            "filename": [text or "payload" for _, text in VALUES[:-1]],
        }[place]
        if place == "filename":
            found = ["payload" if name.startswith("payload-") else name for name in found]
        assert {json.dumps(one) for one in found} == {json.dumps(one) for one in expected}, place
    errors = {(error["name"], error["kind"], error["error"]) for error in statistics["errors"]}
    said = "the payload cannot be sent: "
    header = "the header X-V can carry printable ASCII only, without blanks at its ends"
    assert errors == {
        *((place, "payload", f"{said}UnicodeEncodeError") for place in PLACES),
        ("header", "payload", f"{said}{header}"),
        ("path", "payload", f"{said}the value of {{v}} in the path is empty"),
    }


CHAT = {"messages": [{"role": "user", "content": "Hi"}], "stream": True}
EVENTS = b"".join(
    b"data: %b\n\n" % json.dumps(event).encode()
    for event in (
        {"choices": [{"delta": {"role": "assistant", "content": ""}}]},
        {"choices": [{"delta": {"content": "a"}}]},
        {"choices": [{"delta": {"content": "b"}, "finish_reason": "stop"}]},
        {"choices": [], "usage": {"prompt_tokens": 3, "completion_tokens": 2}},
    )
)
DONE = b"data: [DONE]\n\n"


def test_one_of_two_routes_streams_tokens(make_bundle, start_locusts):
    answers = itertools.cycle([EVENTS + DONE, EVENTS + DONE, EVENTS])
    events = {"Content-Type": "text/event-stream"}

    def answer(received):
        is_chat = received.path == "/chat"
        return Answer(200, next(answers), events) if is_chat else Answer(200, b"{}")

    end = {"stream": {"done": True}}
    routes = [
        {"requestName": "chat", "path": "/chat", "body": CHAT, "expect": {"status": [200], **end}},
        {"requestName": "plain", "path": "/plain", "body": {"stream": False}, "expect": {"status": [200]}},
    ]
    config = {
        "timeoutSeconds": 5,
        "requestName": "chat",
        "routes": [{**JSON, "weight": 1, "method": "POST", "payloads": False, **route} for route in routes],
    }
    with serving(answer) as stub:
        directory = make_bundle("rest", host=stub.url, config=config)
        cluster = Cluster(start_locusts(directory), 1)
        cluster.swarm(1)
        eventually(lambda: len(stub.requests) >= 60, "60 requests")
        statistics = cluster.settled()
        sent = Counter(request.path for request in stub.requests)
    rows = {row["name"]: row for row in statistics["requests"]}
    assert (rows["chat"]["sent"], rows["plain"]["sent"]) == (sent["/chat"], sent["/plain"])
    good, cut = rows["chat"]["succeeded"], rows["chat"]["failed"]
    assert cut == sent["/chat"] // 3 and rows["plain"]["failed"] == 0
    assert rows["chat"]["counters"]["output_tokens"] == 2 * good
    assert rows["chat"]["trends"]["time_to_first_token"]["count"] == good
    assert "output_tokens" not in rows["plain"]["counters"]
    assert {error["kind"] for error in statistics["errors"]} == {"stream"}
