"""Access tokens by OAuth 2.0: client credentials (RFC 6749, 4.4) and the exchange of a token (RFC 7523)."""

import base64
from collections.abc import Mapping
from urllib.parse import quote

from .error_names import error_type
from .renewal import Lasting, NoSecretError
from .side_calls import Answer, CallFailedError, SideCalls

_JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"
# A service that does not say how long a token lasts: the shortest life that is heard of.
_SECONDS_UNSAID = 600.0


class TokenService:
    """The token endpoint of one host."""

    def __init__(self, calls: SideCalls, path: str, remedy: str):
        """
        :param path: of the token endpoint
        :param remedy: what a person does about a refusal, a sentence
        """
        self._calls = calls
        self._path = path
        self._remedy = remedy

    def client_credentials(self, client_id: str, client_secret: str, form: Mapping[str, str]) -> Lasting:
        """
        Raises :class:`NoSecretError`.

        :param form: what else the service wants: ``scope``, ``audience``
        """
        # RFC 6749, 2.3.1: both are encoded as form values before they become Basic.
        pair = f"{quote(client_id, safe='')}:{quote(client_secret, safe='')}".encode()
        headers = {"Authorization": f"Basic {base64.b64encode(pair).decode()}"}
        return self._token({"grant_type": "client_credentials", **form}, headers)

    def exchange(self, token: str, form: Mapping[str, str]) -> Lasting:
        """A token that is good for less, in exchange for one. Raises :class:`NoSecretError`."""
        return self._token({"grant_type": _JWT_BEARER, "assertion": token, **form}, {})

    def _token(self, form: Mapping[str, str], headers: Mapping[str, str]) -> Lasting:
        try:
            answer = self._calls.post_form(self._path, form, headers)
        except CallFailedError as error:
            raise NoSecretError(f"{self._service}: {error}") from None
        if answer.status != 200:
            raise self._refusal(answer)
        document = answer.document
        token, seconds = document.get("access_token"), document.get("expires_in", _SECONDS_UNSAID)
        if not isinstance(token, str) or not (token.isascii() and token.isprintable()) or not token:
            raise NoSecretError(f"{self._service}: its answer holds no access_token", is_final=True)
        try:
            return Lasting(token, float(seconds))
        except (OverflowError, TypeError, ValueError):
            return Lasting(token, _SECONDS_UNSAID)

    def _refusal(self, answer: Answer) -> NoSecretError:
        document = answer.document
        name = error_type(document.get("error")) or error_type(document.get("error_code"))
        text = f"{self._service} answered HTTP {answer.status}{f' {name}' if name else ''}"
        # RFC 6749, 5.2: what is wrong with the client or the request stays wrong.
        is_final = 300 <= answer.status < 500 and answer.status not in (408, 429)
        if is_final:
            text = f"{text}. {self._remedy}"
        return NoSecretError(text, name=name, is_final=is_final, retry_after=answer.retry_after)

    @property
    def _service(self) -> str:
        return f"the token service {self._calls.base_url}{self._path}"
