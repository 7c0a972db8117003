"""What a correct answer looks like, and the names of wrong ones."""

import re
from collections.abc import Container
from typing import Any

from ..measure.failures import Failure, reasons, refused
from ..source.error_names import error_type, type_in
from ..source.errors import SetupError
from ..source.promise import Promise
from ..source.request import Response
from .decoding import DecodingError
from .json_checks import JsonCheck, NotJsonError, parse_json
from .stream_checks import StreamExpectation, StreamWatch
from .streaming import EventReader, is_stream, stream_problem
from .text_checks import TextCheck, several

# The header in which services of AWS name the type of an error.
_TYPE_HEADER = "x-amzn-errortype"
# What a stream's reader has of an answer that is an error.
_ERROR_BYTES = 8 * 1024


def verdict(check: Any, response: Response) -> Failure | Promise | None:
    """
    What a source says of an answer.

    :param check: :meth:`.source.RequestSource.check`
    """
    try:
        reason = check(response)
    except DecodingError as error:
        reason = f"check: {error}"
    if isinstance(reason, Promise):
        return reason
    if reason is None or isinstance(reason, Failure):
        return reason and reasons.bound(reason)
    return refused(response.status, reason)


def refusal_reason(response: Response) -> str:
    """``HTTP 429``, with the type when the service names one: ``HTTP 400 ThrottlingException``."""
    name = _type_of(response)
    if name is None:
        return f"HTTP {response.status}"
    return f"HTTP {response.status} {reasons.bound_type(response.status, name)}"


def _type_of(response: Response) -> str | None:
    found = error_type(response.header(_TYPE_HEADER))
    if found:
        return found
    try:
        content = response.content if response.reader is None else response.beginning(_ERROR_BYTES)
        return type_in(parse_json(content)) if content[:1] == b"{" else None
    except (DecodingError, NotJsonError):
        return None


class ResponseCheck:
    """
    Decides about an answer as ``expect`` of the configuration says; without it every 2xx is right. A stream
    of events that is cut off or holds an error is wrong in any case.
    """

    def __init__(self, expect: dict[str, Any] | None):
        expect = expect or {}
        self._statuses: Container[int] = (
            frozenset(expect["status"]) if "status" in expect else range(200, 300)
        )
        try:
            self._headers = [_HeaderCheck(check) for check in several(expect.get("header"))]
            self._texts = [TextCheck(check) for check in several(expect.get("text"))]
            self._values = [JsonCheck(check) for check in several(expect.get("json"))]
            self._stream = StreamExpectation(expect["stream"]) if "stream" in expect else None
        except re.error as error:
            raise SetupError(
                f"expect holds {error.pattern!r}, which is no regular expression of Python: {error}."
            ) from None

    def plain_statuses(self) -> Container[int]:
        """Statuses that decide alone that an answer is right, unless it is a stream of events."""
        return () if self._headers or self._texts or self._values or self._stream else self._statuses

    def watch(self) -> StreamWatch:
        """For the events of one answer."""
        return StreamWatch(self._stream)

    def __call__(self, response: Response) -> str | Failure | None:
        """Why the answer is wrong, or None."""
        if response.status not in self._statuses:
            return refusal_reason(response)
        for check in self._headers:
            if reason := check(response):
                return reason
        if (self._stream or not response.is_ordinary) and (reason := self._stream_problem(response)):
            return Failure("stream", reason)
        if not self._texts and not self._values:
            return None
        if response.reader is not None:
            return "check: a stream has no body to check: use expect.stream"
        return self._content_problem(response)

    def _stream_problem(self, response: Response) -> str | None:
        reader = response.reader
        if isinstance(reader, EventReader):
            if self._stream is not None and reader.watch.expectation is not self._stream:
                raise TypeError("make the reader with event_reader() of the source: it checks expect.stream")
            return reader.end(response.header("content-type"))
        if self._stream is None and not (response.is_success and is_stream(response.header("content-type"))):
            return None
        return stream_problem(response, self.watch())

    def _content_problem(self, response: Response) -> str | None:
        try:
            content = response.content
            for check in self._texts:
                if reason := check(content.decode(errors="replace")):
                    return f"check of the text: {reason}"
            document = parse_json(content) if self._values else None
        except (DecodingError, NotJsonError) as error:
            return f"check: {error}"
        for check in self._values:
            if reason := check(document):
                return reason
        return None


class _HeaderCheck:
    """Looks at one header, which must be there."""

    def __init__(self, check: dict[str, Any]):
        self._name = check["name"]
        self._equals = check.get("equals")
        self._text = TextCheck(check)

    def __call__(self, response: Response) -> str | None:
        value = response.header(self._name)
        if value is None:
            return f"check of the header {self._name}: not there"
        if self._equals is not None and value != self._equals:
            return f"check of the header {self._name}: not the expected value"
        reason = self._text(value)
        return f"check of the header {self._name}: {reason}" if reason else None
