import calendar
import datetime
import json
import random
import string
from pathlib import Path
from unittest import mock
from urllib.parse import quote

import botocore.auth
import botocore.awsrequest
import botocore.credentials
import pytest

from loadwright_runtime import Credentials, Signer

VECTORS = json.loads(Path(__file__).parents[2].joinpath("sigv4_vectors.json").read_text())["vectors"]
SECRET = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
SUITE_TIME = calendar.timegm((2015, 8, 30, 12, 36, 0))


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["name"])
def test_published_vectors(vector):
    credentials = Credentials("AKIDEXAMPLE", SECRET, vector.get("sessionToken"))
    signer = Signer(credentials, "us-east-1", "service", now=lambda: SUITE_TIME)
    prepared = signer.prepare(
        vector["method"],
        "example.amazonaws.com",
        vector["path"],
        vector.get("query", ""),
        vector.get("headers"),
    )
    headers = prepared.headers(vector.get("body", "").encode())
    names = sorted(
        {"host", "x-amz-date"}
        | {name.lower() for name in vector.get("headers", {})}
        | ({"x-amz-security-token"} if "sessionToken" in vector else set())
    )
    assert headers["Authorization"] == (
        "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, "
        f"SignedHeaders={';'.join(names)}, Signature={vector['signature']}"
    )


ODD = string.ascii_letters + string.digits + "-._~!$&'()*+,;=:@ /%äሴ🚀"
PRINTABLE = "".join(map(chr, range(0x21, 0x7F)))


def _text(chance, longest, letters=ODD):
    return "".join(chance.choices(letters, k=chance.randrange(longest)))


def _random_request(chance):
    segments = [
        chance.choice(["", ".", "..", "a", quote(_text(chance, 12), safe=""), "b;c=d"]) for _ in range(5)
    ]
    query = "&".join(
        chance.choice(["{0}={1}", "{0}="]).format(
            quote(_text(chance, 6) or "k", safe="-_.~"), quote(_text(chance, 8), safe="-_.~")
        )
        for _ in range(chance.randrange(4))
    )
    names = (f"X-Odd{chance.choice(['-', '_', ''])}{index}" for index in range(3))
    headers = {name: f" {_text(chance, 9, PRINTABLE)}  c\t{chance.random()} " for name in names}
    if chance.random() < 0.5:
        headers["Content-Type"] = chance.choice(["application/json", "text/csv; charset=utf-8"])
    region = chance.choice(["eu-west-1", "us-gov-west-1", "cn-north-1", "ap-southeast-4"])
    return {
        "method": chance.choice(["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD"]),
        "host": chance.choice([f"runtime.sagemaker.{region}.amazonaws.com", "127.0.0.1:8080", "[::1]:81"]),
        "path": "/" + "/".join(segments),
        "query": query,
        "headers": dict(list(headers.items())[: chance.randrange(5)]),
        "body": chance.randbytes(chance.randrange(200)),
        "access": _text(chance, 20, string.ascii_uppercase) + "A",
        "secret": _text(chance, 50, PRINTABLE) + "/",
        "token": chance.choice([None, _text(chance, 300, PRINTABLE) + "="]),
        "second": chance.randrange(1_000_000_000, 4_000_000_000),
        "region": region,
        "service": chance.choice(["sagemaker", "execute-api"]),
    }


@pytest.mark.parametrize("seed", range(10))
def test_thousand_random_requests_are_signed_as_by_botocore(seed):
    chance = random.Random(seed)
    for _ in range(1000):
        case = _random_request(chance)
        signer = Signer(
            Credentials(case["access"], case["secret"], case["token"]),
            case["region"],
            case["service"],
            now=lambda second=case["second"]: second + 0.7,
        )
        prepared = signer.prepare(case["method"], case["host"], case["path"], case["query"], case["headers"])
        assert prepared.headers(case["body"])["Authorization"] == _botocore_authorization(case), case


def _botocore_authorization(case):
    # botocore derives Host from the URL, without the scheme's own port.
    url = f"http://{case['host']}{case['path']}" + (f"?{case['query']}" if case["query"] else "")
    request = botocore.awsrequest.AWSRequest(case["method"], url, headers=case["headers"], data=case["body"])
    credentials = botocore.credentials.Credentials(case["access"], case["secret"], case["token"])
    moment = datetime.datetime.fromtimestamp(case["second"], datetime.UTC).replace(tzinfo=None)
    with mock.patch("botocore.auth.get_current_datetime", return_value=moment):
        botocore.auth.SigV4Auth(credentials, case["service"], case["region"]).add_auth(request)
    return request.headers["Authorization"]


def test_signature_is_kept_within_a_second_and_renewed_after_it():
    now = [SUITE_TIME]
    signer = Signer(Credentials("AKID", SECRET), "eu-west-1", "sagemaker", now=lambda: now[0])
    prepared = signer.prepare("POST", "h.example", "/p")
    first = prepared.headers(b"body")
    assert prepared.headers(bytes(b"bo" + b"dy")) is first
    assert prepared.headers(b"other")["Authorization"] != first["Authorization"]
    now[0] += 1
    assert prepared.headers(b"body")["Authorization"] != first["Authorization"]
    assert prepared.headers(b"body")["X-Amz-Date"] == "20150830T123601Z"


def test_signing_key_follows_the_date():
    now = [calendar.timegm((2026, 1, 31, 23, 59, 59))]
    signer = Signer(Credentials("AKID", SECRET), "eu-west-1", "sagemaker", now=lambda: now[0])
    prepared = signer.prepare("POST", "h.example", "/p")
    assert "/20260131/" in prepared.headers(b"")["Authorization"]
    now[0] += 1
    fresh = Signer(Credentials("AKID", SECRET), "eu-west-1", "sagemaker", now=lambda: now[0])
    assert prepared.headers(b"") == fresh.prepare("POST", "h.example", "/p").headers(b"")


def test_large_bodies_are_not_kept():
    signer = Signer(Credentials("AKID", SECRET), "eu-west-1", "sagemaker", now=lambda: SUITE_TIME)
    prepared = signer.prepare("POST", "h.example", "/p")
    body = bytes(1_000_000)
    assert prepared.headers(body) is not prepared.headers(body)
