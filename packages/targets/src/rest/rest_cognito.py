"""Tokens of a user pool of Amazon Cognito, which are renewed while the test runs."""

import base64
import hashlib
import hmac
import json
from typing import Any

from loadwright_runtime import SourceSetup, compact_json, variables
from loadwright_runtime.source.error_names import error_type
from loadwright_runtime.source.oauth import TokenService
from loadwright_runtime.source.renewal import Lasting, NoSecretError, Renewed
from loadwright_runtime.source.side_calls import CallFailedError, SideCalls

_CLIENT_VARIABLE = "LOADWRIGHT_COGNITO_CLIENT_SECRET"
_USER_VARIABLE = "LOADWRIGHT_COGNITO_PASSWORD"

_TOKEN_PATH = "/oauth2/token"
_INITIATE_AUTH = "AWSCognitoIdentityProviderService.InitiateAuth"
_CLIENT_REMEDY = (
    f"Check the options cognito.domain, cognito.clientId and cognito.scopes, and {_CLIENT_VARIABLE}: the "
    "app client must have a secret, the grant client credentials, and these scopes"
)
_USER_REMEDY = (
    f"Check the options cognito.clientId and cognito.username, and {_USER_VARIABLE}. The app client must "
    f"allow ALLOW_USER_PASSWORD_AUTH; {_CLIENT_VARIABLE} must be set where it has a secret, and only there"
)
# Cognito answers 400 for these too, though they pass.
_PASSING = frozenset({"TooManyRequestsException", "LimitExceededException"})
# Cognito cuts the times in its tokens to whole seconds.
_CUT_SECONDS = 1.0
# The shortest that an app client can be set to.
_SECONDS_UNSAID = 300.0


class UserPool:
    """The tokens of this process from one user pool, as an app client or as a user."""

    def __init__(self, setup: SourceSetup):
        """Waits for the first token. Raises :class:`.errors.CredentialsError` when there is none."""
        config = setup.config["cognito"]
        self._client_id: str = config["clientId"]
        self._scopes = " ".join(config.get("scopes", ()))
        self._username: str | None = config.get("username")
        self._refresh: str | None = None
        self._name_in_pool = self._username or ""
        self.header: str = config["header"]
        """The header that carries the token."""
        self._prefix: str = config["prefix"]
        self._calls = SideCalls(setup.bundle, "cognitoUrl")
        if self._username is None:
            purpose = "it is of the app client whose tokens the requests carry"
            self._secret: str | None = variables.required(_CLIENT_VARIABLE, purpose)
            self._service = TokenService(self._calls, _TOKEN_PATH, _CLIENT_REMEDY)
            fetch = self._as_client
        else:
            purpose = "it is of the user whose tokens the requests carry"
            self._secret = variables.optional(_CLIENT_VARIABLE)
            self._password = variables.required(_USER_VARIABLE, purpose)
            self._result = "IdToken" if config["tokenType"] == "id" else "AccessToken"
            fetch = self._as_user
        key = ("cognito", self._calls.base_url, self._client_id, self._username, json.dumps(config))
        self._token = self._value = ""
        self._renewed = Renewed.shared(key, "the token of Cognito", fetch, setup.counters.metrics)

    def value(self) -> str:
        """
        Of the header, with a token that is valid now: the same text as long as it is. Raises
        :class:`.errors.CredentialsError`.
        """
        token = self._renewed.current()
        if token is not self._token:
            self._token = token
            self._value = self._prefix + token
        return self._value

    def refused(self, value: str) -> None:
        """The API did not accept a value of :meth:`value`."""
        self._renewed.refused(value.removeprefix(self._prefix))

    def _as_client(self) -> Lasting:
        """https://docs.aws.amazon.com/cognito/latest/developerguide/token-endpoint.html"""
        assert self._secret is not None
        form = {"scope": self._scopes} if self._scopes else {}
        token, seconds = self._service.client_credentials(self._client_id, self._secret, form)
        return Lasting(token, seconds - _CUT_SECONDS)

    def _as_user(self) -> Lasting:
        """
        By the refresh token of the former answer, and by the password where there is none or it has ended.
        https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_InitiateAuth.html
        """
        if self._refresh is not None:
            try:
                return self._initiate("REFRESH_TOKEN_AUTH", {"REFRESH_TOKEN": self._refresh})
            except NoSecretError as error:
                if not error.is_final:
                    raise
                self._refresh = None
        assert self._username is not None
        self._name_in_pool = self._username
        return self._initiate("USER_PASSWORD_AUTH", {"USERNAME": self._username, "PASSWORD": self._password})

    def _initiate(self, flow: str, parameters: dict[str, str]) -> Lasting:
        if self._secret is not None:
            text = f"{self._name_in_pool}{self._client_id}".encode()
            digest = hmac.new(self._secret.encode(), text, hashlib.sha256).digest()
            parameters = {**parameters, "SECRET_HASH": base64.b64encode(digest).decode()}
        document = {"AuthFlow": flow, "ClientId": self._client_id, "AuthParameters": parameters}
        headers = {"Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": _INITIATE_AUTH}
        try:
            answer = self._calls.post("/", compact_json(document), headers)
        except CallFailedError as error:
            raise NoSecretError(f"Cognito at {self._calls.base_url}: {error}") from None
        found = answer.document
        if answer.status != 200:
            name = error_type(found.get("__type"))
            text = (
                f"Cognito at {self._calls.base_url} answered HTTP {answer.status}{f' {name}' if name else ''}"
            )
            is_final = 300 <= answer.status < 500 and answer.status not in (408, 429) and name not in _PASSING
            raise NoSecretError(
                f"{text}. {_USER_REMEDY}" if is_final else text,
                name=name,
                is_final=is_final,
                retry_after=answer.retry_after,
            )
        return self._read(found)

    def _read(self, document: dict[str, Any]) -> Lasting:
        result = document.get("AuthenticationResult") or {}
        token = result.get(self._result)
        if not isinstance(token, str) or not (token.isascii() and token.isprintable()):
            challenge = error_type(document.get("ChallengeName"))
            raise NoSecretError(
                f"Cognito wants the user to answer the challenge {challenge}. Use a user without one: "
                "confirmed, with a permanent password and without a second factor"
                if challenge
                else f"the answer of Cognito holds no {self._result}",
                is_final=True,
            )
        claims = _claims(token)
        # A refresh does not give another refresh token, unless the app client rotates them.
        self._keep_refresh(result.get("RefreshToken"))
        # The hash of a refresh is made with the name in the pool, where the user signs in with an alias.
        name = claims.get("cognito:username") or claims.get("username")
        self._name_in_pool = name if isinstance(name, str) else self._name_in_pool
        return Lasting(token, _life_of(claims, result.get("ExpiresIn")))

    def _keep_refresh(self, token: Any) -> None:
        if isinstance(token, str) and token:
            variables.keep_secret(token)
            self._refresh = token


def _claims(token: str) -> dict[str, Any]:
    """What a JSON Web Token says. It is not verified: that is up to who receives it."""
    try:
        payload = token.split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    except (ValueError, IndexError):
        return {}
    return claims if isinstance(claims, dict) else {}


def _life_of(claims: dict[str, Any], expires_in: Any) -> float:
    """Seconds. ``ExpiresIn`` is that of the access token; an ID token may live for another time."""
    try:
        return float(claims["exp"]) - float(claims["iat"]) - _CUT_SECONDS
    except (KeyError, OverflowError, TypeError, ValueError):
        return float(expires_in) if isinstance(expires_in, int | float) else _SECONDS_UNSAID
