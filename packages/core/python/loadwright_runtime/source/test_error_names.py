import uuid

import pytest

from loadwright_runtime.source.error_names import error_type, type_in


@pytest.mark.parametrize(
    "name",
    [
        "ModelError",
        "RESOURCE_DOES_NOT_EXIST",
        "S3Error",
        "HTTP_404_NOT_FOUND",
        "rate_limit_exceeded",
        "invalid-api-key",
        "Client.Throttled",
        "E1234x",
        "ok",
    ],
)
def test_names_that_stay(name):
    assert error_type(name) == name


@pytest.mark.parametrize(
    ("value", "name"),
    [
        ("com.amazonaws#ValidationError", "ValidationError"),
        ("ThrottlingException:http://internal.amazon.com/x/", "ThrottlingException"),
        ("INTERNAL_ERROR_8f3a9b2c", "INTERNAL_ERROR"),
        (f"internal-error-{uuid.UUID(int=2**127 + 5)}", "internal-error"),
        ("err.deadbeef.ModelError", "err.….ModelError"),
        ("ModelError20261128", "ModelError"),
        ("TIMEOUT_17219", "TIMEOUT"),
        ("OutOfMemory_x8Kq2ZpR7w", "OutOfMemory"),
    ],
)
def test_what_varies_is_left_out(value, name):
    assert error_type(value) == name


@pytest.mark.parametrize(
    "value",
    [
        None, 500, "", "500", "x", "a message of words", "req-8f2a91", str(uuid.uuid4()), "9f86d081884c7d65",
        "https://example.com/probs/out-of-credit", "n" * 65, "…", {"a": 1},
    ],
)  # fmt: skip
def test_what_is_no_name(value):
    assert error_type(value) is None


def test_a_service_with_an_id_in_its_code_makes_one_name():
    names = {error_type(f"INFERENCE_FAILED_{uuid.uuid4().hex[:12]}") for _ in range(500)}
    assert names == {"INFERENCE_FAILED"}


@pytest.mark.parametrize(
    ("document", "name"),
    [
        ({"error": {"message": "m", "type": "BadRequestError", "code": 400}}, "BadRequestError"),
        ({"error": "overloaded", "code": "OVERLOADED"}, "OVERLOADED"),
        ({"error_code": "RESOURCE_DOES_NOT_EXIST", "message": "m"}, "RESOURCE_DOES_NOT_EXIST"),
        ({"error": {"code": None}, "type": "about:blank", "code": "Full"}, "Full"),
        ({"message": "m"}, None),
        (["ModelError"], None),
        (None, None),
    ],
)
def test_where_a_type_stands(document, name):
    assert type_in(document) == name
