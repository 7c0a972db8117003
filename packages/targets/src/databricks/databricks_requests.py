"""Requests to a serving endpoint of Databricks."""

import re
from collections.abc import Container
from typing import Any
from urllib.parse import urlsplit

from databricks_access import Access
from loadwright_runtime import (
    Body,
    Failure,
    Payload,
    Request,
    RequestSource,
    Response,
    SetupError,
    SourceSetup,
    compact_json,
)
from loadwright_runtime.source.row_requests import RowRequests

_BODY_KEYS = frozenset({"dataframe_split", "dataframe_records", "instances", "inputs"})

_BODY_KEY_BYTES = tuple(key.encode() for key in _BODY_KEYS)
_LONE_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")

# One status, two limits: of the whole workspace and of the endpoint. The message distinguishes them.
_LIMITS = ("parallel requests", "provisioned concurrency")
_MESSAGE_BYTES = 4096
_REFUSED = frozenset({401, 403})


class DatabricksRequests(RequestSource):
    """Scores the bundle's payloads."""

    def __init__(self, setup: SourceSetup):
        super().__init__(setup)
        self._access = Access(setup)
        path = self.config["endpointPath"]
        if self._access.place is not None:
            url = urlsplit(self._access.place.url)
            path = url.path
            # Whoever starts this process may have named another host for the requests.
            if setup.host == setup.bundle.host:
                self.send_to(f"{url.scheme}://{url.netloc}")
        self._path = f"{self.base_path}{path}"
        self._token = self._access.token()
        self._name = self.config["requestName"]
        self._requests = RowRequests(setup.payloads(self._encode), self._make, self.token_reader)

    def next_request(self) -> Request:
        token = self._access.token()
        if token is not self._token:
            self._token = token
            self._requests.clear()
        return self._requests.next()

    def _make(self, body: Body) -> Request:
        headers = {"Authorization": f"Bearer {self._token}", "Content-Type": body.content_type}
        return Request("POST", self._path, name=self._name, headers=headers, body=body.content)

    def glanced_statuses(self) -> Container[int]:
        is_own = type(self).check is DatabricksRequests.check
        return self._response_check.plain_statuses() if is_own else ()

    def glance(self, request: Request, data: bytes, head_bytes: int) -> bool:
        return not self.token_metrics.names_usage(data)

    def check(self, response: Response) -> str | Failure | None:
        if response.status in _REFUSED:
            self._access.refused(self._token)
        reason = super().check(response)
        if reason is None and response.reader is None:
            self.token_metrics.count_usage(response.content)
        if reason is not None and response.status == 429:
            message = response.beginning(_MESSAGE_BYTES).decode(errors="replace").lower()
            limit = next((limit for limit in _LIMITS if limit in message), None)
            return f"{reason} ({limit})" if limit else reason
        return reason

    def _encode(self, payload: Payload) -> Body:
        body_format = self.config["format"]
        if body_format == "raw":
            return payload.encode("application/json")
        if payload.kind != "json":
            raise SetupError(
                f"payloads.jsonl: the format {body_format} needs JSON, but a payload is {payload.kind}: "
                "of CSV set csvAs: json, and of whole bodies format: raw."
            )
        return Body(wrap(payload, body_format), payload.content_type("application/json"))


def wrap(payload: Payload, body_format: str) -> bytes:
    """
    The body for a JSON payload, by the rules that ``wrap-vectors.json`` holds. Its text is put into the body
    as it is, so that numbers arrive as they were written.
    """
    text = payload.json_text
    if _LONE_SURROGATE.search(text):
        # One half of a surrogate pair is no character and cannot be encoded: this raises.
        compact_json(payload.value)
    if body_format == "raw" or _is_complete(payload, text):
        return text
    is_list = text.startswith(b"[")
    match body_format:
        case "dataframe_records":
            return b'{"dataframe_records":%b}' % (text if is_list else b"[%b]" % text)
        case "dataframe_split":
            return b'{"dataframe_split":%b}' % _split(payload.value if is_list else [payload.value])
        case "instances":
            return b'{"instances":[%b]}' % text
        case "inputs":
            return b'{"inputs":%b}' % text
    raise SetupError(f"target.json: the format {body_format!r} is not known: render the bundle again.")


def _is_complete(payload: Payload, text: bytes) -> bool:
    """Whether it is a whole body already. Only a text that has one of the keys somewhere is worth parsing."""
    if not text.startswith(b"{"):
        return False
    if any(key in text for key in _BODY_KEY_BYTES) and not _BODY_KEYS.isdisjoint(payload.value):
        return True
    return b'"messages"' in text and _is_chat(payload.value.get("messages"))


def _is_chat(messages: Any) -> bool:
    """A row may have a column of this name, but none of this form."""
    is_list = isinstance(messages, list) and len(messages) > 0
    return is_list and all(isinstance(message, dict) and "role" in message for message in messages)


def _split(rows: list[Any]) -> bytes:
    if not all(isinstance(row, dict) for row in rows):
        raise SetupError(
            "payloads.jsonl: the format dataframe_split needs rows that are objects; for lists set format: "
            "instances or inputs."
        )
    # In the order in which they come first: a column that the first row lacks is one too.
    columns = list(dict.fromkeys(column for row in rows for column in row))
    return compact_json(
        {"columns": columns, "data": [[row.get(column) for column in columns] for row in rows]}
    )
