"""One route of a REST service: its path, query, headers and body, of which parts may be generated."""

import re
import uuid
from collections.abc import Callable
from mimetypes import guess_extension
from typing import Any
from urllib.parse import quote

from loadwright_runtime import (
    Body,
    Payload,
    Request,
    ResponseCheck,
    SetupError,
    SourceSetup,
    TokenReader,
    compile_template,
)
from loadwright_runtime.source import json_text
from loadwright_runtime.source.body_template import ColumnError, Generators, compile_text, is_constant
from loadwright_runtime.source.payloads import PayloadError
from loadwright_runtime.source.row_requests import OneRequest, RowRequests, asks_for_stream
from loadwright_runtime.source.signed_requests import SignedRequests
from rest_signing import Signing

_BODILESS = frozenset({"GET", "HEAD", "OPTIONS"})
HEADER_VALUE = re.compile(r"[\x20-\x7e\t]*")
_KEPT_ROWS = 4096

Text = Callable[..., str | None]


class Route:
    """Makes its requests. What is the same in each of them is made once."""

    def __init__(
        self,
        config: dict[str, Any],
        base_path: str,
        setup: SourceSetup,
        signing: Signing | None,
        check: ResponseCheck,
        of: str | None,
        more: Generators,
    ):
        """
        :param config: an item of ``routes`` in ``target.json``, with the headers of all routes
        :param of: whose payloads are for it; None: all of them
        :param more: generators beside those of every template
        """
        self._method = config["method"]
        self._name = config["requestName"]
        self._content_type = config["contentType"]
        self._check = check
        self._signing = signing
        self._signed_at: object = None
        self._signed_by: object = None
        self._signed: dict[tuple[str, bool], SignedRequests] = {}
        parameters, query, headers = config.get("parameters", {}), config.get("query", {}), config["headers"]
        self._path_parts = _path_parts(base_path + config["path"], parameters, more)
        self._query = [
            (quote(name, safe=""), compile_text(item, more))
            for name, value in query.items()
            for item in (value if isinstance(value, list) else [value])
        ]
        self._headers = {name: compile_text(value, more) for name, value in headers.items()}
        self._multipart = (
            Multipart(config["multipart"], setup, self._content_type, more) if "multipart" in config else None
        )
        self._template = compile_template(config["body"], more) if "body" in config else None
        self._payloads = setup.payloads(self._encode, of) if config.get("payloads") else None
        self._sends_payload = config.get("sendsPayload", "body" not in config)
        self._uses_columns = config.get("usesColumns", False)
        self._is_fixed = is_constant([parameters, query, headers], more) and not self._uses_columns
        self._is_fixed = self._is_fixed and (self._multipart is None or self._multipart.is_constant)
        self._constant = Body(b"", self._content_type)
        if self._is_fixed:
            self._fixed_path, self._fixed_headers = self._path(None), self._header_values(None)
        self._rows: dict[int | None, Any] = {}
        self._requests: OneRequest | RowRequests
        if self._payloads is None:
            self._requests = OneRequest(lambda: self._make(self._constant), self._reader)
        else:
            self._requests = RowRequests(self._payloads, self._make, self._reader, name=self._name)
        self.next_request = self._maker(is_constant(config.get("body"), more))

    def carry(self, headers: dict[str, str]) -> None:
        """Headers in place of former ones: what was made with those is not sent again."""
        self._headers.update({name: compile_text(value) for name, value in headers.items()})
        if self._is_fixed:
            self._fixed_headers = self._header_values(None)
        self._requests.clear()

    def _maker(self, is_same_body: bool) -> Callable[[], Request]:
        """What makes each request: chosen once, so that no request pays for what it is not."""
        if not self._is_fixed:
            return self._next_anew
        if not is_same_body:
            return self._next_generated
        return self._requests.next if self._signing is None else self._next_signed

    def _next_signed(self) -> Request:
        self._follow_signing()
        return self._requests.next()

    def _next_generated(self) -> Request:
        self._follow_signing()
        return self._next_of(self._make)

    def _follow_signing(self) -> None:
        signing = self._signing
        if signing is None or (moment := signing.moment()) is self._signed_at:
            return
        # The same request in the same second has the same signature.
        self._signed_at = moment
        self._requests.clear()
        if signing.signer is not self._signed_by:
            self._signed_by = signing.signer
            self._signed.clear()

    def _next_anew(self) -> Request:
        return self._next_of(self._make_anew)

    def _next_of(self, make: Callable[[Body], Request]) -> Request:
        if self._multipart is not None:
            self._multipart.draw()
        try:
            payload = self._constant if self._payloads is None else self._payloads.next_body()
            request = make(payload)
        except PayloadError as error:
            error.request_name = self._name
            raise
        request.row = payload.row
        return request.read_by(self._reader()) if asks_for_stream(request.body) else request

    def _reader(self) -> TokenReader:
        return TokenReader(self._check.watch())

    def _make(self, body: Body) -> Request:
        if self._template is not None:
            body = Body(self._template(), self._content_type)
        content, content_type = self._content(body, None)
        if self._signing is None:
            headers = self._with_content_type(self._fixed_headers, content, content_type)
            return Request(self._method, self._fixed_path, name=self._name, headers=headers, body=content)
        # A body and none have different headers.
        key = (content_type, bool(content))
        signed = self._signed.get(key) or self._prepare(key, content)
        # The hash of a payload that is the body is kept by its row.
        return signed.of(body if content is body.content else Body(content, content_type))

    def _prepare(self, key: tuple[str, bool], content: bytes) -> SignedRequests:
        assert self._signing is not None
        headers = self._with_content_type(self._fixed_headers, content, key[0])
        signed = self._signing.requests(self._method, self._fixed_path, headers, self._name)
        self._signed[key] = signed
        return signed

    def _make_anew(self, payload: Body) -> Request:
        row = self._row(payload) if self._uses_columns else None
        try:
            path, headers = self._path(row), self._header_values(row)
            if self._template is not None:
                payload = Body(self._template(row), self._content_type, payload.row)
            request = self._request(path, headers, payload, row)
        except (ColumnError, UnicodeError) as error:
            raise PayloadError(payload.row or 0, error) from error
        return request

    def _content(self, body: Body, row: Any) -> tuple[bytes, str]:
        """What is sent for a payload, and its Content-Type."""
        if self._multipart is not None:
            return self._multipart.body(body if self._payloads else None, row)
        if self._template is None and not self._sends_payload:
            return b"", body.content_type
        return body.content, body.content_type

    def _with_content_type(
        self, headers: dict[str, str], content: bytes, content_type: str
    ) -> dict[str, str]:
        has_type = content or self._method not in _BODILESS
        return {**headers, "Content-Type": content_type} if has_type else headers

    def _request(self, path: str, headers: dict[str, str], body: Body, row: Any) -> Request:
        content, content_type = self._content(body, row)
        headers = self._with_content_type(headers, content, content_type)
        if self._signing is not None:
            headers = self._signing.headers(self._method, path, headers, content)
        return Request(self._method, path, name=self._name, headers=headers, body=content)

    def _path(self, row: Any) -> str:
        path = "".join(part if isinstance(part, str) else part(row) for part in self._path_parts)
        values = ((name, make(row)) for name, make in self._query)
        query = "&".join(f"{name}={quote(value, safe='')}" for name, value in values if value is not None)
        return f"{path}{'&' if '?' in path else '?'}{query}" if query else path

    def _header_values(self, row: Any) -> dict[str, str]:
        headers = {}
        for name, make in self._headers.items():
            value = make(row)
            if value is None:
                continue
            # Blanks at the ends are no part of a value: RFC 9110, 5.5.
            if not HEADER_VALUE.fullmatch(value) or value != value.strip(" \t"):
                raise ColumnError(
                    f"the header {name} can carry printable ASCII only, without blanks at its ends"
                )
            headers[name] = value
        return headers

    def _encode(self, payload: Payload) -> Body:
        if self._uses_columns and payload.kind != "json":
            raise SetupError(
                f"payloads.jsonl: $column needs JSON objects, but a payload is {payload.kind}: "
                "of CSV set csvAs: json."
            )
        return payload.encode(self._content_type)

    def _row(self, payload: Body) -> Any:
        row = self._rows.get(payload.row)
        if row is None:
            row = json_text.loads(payload.content)
            if len(self._rows) < _KEPT_ROWS:
                self._rows[payload.row] = row
        return row


def _path_parts(path: str, parameters: dict[str, Any], more: Generators) -> list[str | Text]:
    """The path, cut where a ``{name}`` of the parameters stands."""
    names = "|".join(map(re.escape, parameters))
    pieces = re.split(rf"\{{({names})\}}", path) if parameters else [path]
    return [
        _segment(piece, parameters[piece], more) if index % 2 else piece for index, piece in enumerate(pieces)
    ]


def _segment(name: str, value: Any, more: Generators) -> Text:
    make = compile_text(value, more)

    def segment(row: Any) -> str:
        text = make(row)
        if not text:
            # Without it this would be another route.
            raise ColumnError(f"the value of {{{name}}} in the path is empty")
        return quote(text, safe="")

    return segment


class File:
    """Files beside the payload, from a source of their own."""

    def __init__(self, config: dict[str, Any], setup: SourceSetup, content_type: str, more: Generators):
        """:param content_type: of payloads that have none of their own"""
        self._name: str = config["name"]
        self._filename = compile_text(config.get("filename"), more)
        self._count: int = config["count"]
        # They are of one source.
        (self._payloads,) = setup.payloads(
            lambda payload: payload.encode(content_type), config["payloads"]
        ).parts
        self._drawn: list[int] = []

    def draw(self) -> None:
        self._drawn = [self._payloads.next_index() for _ in range(self._count)]

    def parts(self, row: Any) -> list[tuple[str, bytes]]:
        bodies = [self._payloads.body_of(index) for index in self._drawn]
        return [_file_part(self._name, self._filename(row), body) for body in bodies]


class Multipart:
    """A body of ``multipart/form-data`` (RFC 7578): fields, the payload as a file, files of other sources."""

    def __init__(self, config: dict[str, Any], setup: SourceSetup, content_type: str, more: Generators):
        """:param content_type: of files that have none of their own"""
        self._file: str = config.get("file", "file")
        self._filename = compile_text(config.get("filename"), more)
        self._files = [File(file, setup, content_type, more) for file in config.get("files", [])]
        fields = config.get("fields", {})
        self._fields = [(name, compile_text(value, more)) for name, value in fields.items()]
        self.is_constant = not self._files and is_constant([config.get("filename"), fields], more)
        self._boundary = f"loadwright-{uuid.UUID(int=0x10AD << 112).hex}"

    def draw(self) -> None:
        """
        To be called for each request, before anything of it can fail: what belongs together in several
        sources stays together also behind a payload that cannot be sent.
        """
        for file in self._files:
            file.draw()

    def body(self, payload: Body | None, row: Any) -> tuple[bytes, str]:
        """
        :param payload: the file; None: there are fields, and files of other sources, alone
        :returns: the body and its Content-Type
        """
        values = ((name, make(row)) for name, make in self._fields)
        parts = [(_disposition(name), value.encode()) for name, value in values if value is not None]
        if payload is not None:
            parts.append(_file_part(self._file, self._filename(row), payload))
        for file in self._files:
            parts += file.parts(row)
        boundary = self._boundary
        while any(boundary.encode() in content for _, content in parts):
            boundary = f"loadwright-{uuid.uuid4().hex}"
        pieces = [b"--%b\r\n%b\r\n\r\n%b\r\n" % (boundary.encode(), h.encode(), c) for h, c in parts]
        return b"".join(pieces) + f"--{boundary}--\r\n".encode(), f"multipart/form-data; boundary={boundary}"


def _file_part(name: str, filename: str | None, file: Body) -> tuple[str, bytes]:
    extension = guess_extension(file.content_type.partition(";")[0].strip()) or ""
    head = _disposition(name, filename or f"payload-{file.row}{extension}")
    return f"{head}\r\nContent-Type: {file.content_type}", file.content


def _disposition(name: str, filename: str | None = None) -> str:
    """As browsers write it: https://html.spec.whatwg.org/multipage/form-control-infrastructure.html"""
    text = f'Content-Disposition: form-data; name="{_quoted(name)}"'
    return text if filename is None else f'{text}; filename="{_quoted(filename)}"'


def _quoted(text: str) -> str:
    return text.replace("\r", "%0D").replace("\n", "%0A").replace('"', "%22")
