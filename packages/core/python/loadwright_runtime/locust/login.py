"""The login of the web UI: a form for people, a bearer token for machines."""

import hmac
import secrets
from typing import Any

from flask import Blueprint, Request, Response, redirect, request, session, url_for
from flask_login import UserMixin, current_user, login_user

from ..source import variables
from ..source.errors import SetupError

_PASSWORD = "LOADWRIGHT_UI_PASSWORD"
_USERNAME = "LOADWRIGHT_UI_USERNAME"

# What a browser needs before anyone is logged in.
_OPEN_ENDPOINTS = frozenset({"locust.login", "locust.send_assets", "static", "loadwright.submit_login"})


class _Account(UserMixin):
    id = "loadwright"


def protect(web_ui: Any, routes: Blueprint, base_path: str) -> None:
    """
    Closes every route of the web UI to whoever is not logged in. Does nothing when neither the variable nor
    ``--web-login`` is given; one without the other is a :class:`SetupError`, for it looks safe and is not.
    """
    password = variables.optional(_PASSWORD)
    if password is None and not web_ui.web_login:
        return
    if password is None:
        raise SetupError(
            f"--web-login needs the variable {_PASSWORD}: set it to the password to log in with."
        )
    if not web_ui.web_login:
        raise SetupError(f"the variable {_PASSWORD} takes effect only with the option --web-login: add it.")
    username = variables.optional(_USERNAME) or "loadwright"
    account = _Account()
    app = web_ui.app
    app.secret_key = secrets.token_bytes(32)
    app.config.update(
        # Cookies do not tell ports apart: two masters on one machine would log each other's people out.
        SESSION_COOKIE_NAME=f"loadwright_{secrets.token_hex(4)}",
        # Before Locust 2.47 a GET stops the test: no other site must be able to ask for it in their name.
        SESSION_COOKIE_SAMESITE="Strict",
        SESSION_COOKIE_SECURE=bool(web_ui.tls_cert),
    )
    web_ui.auth_args = {"username_password_callback": f"{base_path}/loadwright/login"}
    manager = web_ui.login_manager

    @manager.user_loader
    def from_session(user_id: str) -> _Account | None:
        return account if user_id == account.id else None

    @manager.request_loader
    def from_bearer(incoming: Request) -> _Account | None:
        scheme, _, token = incoming.headers.get("Authorization", "").partition(" ")
        return account if scheme.lower() == "bearer" and _equal(token.strip(), password) else None

    @manager.unauthorized_handler
    def refuse() -> Any:
        wants_page = request.method == "GET" and "text/html" in request.headers.get("Accept", "")
        return redirect(url_for("locust.login")) if wants_page else Response("log in first", 401)

    @app.before_request
    def close() -> Any:
        if request.endpoint in _OPEN_ENDPOINTS or current_user.is_authenticated:
            return None
        return manager.unauthorized()

    @routes.post("/login")
    def submit_login() -> Any:
        given = request.form
        # Both are compared in any case, so that the time shows nothing about the name.
        if _equal(given.get("username", ""), username) & _equal(given.get("password", ""), password):
            login_user(account)
            return redirect(url_for("locust.index"))
        session["auth_error"] = "Wrong username or password."
        return redirect(url_for("locust.login"))


def _equal(given: str, expected: str) -> bool:
    return hmac.compare_digest(given.encode(), expected.encode())
