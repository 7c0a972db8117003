import gzip
import json
import zlib

import pytest

from loadwright_runtime import Failure, Response, ResponseCheck, SetupError
from loadwright_runtime.answers.checks import verdict
from loadwright_runtime.answers.json_checks import same
from loadwright_runtime.measure.failures import reasons
from loadwright_runtime.source.json_pointer import find, parse_pointer

# The example of RFC 6901, section 5.
DOCUMENT = {
    "foo": ["bar", "baz"],
    "": 0,
    "a/b": 1,
    "c%d": 2,
    "e^f": 3,
    "g|h": 4,
    "i\\j": 5,
    'k"l': 6,
    " ": 7,
    "m~n": 8,
}
POINTERS = {
    "": DOCUMENT,
    "/foo": ["bar", "baz"],
    "/foo/0": "bar",
    "/": 0,
    "/a~1b": 1,
    "/c%d": 2,
    "/e^f": 3,
    "/g|h": 4,
    "/i\\j": 5,
    '/k"l': 6,
    "/ ": 7,
    "/m~0n": 8,
}


@pytest.mark.parametrize(("pointer", "value"), POINTERS.items())
def test_pointer(pointer, value):
    assert find(DOCUMENT, parse_pointer(pointer)) == value


def test_pointer_unescapes_in_the_right_order():
    assert find({"~1": 9}, parse_pointer("/~01")) == 9


@pytest.fixture(autouse=True)
def no_reasons():
    reasons.clear()


def reason(check, body, status=200, headers=None):
    body = body if isinstance(body, bytes) else json.dumps(body).encode()
    return ResponseCheck(check)(Response(status, headers or {}, body))


@pytest.mark.parametrize("pointer", ["/foo/2", "/foo/-", "/foo/01", "/foo/-1", "/foo/x", "/none", "/a~1b/0"])
def test_what_is_not_there(pointer):
    check = {"status": [200], "json": {"pointer": pointer}}
    assert reason(check, DOCUMENT) == f"check of {pointer}: no such value"


@pytest.mark.parametrize(
    ("rule", "good", "bad", "text"),
    [
        ({"type": "number"}, [0, 1.5], [True, "1", None, [], {}], "not of type number"),
        ({"type": "boolean"}, [True], [1, 0, "true"], "not of type boolean"),
        ({"type": "null"}, [None], [0, ""], "not of type null"),
        ({"type": "array"}, [[]], [{}, ""], "not of type array"),
        ({"type": "object"}, [{}], [[], 1], "not of type object"),
        ({"type": "string"}, [""], [1, []], "not of type string"),
        ({"equals": 1}, [1, 1.0], [True, 2, "1"], "not the expected value"),
        ({"equals": {"a": [1]}}, [{"a": [1]}], [{"a": [True]}, {"a": []}], "not the expected value"),
        ({"equals": None}, [None], [0, False], "not the expected value"),
        ({"minimum": 0}, [0, 3], [-0.5], "below 0"),
        ({"maximum": 1.5}, [1.5], [2], "above 1.5"),
        ({"minimum": 0}, [], ["5", None, True], "not of type number"),
        ({"above": 0}, [0.1], [0, -1], "not above 0"),
        ({"below": 1}, [0.9], [1, 2], "not below 1"),
        ({"oneOf": ["a", 1]}, ["a", 1, 1.0], ["b", True], "not one of the expected values"),
        ({"minimumLength": 2}, ["ab", [1, 2], {"a": 1, "b": 2}], ["a", [1], {}], "shorter than 2"),
        ({"maximumLength": 0}, ["", []], ["a", [1]], "longer than 0"),
        ({"maximumLength": 0}, [], [5, None, True], "has no length"),
        ({"matches": "^a+$"}, ["aa"], ["ab", ""], "does not match"),
        ({"matches": "a"}, [], [1, None, ["a"]], "not of type string"),
    ],
)
def test_rules(rule, good, bad, text):
    check = {"status": [200], "json": {"pointer": "/x", **rule}}
    assert [reason(check, {"x": value}) for value in good] == [None] * len(good)
    assert {reason(check, {"x": value}) for value in bad} == {f"check of /x: {text}"}


@pytest.mark.parametrize(
    ("body", "name"),
    [(b"NaN", "NaN"), (b'{"predictions": [1, Infinity]}', "Infinity"), (b"[-Infinity]", "-Infinity")],
)
def test_numbers_that_json_does_not_have(body, name):
    check = {"status": [200], "json": {"pointer": ""}}
    assert reason(check, body) == f"check: the answer holds {name}, which is not JSON"
    assert reason(check, [f"the word {name}"]) is None


@pytest.mark.parametrize("body", [b"", b"<html>", b"\xff", b"nan", b"[" * 100_000])
def test_answer_that_is_not_json(body):
    check = {"status": [200], "json": {"pointer": ""}}
    assert reason(check, body) == "check: the answer is not JSON"


def test_same_is_strict_about_booleans_inside():
    assert same([1, {"a": None}], [1.0, {"a": None}])
    assert not same([True], [1])


@pytest.mark.parametrize(
    ("status", "headers", "body", "expected"),
    [
        (429, {}, b"", "HTTP 429"),
        (
            400,
            {"x-amzn-errortype": "ThrottlingException:http://x/"},
            b'{"message":null}',
            "HTTP 400 ThrottlingException",
        ),
        (424, {}, b'{"Code":"ModelError","Message":"m"}', "HTTP 424 ModelError"),
        (404, {}, b'{"error_code":"RESOURCE_DOES_NOT_EXIST"}', "HTTP 404 RESOURCE_DOES_NOT_EXIST"),
        (400, {}, b'{"__type":"com.amazonaws#ValidationError"}', "HTTP 400 ValidationError"),
        (
            500,
            {},
            b'{"error":{"type":"server_error","message":"CUDA out of memory"}}',
            "HTTP 500 server_error",
        ),
        (500, {"content-encoding": "gzip"}, gzip.compress(b'{"code":"Oops"}'), "HTTP 500 Oops"),
        (500, {"content-encoding": "br"}, b'{"code":"Oops"}', "HTTP 500"),
        # Neither what varies from request to request nor what is no name at all.
        (500, {}, b'{"code":"req-8f2a91"}', "HTTP 500"),
        (500, {}, b'{"code":500}', "HTTP 500"),
        (502, {}, b"{broken", "HTTP 502"),
        (302, {"location": "/x"}, b"", "HTTP 302"),
    ],
)
def test_refusals(status, headers, body, expected):
    assert reason({"status": [200]}, body, status, headers) == expected
    assert reason(None, body, status, headers) == expected


def test_statuses():
    assert reason({"status": [200, 404]}, b"", 404) is None
    assert reason({"status": [200]}, b"", 204) == "HTTP 204"
    assert reason(None, b"", 204) is None


def test_several_checks_are_made_in_turn():
    check = {"status": [200], "json": [{"pointer": "/a"}, {"pointer": "/b", "minimum": 1}]}
    assert reason(check, {"a": 1, "b": 1}) is None
    assert reason(check, {"b": 1}) == "check of /a: no such value"
    assert reason(check, {"a": 1, "b": 0}) == "check of /b: below 1"


@pytest.mark.parametrize(
    ("rule", "headers", "text"),
    [
        ({}, {"x-model": "a"}, None),
        ({}, {}, "not there"),
        ({"equals": "a"}, {"x-model": "b"}, "not the expected value"),
        ({"equals": "a"}, {"x-model": "a"}, None),
        ({"matches": "^v[0-9]"}, {"x-model": "v2"}, None),
        ({"matches": "^v[0-9]"}, {"x-model": "2"}, "does not match"),
        ({"doesNotMatch": "beta"}, {"x-model": "beta-2"}, "matches what it must not"),
    ],
)
def test_headers(rule, headers, text):
    check = {"status": [200], "header": {"name": "X-Model", **rule}}
    assert reason(check, b"", headers=headers) == (text and f"check of the header X-Model: {text}")


@pytest.mark.parametrize(
    ("rule", "body", "text"),
    [
        ({"matches": "ready|done"}, b"all done", None),
        ({"matches": "ready|done"}, b"all", "does not match"),
        ({"doesNotMatch": "(?i)error"}, b"no trouble", None),
        ({"doesNotMatch": "(?i)error"}, b"An Error!", "matches what it must not"),
        ([{"matches": "a"}, {"matches": "b"}], b"a", "does not match"),
        ({"matches": "\u00e9"}, "caf\u00e9".encode(), None),
    ],
)
def test_text(rule, body, text):
    assert reason({"status": [200], "text": rule}, body) == (text and f"check of the text: {text}")


def test_an_expression_that_is_none():
    with pytest.raises(SetupError, match=r"expect holds '\(a', which is no regular expression"):
        ResponseCheck({"status": [200], "text": {"matches": "(a"}})


def test_checks_see_what_a_service_has_compressed():
    check = {"status": [200], "json": {"pointer": "/x", "equals": 1}, "text": {"matches": "x"}}
    body = b'{"x": 1}'
    assert reason(check, gzip.compress(body), headers={"content-encoding": "gzip"}) is None
    assert reason(check, zlib.compress(body), headers={"content-encoding": "deflate"}) is None
    assert reason(check, body, headers={"content-encoding": "gzip"}) == (
        "check: the answer is not what its Content-Encoding says"
    )
    assert reason(check, body, headers={"content-encoding": "br"}) == (
        "check: the answer is encoded with br, which cannot be decoded"
    )
    # Without a check of the body nobody decodes it.
    assert reason({"status": [200]}, body, headers={"content-encoding": "gzip"}) is None


def test_statuses_alone_decide_when_nothing_else_is_checked():
    assert 200 in ResponseCheck({"status": [200]}).plain_statuses()
    for name in ("json", "header", "text", "stream"):
        check = {"pointer": ""} if name == "json" else {"name": "x"}
        assert 200 not in ResponseCheck({"status": [200], name: check}).plain_statuses()


def test_a_verdict_says_the_kind():
    response = Response(200, {}, b"")
    assert verdict(lambda _: None, response) is None
    assert verdict(lambda _: "no", response) == Failure("check", "no")
    assert verdict(lambda _: Failure("stream", "no"), response) == Failure("stream", "no")
    packed = Response(200, {"content-encoding": "gzip"}, b"abc")
    assert verdict(lambda given: given.content and None, packed) == Failure(
        "check", "check: the answer is not what its Content-Encoding says"
    )


def test_an_error_type_with_an_id_makes_few_reasons():
    made = {
        reason(None, {"code": f"{word}_failed_{number:08x}"}, 500)
        for number in range(300)
        for word in ("load", "score")
    }
    assert made == {"HTTP 500 load_failed", "HTTP 500 score_failed"}
    letters = {reason(None, {"code": "x" * number}, 503) for number in range(2, 60)}
    assert len(letters) == 21
