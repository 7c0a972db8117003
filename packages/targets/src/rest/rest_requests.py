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
from loadwright_runtime.source.row_requests import chooser
from rest_route import Route
from rest_signing import Signing


class RestRequests(RequestSource):
    """Calls one route, or several of which each has a name and a weight."""

    def __init__(self, setup: SourceSetup):
        super().__init__(setup)
        config = self.config
        signing = Signing(config["signing"], self.host) if "signing" in config else None
        self._secrets = secret_headers(config.get("secretHeaders", {}))
        routes: list[dict[str, Any]] = config.get("routes") or [
            {**config, "payloads": setup.has_payloads, "weight": 1}
        ]
        self._checks = {route["requestName"]: ResponseCheck(route.get("expect")) for route in routes}
        self._routes = {
            route["requestName"]: Route(
                self._with_common_headers(route),
                self.base_path,
                setup,
                signing,
                self._checks[route["requestName"]],
                of=route["requestName"] if "routes" in config else None,
            )
            for route in routes
        }
        self._next = chooser(
            [(route["weight"], self._routes[route["requestName"]].next_request) for route in routes]
        )

    def next_request(self) -> Request:
        return self._next()

    def maker(self) -> Callable[[], Request]:
        # A subclass may have a method of its own.
        is_own = type(self).next_request is RestRequests.next_request
        return self._next if is_own else self.next_request

    def request_named(self, name: str) -> Request:
        return self._routes[name].next_request()

    def check(self, response: Response) -> str | Failure | None:
        assert response.request is not None
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
