"""Requests to the routes of a REST service."""

from collections.abc import Callable, Container
from typing import Any

from loadwright_runtime import (
    Failure,
    Request,
    RequestSource,
    Response,
    ResponseCheck,
    SourceSetup,
    variables,
)
from loadwright_runtime.source.body_template import text_generator
from loadwright_runtime.source.row_requests import chooser
from rest_cognito import UserPool
from rest_flow import Flows
from rest_route import Route
from rest_signing import Signing

_REFUSED = frozenset({401, 403})


class RestRequests(RequestSource):
    """Calls one route, or several of which each has a name and a weight, and carries out flows."""

    def __init__(self, setup: SourceSetup):
        super().__init__(setup)
        config = self.config
        signing = Signing(config["signing"], self.host, self.metrics) if "signing" in config else None
        self._secrets = secret_headers(config.get("secretHeaders", {}))
        self._pool = UserPool(setup) if "cognito" in config else None
        self._token = ""
        if self._pool is not None:
            self._token = self._pool.value()
            self._secrets[self._pool.header] = self._token
        self._flows = Flows(config.get("flows", []), self.metrics)
        generators = dict(self._flows.extracted.generators)
        if "runningText" in config:
            generators["$text"] = text_generator(config["runningText"])
        is_one = "routes" not in config and "flows" not in config
        has_files = "files" in config.get("multipart", {})
        single = [{"payloads": setup.has_payloads, **config, "weight": 1}]
        routes: list[dict[str, Any]] = single if is_one else config.get("routes", [])
        self._checks = {
            **{route["requestName"]: ResponseCheck(route.get("expect")) for route in routes},
            **self._flows.checks,
        }
        self._routes = {
            route["requestName"]: Route(
                self._with_common_headers(route),
                self.base_path,
                setup,
                signing,
                self._checks[route["requestName"]],
                of=None if is_one and not has_files else route["requestName"],
                more=generators,
            )
            for route in [*routes, *self._flows.steps]
        }
        makers = {name: route.next_request for name, route in self._routes.items()}
        self._flows.made_by(makers)
        self._weighted = [(route["weight"], makers[route["requestName"]]) for route in routes]
        self._next = self._new_maker()

    def next_request(self) -> Request:
        return self._next()

    def maker(self) -> Callable[[], Request]:
        # A subclass may have a method of its own.
        is_own = type(self).next_request is RestRequests.next_request
        return self._new_maker() if is_own else self.next_request

    def request_named(self, name: str) -> Request:
        if self._pool is not None:
            self._carry(self._pool)
        if name in self._flows.checks:
            return self._flows.request_named(name)
        return self._routes[name].next_request()

    def names_before(self, name: str) -> list[str]:
        return self._flows.names_before(name)

    def _new_maker(self) -> Callable[[], Request]:
        """Chosen once, so that no request pays for what it is not."""
        choose = self._flows.maker(self._weighted) if self._flows.steps else chooser(self._weighted)
        pool = self._pool
        if pool is None:
            return choose

        def next_with_token() -> Request:
            self._carry(pool)
            return choose()

        return next_with_token

    def _carry(self, pool: UserPool) -> None:
        """Every request has the token that is valid now."""
        token = pool.value()
        if token is not self._token:
            self._token = token
            for route in self._routes.values():
                route.carry({pool.header: token})

    def check(self, response: Response) -> str | Failure | None:
        assert response.request is not None
        if self._pool is not None and response.status in _REFUSED:
            self._pool.refused(response.request.headers.get(self._pool.header, ""))
        return self.check_by(self._checks[response.request.name], response)

    def plain_statuses(self) -> Container[int]:
        """Those of all routes: an answer is looked at before it is known whose it is."""
        first, *others = [check.plain_statuses() for check in self._checks.values()]
        return first if all(other == first for other in others) else ()

    def _with_common_headers(self, route: dict[str, Any]) -> dict[str, Any]:
        return {**route, "headers": {**self.config.get("headers", {}), **route["headers"], **self._secrets}}


def secret_headers(config: dict[str, Any]) -> dict[str, str]:
    """
    :param config: by header: the variable that holds its value, or ``variable`` and the ``prefix`` before it
    """
    headers = {}
    for header, given in config.items():
        variable, prefix = (given, "") if isinstance(given, str) else (given["variable"], given["prefix"])
        headers[header] = prefix + variables.required(variable, f"it is sent in the header {header}")
    return headers
