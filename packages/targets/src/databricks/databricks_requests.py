"""Requests to a serving endpoint of Databricks."""

from typing import Any

from loadwright_runtime import (
    Body,
    Failure,
    Payload,
    Request,
    RequestCache,
    RequestSource,
    Response,
    SetupError,
    SourceSetup,
    compact_json,
    variables,
)

_BODY_KEYS = frozenset({"dataframe_split", "dataframe_records", "instances", "inputs"})

# One status, two limits: that of the whole workspace and that of the endpoint. The message tells them apart.
_LIMITS = ("parallel requests", "provisioned concurrency")
_MESSAGE_BYTES = 4096


class DatabricksRequests(RequestSource):
    """Scores the bundle's payloads."""

    def __init__(self, setup: SourceSetup):
        super().__init__(setup)
        token = variables.required("DATABRICKS_TOKEN", "it is the access token that every request carries")
        self._authorization = f"Bearer {token}"
        self._path = f"{self.base_path}{self.config['endpointPath']}"
        self._name = self.config["requestName"]
        self._payloads = setup.payloads(self._encode)
        self._requests = RequestCache(self._make)

    def next_request(self) -> Request:
        return self._requests.of(self._payloads.next_body())

    def _make(self, body: Body) -> Request:
        headers = {"Authorization": self._authorization, "Content-Type": body.content_type}
        return Request("POST", self._path, name=self._name, headers=headers, body=body.content)

    def check(self, response: Response) -> str | Failure | None:
        reason = super().check(response)
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
                f"payloads.jsonl: the format {body_format} needs JSON, but a payload is {payload.kind}."
            )
        content = compact_json(wrap(payload.value, body_format))
        return Body(content, payload.content_type("application/json"))


def wrap(payload: Any, body_format: str) -> Any:
    """The body for a JSON payload, by the rules that ``wrap-vectors.json`` holds."""
    if body_format == "raw" or (isinstance(payload, dict) and not _BODY_KEYS.isdisjoint(payload)):
        return payload
    rows = payload if isinstance(payload, list) else [payload]
    match body_format:
        case "dataframe_records":
            return {"dataframe_records": rows}
        case "dataframe_split":
            return {"dataframe_split": _split(rows)}
        case "instances":
            return {"instances": [payload]}
        case "inputs":
            return {"inputs": payload}
    raise SetupError(f"target.json: the format {body_format!r} is not known: render the bundle again.")


def _split(rows: list[Any]) -> dict[str, Any]:
    if not all(isinstance(row, dict) for row in rows):
        raise SetupError("payloads.jsonl: the format dataframe_split needs rows that are objects.")
    columns = list(rows[0]) if rows else []
    return {"columns": columns, "data": [[row.get(column) for column in columns] for row in rows]}
