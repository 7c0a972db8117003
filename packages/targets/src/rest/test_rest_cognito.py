"""Tokens of a user pool: moto's Cognito is the independent peer, joserfc reads its tokens."""

import base64
import json
import threading
import time
from dataclasses import replace
from urllib.parse import parse_qs
from urllib.request import urlopen

import boto3
import pytest
from joserfc import jwk, jwt
from loadwright_runtime import SourceSetup, variables
from loadwright_runtime.source.bundle import read_bundle
from loadwright_runtime.source.errors import CredentialsError
from loadwright_runtime.source.renewal import Renewed
from locust_harness import Answer, Clock, Cluster, eventually, load_plan, serving
from moto.server import ThreadedMotoServer
from rest_cognito import UserPool, _life_of
from rest_requests import RestRequests

CONFIG = {
    "method": "POST",
    "path": "/v1/items",
    "requestName": "item",
    "headers": {},
    "contentType": "application/json",
    "secretHeaders": {},
    "timeoutSeconds": 60,
    "body": {"a": 1},
    "expect": {"status": [200]},
}
OF_POOL = {"clientId": "client1", "header": "Authorization", "prefix": "Bearer ", "tokenType": "access"}
USER = {**OF_POOL, "username": "someone"}
SECRETS = {
    "LOADWRIGHT_COGNITO_CLIENT_SECRET": "canary-secret",
    "LOADWRIGHT_COGNITO_PASSWORD": "canary Pass1!",
}


@pytest.fixture
def setup_of(make_bundle, monkeypatch):
    monkeypatch.setattr(Renewed, "_shared", {})
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)
    written = read_bundle(make_bundle("rest", host="http://127.0.0.1:1", config={}))

    def make(url, cognito, **changes):
        config = {**CONFIG, "cognitoUrl": url, "cognito": cognito, **changes}
        return SourceSetup(replace(written, config=config), written.host)

    yield make
    for renewed in Renewed._shared.values():
        renewed.close()


def unsigned(seconds, **claims):
    now = int(time.time())
    parts = [{"alg": "none"}, {"iat": now, "exp": now + seconds, **claims}]
    texts = [base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts]
    return f"{texts[0]}.{texts[1]}.c2ln"


class Pool:
    """Its two faces, and an API that knows its tokens."""

    def __init__(self, lives=3600):
        self.lives = lives
        self.clock = time.monotonic
        self.asked = []
        self.refusal = None
        self.refuses_refresh = False
        self.dead = self.unknown = self.served = 0
        self._ends = {}
        self._lock = threading.Lock()

    def __call__(self, request):
        with self._lock:
            if request.path == "/oauth2/token":
                form = {name: values[0] for name, values in parse_qs(request.body.decode()).items()}
                return self._answer(form, lambda token: {"access_token": token, "expires_in": self.lives})
            if "x-amz-target" in request.headers:
                return self._initiate(json.loads(request.body))
            return self._serve(request)

    def _initiate(self, document):
        def result(token):
            tokens = {"AccessToken": token, "IdToken": f"id.{token}", "ExpiresIn": self.lives}
            if document["AuthFlow"] == "USER_PASSWORD_AUTH":
                tokens["RefreshToken"] = "canary-refresh"
            return {"AuthenticationResult": tokens}

        if document["AuthFlow"] == "REFRESH_TOKEN_AUTH" and self.refuses_refresh:
            self.asked.append(document)
            return Answer(400, b'{"__type":"NotAuthorizedException","message":"canary"}')
        return self._answer(document, result)

    def _answer(self, asked, result):
        self.asked.append(asked)
        if self.refusal:
            return self.refusal
        token = unsigned(self.lives, jti=len(self.asked), username="the-sub")
        self.issued_at = self.clock()
        self._ends[token] = self.issued_at + self.lives
        return Answer(200, json.dumps(result(token)).encode())

    def _serve(self, request):
        ends = self._ends.get(request.headers.get("authorization", "").removeprefix("Bearer "))
        self.unknown += ends is None
        self.dead += ends is not None and self.clock() >= ends
        self.served += 1
        return Answer()


def test_a_user_of_motos_pool(setup_of, monkeypatch):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    server.start()
    try:
        host, port = server.get_host_and_port()
        url = f"http://{host}:{port}"
        cognito = boto3.client("cognito-idp", region_name="us-east-1", endpoint_url=url)
        pool = cognito.create_user_pool(PoolName="p")["UserPool"]["Id"]
        client = cognito.create_user_pool_client(
            UserPoolId=pool,
            ClientName="c",
            GenerateSecret=True,
            ExplicitAuthFlows=["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"],
        )["UserPoolClient"]
        cognito.admin_create_user(UserPoolId=pool, Username="someone")
        password = SECRETS["LOADWRIGHT_COGNITO_PASSWORD"]
        cognito.admin_set_user_password(
            UserPoolId=pool, Username="someone", Password=password, Permanent=True
        )
        monkeypatch.setenv("LOADWRIGHT_COGNITO_CLIENT_SECRET", client["ClientSecret"])
        keys = jwk.KeySet.import_key_set(json.load(urlopen(f"{url}/{pool}/.well-known/jwks.json")))
        for kind, use in (("id", "id"), ("access", "access")):
            config = {**USER, "clientId": client["ClientId"], "tokenType": kind}
            user = UserPool(setup_of(url, config))
            first = user.value()
            user._renewed._renew()
            tokens = [value.removeprefix("Bearer ") for value in (first, user.value())]
            for token in tokens:
                claims = jwt.decode(token, keys).claims
                assert claims["token_use"] == use
                assert claims.get("aud", claims.get("client_id")) == client["ClientId"]
            # The second one came by the refresh token.
            assert user._refresh is not None and user._refresh in variables.given()
        monkeypatch.setenv("LOADWRIGHT_COGNITO_PASSWORD", "canary-wrong")
        with pytest.raises(
            CredentialsError, match="NotAuthorizedException.*LOADWRIGHT_COGNITO_PASSWORD"
        ) as raised:
            UserPool(setup_of(url, {**USER, "clientId": client["ClientId"], "prefix": ""}))
        assert "canary" not in str(raised.value)
    finally:
        server.stop()


def test_an_app_client(setup_of):
    pool = Pool()
    with serving(pool) as stub:
        source = RestRequests(setup_of(stub.url, {**OF_POOL, "scopes": ["a/read", "b"]}))
        request = source.next_request()
    assert pool.asked == [{"grant_type": "client_credentials", "scope": "a/read b"}]
    (token,) = pool._ends
    assert request.headers["Authorization"] == f"Bearer {token}"
    basic = base64.b64encode(b"client1:canary-secret").decode()
    assert stub.requests[0].headers["authorization"] == f"Basic {basic}"


def test_a_refresh_token_that_is_refused_and_requests_of_each_form(setup_of):
    """A new token reaches requests that are fixed, generated, of payloads, and of several routes."""
    pool = Pool()
    with serving(pool) as stub:
        cognito = {**USER, "header": "X-Token", "prefix": "", "tokenType": "id"}
        routes = [
            {**CONFIG, "requestName": name, "weight": 1, **changes}
            for name, changes in {
                "fixed": {},
                "generated": {"body": {"a": {"$uuid": True}}},
                "anew": {"query": {"q": {"$uuid": True}}},
            }.items()
        ]
        source = RestRequests(setup_of(stub.url, cognito, routes=routes))
        (renewed,) = Renewed._shared.values()
        names = [route["requestName"] for route in routes]
        sent = [{source.request_named(name).headers["X-Token"] for name in names}]
        renewed._renew()
        sent.append({source.request_named(name).headers["X-Token"] for name in names})
        pool.refuses_refresh = True
        renewed._renew()
        sent.append({source.request_named(name).headers["X-Token"] for name in names})
    assert sent == [{f"id.{token}"} for token in pool._ends]
    flows = [document["AuthFlow"] for document in pool.asked]
    assert flows == ["USER_PASSWORD_AUTH", "REFRESH_TOKEN_AUTH", "REFRESH_TOKEN_AUTH", "USER_PASSWORD_AUTH"]
    assert pool.asked[1]["AuthParameters"]["REFRESH_TOKEN"] == "canary-refresh"


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (Answer(200, b'{"ChallengeName":"NEW_PASSWORD_REQUIRED"}'), "challenge NEW_PASSWORD_REQUIRED"),
        (Answer(200, b'{"AuthenticationResult":{}}'), "holds no AccessToken"),
        (Answer(200, b"<html>"), "holds no AccessToken"),
        (
            Answer(400, b'{"__type":"a.b#UserNotFoundException","message":"canary"}'),
            "400 UserNotFoundException",
        ),
        (Answer(307, b"", {"Location": "http://127.0.0.1:1/"}), "HTTP 307"),
    ],
)
def test_a_user_who_gets_no_token(setup_of, answer, message):
    with serving(lambda _: answer) as stub, pytest.raises(CredentialsError, match=message) as raised:
        UserPool(setup_of(stub.url, USER))
    assert "canary" not in str(raised.value)
    assert len(stub.requests) == 1


@pytest.mark.parametrize(
    ("claims", "expires_in", "seconds"),
    [
        ({"iat": 100, "exp": 400}, 3600, 299.0),
        ({}, 3600, 3600.0),
        ({"iat": "x", "exp": 1}, None, 300.0),
        ({"iat": 1, "exp": 10**400}, None, 300.0),
    ],
)
def test_the_life_of_a_token_is_its_own(claims, expires_in, seconds):
    assert _life_of(claims, expires_in) == seconds


def test_requests_go_on_while_tokens_are_renewed(make_bundle, start_locusts):
    pool = Pool()
    with serving(pool) as stub:
        directory = make_bundle(
            "rest",
            host=stub.url,
            config={**CONFIG, "cognitoUrl": stub.url, "cognito": OF_POOL},
            load=load_plan(durationSeconds=60, waitTime={"minimumSeconds": 0.01, "maximumSeconds": 0.01}),
        )
        pool.clock = Clock(directory)
        cluster = Cluster(start_locusts(directory), 1, worker_variables=SECRETS)

        def go_on():
            """Lets time pass, and waits until the only user has sent a request after that."""
            pool.clock.pass_by(pool.lives / 20)
            before = pool.served
            eventually(lambda: pool.served >= before + 2, "that requests go on")

        cluster.swarm(1)
        for number in range(2, 5):
            while len(pool.asked) < number:
                # Each is renewed at 0.8 of its life at the latest.
                if pool.clock() < pool.issued_at + 0.8 * pool.lives:
                    go_on()
                else:
                    eventually(lambda number=number: len(pool.asked) >= number, "a renewal")
        pool.refusal = Answer(503, b'{"message":"canary"}')
        asked = len(pool.asked)
        while pool.clock() < pool.issued_at + 0.8 * pool.lives:
            go_on()
        eventually(lambda: len(pool.asked) > asked, "an attempt")
        assert cluster.web.statistics()["errors"] == []
        # After its last use, before its end: what is on its way may arrive.
        pool.clock.pass_by(pool.issued_at + pool.lives - 30 - pool.clock())
        errors = eventually(
            lambda: [one for one in cluster.web.statistics()["errors"] if "503" in one["error"]], "failures"
        )
        before = pool.served
        pool.refusal = None
        # Further attempts are a minute apart.
        pool.clock.pass_by(60)
        eventually(lambda: pool.served > before, "that it goes on")
        statistics = cluster.settled()
    assert (pool.dead, pool.unknown) == (0, 0)
    # Nothing was sent with a dead token; what could not be sent says why.
    assert {error["kind"] for error in errors} == {"credentials"}
    assert "HTTP 503" in errors[0]["error"] and "canary" not in json.dumps(errors)
    assert statistics["total"]["counters"]["credential_renewals"] >= 3
