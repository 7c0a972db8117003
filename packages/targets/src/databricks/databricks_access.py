"""How a serving endpoint is reached: with which token, and at which URL."""

import json
import random
import re
from collections.abc import Callable
from typing import Any, NamedTuple
from urllib.parse import quote, urlsplit

import gevent
from loadwright_runtime import SetupError, SourceSetup, variables
from loadwright_runtime.source.errors import CredentialsError
from loadwright_runtime.source.oauth import TokenService
from loadwright_runtime.source.renewal import Lasting, NoSecretError, Renewed
from loadwright_runtime.source.side_calls import CallFailedError, SideCalls

_TOKEN_PATH = "/oidc/v1/token"
_SCOPE = "all-apis"
_REMEDY = (
    "Check DATABRICKS_CLIENT_ID and DATABRICKS_CLIENT_SECRET: an OAuth secret of a service principal that is "
    "a member of this workspace, has CAN QUERY on the endpoint, and has not ended"
)
_NO_PERSONAL_TOKEN = (
    "the serving endpoint {} is route-optimised, and such endpoints refuse personal access tokens "
    "(DATABRICKS_TOKEN): set DATABRICKS_CLIENT_ID and DATABRICKS_CLIENT_SECRET to those of a service "
    "principal. An endpoint that was made before 22 September 2025 also answers at the URL of the workspace, "
    "with at most 200 requests/s for all its endpoints: say route: workspace"
)
_LABELS = frozenset({"databricks", "azuredatabricks"})
_URL = re.compile(r"https?://(?:[A-Za-z0-9._~@:-]|\[[0-9A-Fa-f:.]+\])+(?:/[\x21-\x7e]*)?")
_ATTEMPTS = 4
_FIRST_PAUSE_SECONDS = 0.3


class Place(NamedTuple):
    """Where a route-optimised endpoint answers, and for what its tokens are."""

    url: str
    details: str
    """``authorization_details`` of a request for a token: JSON."""


class Access:
    """Of one endpoint. What is read once is read by the constructor, which waits for it."""

    def __init__(self, setup: SourceSetup):
        self._config = setup.config
        self._bundle = setup.bundle
        self._metrics = setup.counters.metrics
        self.place: Place | None = None
        """None: the host of the bundle, and the path of its configuration."""
        self._renewed: Renewed | None = None
        self.token: Callable[[], str]
        """Gives the token that is valid now. Raises :class:`CredentialsError` when there is none."""
        if self._is_by_client():
            self._renewed = self._begin_oauth()
            self.token = self._renewed.current
        else:
            token = self._personal_token()
            self.token = lambda: token

    def refused(self, token: str) -> None:
        """The service did not accept a token of :meth:`token`."""
        if self._renewed is not None:
            self._renewed.refused(token)

    def _is_by_client(self) -> bool:
        chosen = self._config.get("authentication")
        return chosen == "oauth" or (
            chosen is None and variables.optional("DATABRICKS_CLIENT_ID") is not None
        )

    def _personal_token(self) -> str:
        token = variables.required("DATABRICKS_TOKEN", "it is the access token that every request carries")
        name = self._config.get("lookUp")
        if name is None:
            return token
        # Whatever goes wrong here goes wrong with the requests too, and they tell it better.
        if _place_in(self._find(SideCalls(self._bundle, "baseUrl"), name, token, 1)):
            raise CredentialsError(_NO_PERSONAL_TOKEN.format(name))
        return token

    def _begin_oauth(self) -> Renewed:
        purpose = "it is of the service principal whose OAuth tokens the requests carry"
        client = tuple(
            variables.required(name, purpose) for name in ("DATABRICKS_CLIENT_ID", "DATABRICKS_CLIENT_SECRET")
        )
        calls = SideCalls(self._bundle, "baseUrl")
        service = TokenService(calls, _TOKEN_PATH, _REMEDY)

        def ask(**more: str) -> Lasting:
            return service.client_credentials(*client, {"scope": _SCOPE, **more})

        identifier = self._config.get("endpointId")
        if identifier is not None:
            details = _details_of(identifier)
            return self._shared(calls, details, lambda: ask(authorization_details=details))
        workspace = self._shared(calls, "", ask)
        name = self._config.get("lookUp")
        found = {} if name is None else self._find(calls, name, workspace.current(), _ATTEMPTS)
        place = _place_in(found)
        if place is None:
            return workspace
        if self._bundle.host == calls.base_url:
            self.place = _checked(place, calls.base_url)
        details = place.details

        def exchange() -> Lasting:
            try:
                return service.exchange(workspace.current(), {"authorization_details": details})
            except CredentialsError as error:
                raise NoSecretError(str(error)) from None
            except NoSecretError as error:
                if error.name != "unsupported_grant_type":
                    raise
                return ask(authorization_details=details)

        return self._shared(calls, details, exchange)

    def _shared(self, calls: SideCalls, details: str, fetch: Callable[[], Lasting]) -> Renewed:
        what = "the OAuth token of the endpoint" if details else "the OAuth token of the workspace"
        return Renewed.shared(("databricks", calls.base_url, details), what, fetch, self._metrics)

    def _find(self, calls: SideCalls, name: str, token: str, attempts: int) -> dict[str, Any]:
        """What the workspace says of the endpoint; nothing when it has none of the name that it may show."""
        path = f"/api/2.0/serving-endpoints/{quote(name, safe='')}"
        pause = _FIRST_PAUSE_SECONDS
        for attempt in range(1, attempts + 1):
            try:
                answer = calls.get(path, {"Authorization": f"Bearer {token}"})
                if answer.status < 500 and answer.status != 429:
                    return answer.document if answer.status == 200 else {}
                problem = f"answered HTTP {answer.status}"
            except CallFailedError as error:
                problem = str(error)
            if attempt < attempts:
                gevent.sleep(pause * random.uniform(0.5, 1.0))
                pause *= 2
        if attempts == 1:
            return {}
        raise SetupError(
            f"the workspace {calls.base_url} does not say where the endpoint {name} answers ({problem}). "
            "Give its URL with the option endpointUrl, or say route: workspace."
        )


def _place_in(found: dict[str, Any]) -> Place | None:
    """Of what the API of the workspace says of an endpoint; None for one that is not route-optimised."""
    info = _object(_object(found.get("data_plane_info")).get("query_info"))
    url = info.get("endpoint_url") or found.get("endpoint_url")
    if not found.get("route_optimized") and not info:
        return None
    details = info.get("authorization_details") or (_details_of(found["id"]) if found.get("id") else None)
    if not isinstance(url, str) or not isinstance(details, str):
        raise SetupError(
            f"the endpoint {found.get('name')} is route-optimised, but the workspace does not say at which "
            "URL it answers: give the options endpointUrl and endpointId."
        )
    return Place(url, details)


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _details_of(identifier: str) -> str:
    permission = {
        "type": "workspace_permission",
        "object_type": "serving-endpoints",
        "object_path": f"/serving-endpoints/{identifier}",
        "actions": ["query_inference_endpoint"],
    }
    return json.dumps([permission])


def _checked(place: Place, workspace_url: str) -> Place:
    """Tokens go to the workspace and to hosts of its own domain, whatever else an answer names."""
    if not _URL.fullmatch(place.url):
        raise SetupError(
            f"the workspace says that the endpoint answers at {place.url[:200]!a}, which is no URL: give it "
            "with the option endpointUrl."
        )
    workspace, url = urlsplit(workspace_url), urlsplit(place.url)
    host = url.hostname or ""
    domain = _domain_of(workspace.hostname or "")
    is_own = host == workspace.hostname or (domain is not None and host.endswith(f".{domain}"))
    if not is_own or url.scheme != workspace.scheme or url.username or url.query or not url.path:
        raise SetupError(
            f"the workspace says that the endpoint answers at {url.scheme}://{host}, which is not of the "
            "same domain. If that is right, give the whole URL with the option endpointUrl."
        )
    return place


def _domain_of(workspace: str) -> str | None:
    """``databricks.com`` of ``dbc-1.cloud.databricks.com``: there is ``2.serving.cloud.databricks.com``."""
    labels = workspace.split(".")
    first = [index for index, label in enumerate(labels) if label in _LABELS]
    return ".".join(labels[first[-1] :]) if first else None
