"""The OpenAI-compatible route: its path, its token, and when that is made anew."""

import base64
import time

import botocore.auth
import botocore.awsrequest
import botocore.credentials
import pytest
import sagemaker_openai
from loadwright_runtime import Credentials, SourceSetup
from loadwright_runtime.source.bundle import read_bundle
from sagemaker_openai import SageMakerOpenAiRequests, bearer_token

CONFIG = {
    "endpointName": "chat",
    "region": "eu-west-1",
    "timeoutSeconds": 70,
    "contentType": "application/json",
    "headers": {},
    "requestName": "chat",
    "expect": {"status": [200]},
    "openai": True,
}
PAYLOADS = [{"json": {"messages": [], "stream": True}}, {"json": {"messages": []}}]


def by_botocore(credentials, region, seconds):
    """As ``token_generator`` of sagemaker-core makes it, which is botocore's own presigned URL."""
    request = botocore.awsrequest.AWSRequest(
        "POST",
        "https://sagemaker.amazonaws.com/",
        headers={"host": "sagemaker.amazonaws.com"},
        params={"Action": "CallWithBearerToken"},
    )
    theirs = botocore.credentials.Credentials(*credentials)
    botocore.auth.SigV4QueryAuth(theirs, "sagemaker", region, expires=seconds).add_auth(request)
    text = request.url.removeprefix("https://") + "&Version=1"
    return "sagemaker-api-key-" + base64.b64encode(text.encode()).decode()


def parts(token):
    host, _, query = base64.b64decode(token.removeprefix("sagemaker-api-key-")).decode().partition("?")
    return host, sorted(query.split("&"))


@pytest.mark.parametrize("session", [None, "FwoGZXIvYXdzE/+=="])
@pytest.mark.parametrize("region", ["eu-west-1", "eusc-de-east-1"])
def test_a_token_is_the_one_of_botocore(monkeypatch, session, region):
    credentials = Credentials("AKIDEXAMPLE", "a-secret", session)
    for _ in range(3):
        second = int(time.time())
        ours, theirs = bearer_token(credentials, region, 600), by_botocore(credentials, region, 600)
        if int(time.time()) == second:
            break
    assert parts(ours) == parts(theirs)


@pytest.fixture
def source(make_bundle, monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "a-secret")

    def make(**changes):
        directory = make_bundle(
            "sagemaker", host="https://r.example", config=CONFIG | changes, payloads=PAYLOADS
        )
        bundle = read_bundle(directory)
        return SageMakerOpenAiRequests(SourceSetup(bundle, bundle.host))

    return make


def test_request(source):
    streamed, whole = (request := source()).next_request(), request.next_request()
    assert streamed.path == "/endpoints/chat/openai/v1/chat/completions"
    assert streamed.headers["Authorization"].startswith("Bearer sagemaker-api-key-")
    assert streamed.on_piece is not None and whole.on_piece is None


def test_a_component_is_in_the_path(source):
    path = "/endpoints/chat/inference-components/qwen/openai/v1/chat/completions"
    assert source(inferenceComponent="qwen").next_request().path == path


def test_a_token_is_made_anew_long_before_it_ends_and_with_new_credentials(source, monkeypatch):
    monotonic = [1000.0]
    monkeypatch.setattr(sagemaker_openai.time, "monotonic", lambda: monotonic[0])
    made = []
    make = sagemaker_openai.bearer_token
    monkeypatch.setattr(
        sagemaker_openai, "bearer_token", lambda *one: made.append(one) or f"{len(made)}{make(*one)}"
    )
    requests = source()
    token = lambda: requests.next_request().headers["Authorization"]  # noqa: E731
    first = token()
    token()
    assert token() == first and len(made) == 1
    monotonic[0] += sagemaker_openai._LASTS_SECONDS / 2
    assert token() != first and len(made) == 2
    requests._use(Credentials("ASIANEW", "new", "token"))
    token()
    assert made[-1][0].access_key == "ASIANEW" and len(made) == 3
