import json

import pytest
from loadwright_runtime import Response, ResponseCheck
from loadwright_runtime.json_checks import find, parse_pointer, same

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
    ],
)
def test_rules(rule, good, bad, text):
    check = {"status": [200], "json": {"pointer": "/x", **rule}}
    assert [reason(check, {"x": value}) for value in good] == [None] * len(good)
    assert {reason(check, {"x": value}) for value in bad} == {f"check of /x: {text}"}


@pytest.mark.parametrize("body", [b"", b"<html>", b"\xff", b"NaN", b'{"x": Infinity}', b"[" * 100_000])
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
