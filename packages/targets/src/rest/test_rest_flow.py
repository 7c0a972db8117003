import json

import pytest
from loadwright_runtime import Failure, Piece, Response, SetupError, SourceSetup
from loadwright_runtime.measure.failure_samples import FailureSamples
from loadwright_runtime.measure.rows import Row
from loadwright_runtime.source.bundle import read_bundle
from rest_requests import RestRequests


def step(name, path, method="POST", **more):
    return {
        "requestName": name,
        "method": method,
        "path": path,
        "contentType": "application/json",
        "headers": {},
        "payloads": False,
        "expect": {"status": [200]},
        "extract": {},
        **more,
    }


TOKEN = {"$extracted": {"name": "token", "prefix": "Bearer "}}
LOGIN = step("login", "/login", extract={"token": {"json": "/token"}, "user": {"json": "/user/id"}})
ITEMS = step(
    "items",
    "/users/{user}/items",
    "GET",
    parameters={"user": {"$extracted": "user"}},
    query={"access_token": {"$extracted": "token"}},
    headers={"Authorization": TOKEN},
    extract={"order": {"header": "Location", "matches": "/orders/([^/]+)$"}},
)
ORDER = step("order", "/orders", body={"order": {"$extracted": "order"}, "user": {"$extracted": "user"}})
BUY = {"weight": 1, "steps": [LOGIN, ITEMS, ORDER]}


class Headers(dict):
    def all(self):
        return self


@pytest.fixture
def source(make_bundle):
    def make(*flows, routes=None, **config):
        config |= {"headers": {}, "secretHeaders": {}, "timeoutSeconds": 5, "flows": list(flows)}
        bundle = read_bundle(
            make_bundle(
                "rest", host="https://api.example", config=config | ({"routes": routes} if routes else {})
            )
        )
        return RestRequests(SourceSetup(bundle, bundle.host))

    return make


def answer(source, request, body=b"{}", status=200, seconds=0.0, **headers):
    """What the source says of an answer to a request."""
    response = Response(status, Headers(headers), body, request.on_piece)
    response.request = request
    response.seconds = seconds
    return source.check(response)


def logged_in(token="t-1234", user=7):
    return json.dumps({"token": token, "user": {"id": user}}).encode()


def test_a_flow_takes_values_out_of_answers(source):
    requests = source(BUY)
    make = requests.maker()
    login = make()
    assert answer(requests, login, logged_in("a/b c", 7.10)) is None
    items = make()
    assert (items.method, items.name) == ("GET", "items")
    assert items.path == "/users/7.1/items?access_token=a%2Fb%20c"
    assert items.headers == {"Authorization": "Bearer a/b c"}
    assert answer(requests, items, location="https://x/orders/o-42") is None
    order = make()
    assert order.body == b'{"order":"o-42","user":7.1}'
    assert answer(requests, order) is None
    assert make().name == "login"


def test_a_completed_flow_is_as_long_as_its_steps_together(source):
    requests = source(BUY)
    make = requests.maker()
    row = requests.metrics.at_hand = Row()
    for token in ("t-1", "t-2"):
        answer(requests, make(), logged_in(token), seconds=1.0)
        answer(requests, make(), location="/orders/1", seconds=0.25)
        assert "flow_duration" not in row.trends or token == "t-2"
        answer(requests, make(), seconds=2.0)
    answer(requests, make(), logged_in(), seconds=50.0)
    answer(requests, make(), status=500, seconds=50.0)
    assert row.counters["flows_completed"] == 2
    duration = row.trends["flow_duration"]
    assert (duration.count, duration.maximum) == (2, 3.25)


def test_a_target_without_flows_measures_none_of_them(source):
    requests = source(routes=[{**step("ping", "/ping", "GET"), "weight": 1}])
    assert not {"flow_duration", "flows_completed", "flow_completion"} & set(requests.metrics.definitions)


def test_numbers_keep_their_digits(source):
    requests = source(BUY)
    make = requests.maker()
    answer(requests, make(), b'{"token":true,"user":{"id":12345678901234567890.10}}')
    items = make()
    assert items.path == "/users/12345678901234567890.10/items?access_token=true"
    answer(requests, items, location="/orders/1")
    assert make().body == b'{"order":"1","user":12345678901234567890.10}'


def test_each_user_goes_on_with_its_own_flow(source):
    requests = source(BUY)
    one, other = requests.maker(), requests.maker()
    first, second = one(), other()
    assert answer(requests, first, logged_in("one1", 1)) is None
    # The other one's answer is not there: it cannot be asked for the step of a flow that is not its own.
    assert other().name == "login"
    assert answer(requests, second, logged_in("two2", 2)) is None
    assert other().path.startswith("/users/2/")
    assert one().path.startswith("/users/1/")


def test_flows_that_wait_come_before_new_ones_in_their_order(source):
    requests = source(BUY)
    make = requests.maker()
    logins = [make() for _ in range(3)]
    assert {login.name for login in logins} == {"login"}
    for user in (2, 0, 1):
        answer(requests, logins[user], logged_in(user=user))
    assert [make().path.split("?")[0] for _ in range(3)] == [f"/users/{user}/items" for user in (2, 0, 1)]
    assert make().name == "login"


def test_a_flow_ends_with_a_step_that_fails(source):
    requests = source(BUY)
    make = requests.maker()
    assert answer(requests, make(), logged_in(), status=500) == "HTTP 500"
    assert make().name == "login"
    # One that gets no answer at all is asked about by nobody.
    answer(requests, make(), logged_in())
    assert make().name == "items"
    assert make().name == "login"


def test_routes_and_flows_by_weight(source):
    routes = [{**step("ping", "/ping", "GET"), "weight": 3}]
    requests = source(BUY, routes=routes)
    make = requests.maker()
    names = [make().name for _ in range(2000)]
    # Four standard deviations of a share of 1/4.
    assert abs(names.count("login") / 2000 - 1 / 4) < 4 * (3 / 16 / 2000) ** 0.5
    assert set(names) == {"login", "ping"}
    assert requests.plain_statuses() == ()


DEEP = b'{"a":' + b"[" * 100_000


@pytest.mark.parametrize(
    ("extract", "body", "problem"),
    [
        ({"json": "/token"}, b"{}", "no value at /token"),
        ({"json": "/token"}, b"{", "the answer is not JSON"),
        ({"json": "/token"}, DEEP, "the answer is not JSON"),
        ({"json": ""}, b"{}", "the value at the top is no text, no number, neither true nor false"),
        ({"json": "/a"}, b'{"a":null}', "the value at /a is no text, no number, neither true nor false"),
        ({"json": "/a"}, b'{"a":NaN}', "the value at /a is no text, no number, neither true nor false"),
        ({"json": "/a"}, b'{"a":""}', "the value is empty"),
        ({"json": "/a"}, b'{"a":"\\ud800"}', "the value is no valid text"),
        ({"json": "/a"}, b'{"a":"%b"}' % (b"x" * 16_385), "the value is longer than 16 KiB"),
        *(
            ({"json": "/a"}, body, "a header can carry printable ASCII only, without blanks at its ends")
            for body in (b'{"a":"\\r\\nX: 1"}', b'{"a":" b"}', b'{"a":"b\\t"}', '{"a":"ü"}'.encode())
        ),
        ({"header": "x-id"}, b"", "no header x-id"),
        ({"matches": "id=([0-9]+)"}, b"id=", "nothing matches"),
        ({"matches": "id=(x)?"}, b"id=", "nothing matches"),
        ({"json": "/a", "matches": "^x"}, b'{"a":1}', "nothing matches"),
        ({"header": "content-encoding", "matches": "p"}, b"", "nothing matches"),
    ],
)
def test_what_is_not_found_is_a_failure_of_its_own(source, extract, body, problem):
    use = {"headers": {"X-Token": {"$extracted": "token"}}}
    requests = source(
        {"weight": 1, "steps": [step("a", "/a", extract={"token": extract}), step("b", "/b", **use)]}
    )
    make = requests.maker()
    headers = {"content-encoding": "identity"} if extract.get("header") == "content-encoding" else {}
    failure = answer(requests, make(), body, **headers)
    assert failure == ("extract", f"extract of token: {problem}")
    assert make().name == "a"


@pytest.mark.parametrize(
    ("extract", "body", "value"),
    [
        ({"json": "/a/0"}, b'{"a":["\xc3\xbc"]}', "ü"),
        ({"json": ""}, b"17", 17),
        ({"json": "/a"}, b'{"a":false}', False),
        ({"json": "/a"}, b'{"a":"%b"}' % (b"x" * 16_384), "x" * 16_384),
        ({"json": "/a", "matches": "[0-9]+"}, b'{"a":"no. 17"}', "17"),
        ({"json": "/a", "matches": "[0-9]"}, b'{"a":17}', "1"),
        ({"matches": 'name="csrf" value="([^"]+)"'}, b'<input name="csrf" value="x&y">', "x&y"),
        ({"header": "X-Id"}, b"no JSON", "5"),
    ],
)
def test_what_is_found(source, extract, body, value):
    use = {"body": {"it": {"$extracted": "it"}}}
    requests = source(
        {"weight": 1, "steps": [step("a", "/a", extract={"it": extract}), step("b", "/b", **use)]}
    )
    make = requests.maker()
    assert answer(requests, make(), body, **{"x-id": "5"}) is None
    assert json.loads(make().body) == {"it": value}


def test_a_stream_has_no_body(source):
    first = step("a", "/a", body={"stream": True}, extract={"it": {"json": "/a"}, "id": {"header": "X-Id"}})
    requests = source({"weight": 1, "steps": [first, step("b", "/b", body={"$extracted": "it"})]})
    request = requests.maker()()
    headers = Headers({"content-type": "application/json", "x-id": "5"})
    request.on_piece(Piece(0.1, b'{"a":1}', 200, headers))
    failure = answer(requests, request, b"", **headers)
    assert failure == ("extract", "extract of it: a stream has no body to take it from")
    assert list(request.secrets) == ["5"]


def test_an_expression_that_is_none_is_said_before_the_load(source):
    with pytest.raises(SetupError, match="no regular expression of Python"):
        source({"weight": 1, "steps": [step("a", "/a", extract={"it": {"matches": "("}}), step("b", "/b")]})


def test_values_are_in_no_sample(source):
    requests = source(BUY)
    make = requests.maker()
    samples = FailureSamples()

    def sample_of(request, body, status=200, **headers):
        response = Response(status, Headers(headers), body, request.on_piece)
        response.request = request
        reason = requests.check(response)
        failure = reason if isinstance(reason, Failure) else Failure("status", reason)
        samples.collect(request, response, failure, 0.1)
        (sample,) = samples.take()
        return sample

    # What a wrong answer holds is looked for, so that nothing of it is shown.
    wrong = sample_of(make(), logged_in("canary-1"), status=500)
    assert wrong["body"] == '{"token": "[redacted]", "user": {"id": 7}}'
    # It stands elsewhere: the body is not shown at all.
    missing = sample_of(make(), b'{"access": "canary-2", "user": {"id": 7}}')
    assert missing["kind"] == "extract" and "body" not in missing and "canary" not in str(missing)
    # A later answer repeats it, as it is and as a URL has it.
    answer(requests, make(), logged_in("canary 3&"))
    repeated = sample_of(make(), b"no canary 3& and canary%203%26", status=401, location="/orders/canary-4")
    assert "canary" not in str(repeated) and repeated["body"].count("[redacted]") == 2


def test_before_a_load_the_steps_before_are_sent_first(source):
    requests = source(BUY, routes=[{**step("ping", "/ping", "GET"), "weight": 1}])
    assert requests.names_before("ping") == requests.names_before("login") == []
    assert requests.names_before("order") == ["login", "items"]
    assert answer(requests, requests.request_named("login"), logged_in()) is None
    assert answer(requests, requests.request_named("items"), location="/orders/17") is None
    assert requests.request_named("order").body == b'{"order":"17","user":7}'
    assert requests.request_named("ping").name == "ping"
