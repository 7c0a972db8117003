"""What makes a stream of events a failure, though its status is 200."""

import re
from typing import Any

from ..source.error_names import error_type, type_in
from .json_checks import JsonCheck, NotJsonError, parse_json
from .text_checks import TextCheck, several

DONE = b"[DONE]"
"""Data of the mark with which many services end a stream of server-sent events."""

# Streams of three APIs of language models, each of which says when it is over: the chats and completions of
# OpenAI, its responses, and the messages of Anthropic. A quotation mark within a JSON text is escaped: what
# is found stands for a member of an object and for nothing else.
_CHUNK = re.compile(rb'"object"\s*:\s*"(?:chat\.completion\.chunk|text_completion)"')
_BEGINNING = re.compile(rb'"type"\s*:\s*"(?:response\.created|message_start)"')
_FINISH_REASON = re.compile(rb'"finish_reason"\s*:\s*"')
_ENDING = re.compile(rb'"type"\s*:\s*"(?:response\.(?:completed|incomplete|failed)|message_stop)"')
# Why a model stopped that did not finish: vLLM and SGLang say abort, DJL and OpenRouter error.
_BROKEN_OFF = re.compile(rb'"finish_reason"\s*:\s*(?:\{\s*"type"\s*:\s*)?"(error|abort)"')
_FAILED_TYPES = ("error", "response.failed")
# Without one of these no event stands for an error: parsing each would cost more than the rest of a request.
_MARKS = (b'"error', b'"abort"', b'"response.failed"')


class EventCheck:
    """A check of events: of ``any``, ``every`` or the ``last`` one of those that have its type."""

    def __init__(self, check: dict[str, Any]):
        self.type: str | None = check.get("type")
        self.which: str = check.get("which", "any")
        self._json = [JsonCheck(one) for one in several(check.get("json"))]
        self._text = [TextCheck(one) for one in several(check.get("text"))]

    def wrong(self, data: bytes) -> str | None:
        """What is wrong with the data of an event, or None."""
        if self._text:
            text = data.decode(errors="replace")
            for check in self._text:
                if reason := check(text):
                    return f"check of the text: {reason}"
        if self._json:
            try:
                document = parse_json(data)
            except NotJsonError as error:
                return str(error).replace("the answer", "it", 1)
            return next((reason for check in self._json if (reason := check(document))), None)
        return None


class StreamExpectation:
    """``expect.stream`` of the configuration."""

    def __init__(self, config: dict[str, Any] | None = None):
        config = config or {}
        self.done: bool | None = config.get("done")
        """Whether the mark must come. None: it, or a ``finish_reason``, in streams of chat completions."""
        self.minimum_events: int = config.get("minimumEvents", 0)
        self.checks = [EventCheck(check) for check in several(config.get("event"))]


class StreamWatch:
    """Looks at the events of one answer."""

    def __init__(self, expectation: StreamExpectation | None = None):
        """:param expectation: None: nothing but errors and what is cut off makes a failure"""
        self.expectation = expectation
        self.is_stream: bool | None = None
        """None: there is no answer yet."""
        self._events = 0
        self._is_done = self._is_finished = self._has_chunks = self._has_begun = False
        self._checks = [] if expectation is None else [_Watched(check) for check in expectation.checks]
        self.error: str | None = None
        """What the first error in the stream calls itself, as the reason of a failure."""

    def begin(self, is_stream: bool) -> None:
        """The head of the answer is here."""
        self.is_stream = is_stream

    def take(self, kind: str, data: bytes) -> None:
        """An event, as ``expect.stream`` counts and checks them."""
        if not self.is_stream or data == DONE:
            return
        self._events += 1
        for check in self._checks:
            check.take(kind, data)

    def look(self, kind: str, data: bytes, is_error: bool) -> None:
        """What an event means: it, or one that it carries."""
        if data == DONE:
            self._is_done = True
            return
        if self.error is None and (is_error or any(mark in data for mark in _MARKS)):
            self.error = _error_in(kind, data, is_error)
        if self._is_finished:
            return
        if _CHUNK.search(data):
            self._has_chunks = True
            self._is_finished = _FINISH_REASON.search(data) is not None
        elif not self._has_begun:
            self._has_begun = _BEGINNING.search(data) is not None
        else:
            self._is_finished = _ENDING.search(data) is not None

    @property
    def has_events(self) -> bool:
        """Whether there was one, the mark of the end not counted."""
        return self._events > 0

    def problem(self) -> str | None:
        """What is wrong with the whole stream, or None."""
        if self.error is not None:
            return self.error
        expectation = self.expectation
        if expectation is not None and not self.is_stream:
            return "the answer is empty" if self.is_stream is None else "the answer is no stream of events"
        done = None if expectation is None else expectation.done
        if done and not self._is_done:
            return "the stream ended without [DONE]"
        if done is None and self._has_chunks and not (self._is_done or self._is_finished):
            return "the stream ended without [DONE] and without a finish_reason"
        if done is None and self._has_begun and not self._is_finished:
            return "the stream ended without the event that ends it"
        if expectation is not None and self._events < expectation.minimum_events:
            return f"the stream has fewer than {expectation.minimum_events} events"
        return next((reason for check in self._checks if (reason := check.problem())), None)


class _Watched:
    """One check, and what it has seen of one answer."""

    def __init__(self, check: EventCheck):
        self._check = check
        self._reason: str | None = None
        self._last: bytes | None = None
        self._is_met = False

    def take(self, kind: str, data: bytes) -> None:
        check = self._check
        if check.type is not None and kind != check.type:
            return
        if check.which == "last":
            self._last = data
        elif check.which == "every":
            self._is_met = True
            self._reason = self._reason or check.wrong(data)
        elif not self._is_met:
            self._reason = check.wrong(data)
            self._is_met = self._reason is None

    def problem(self) -> str | None:
        which = self._check.which
        subject = "event" if self._check.type is None else f"event of the type {self._check.type}"
        if which == "last" and self._last is not None:
            self._is_met, self._reason = True, self._check.wrong(self._last)
        if self._reason is not None:
            one = {"any": f"no {subject} is right", "every": f"an {subject} is wrong"}
            return f"{one.get(which, f'the last {subject} is wrong')}: {self._reason}"
        return None if self._is_met else f"the stream has no {subject}"


def _error_in(kind: str, data: bytes, is_error: bool) -> str | None:
    try:
        document = parse_json(data)
    except NotJsonError:
        document = None
    if not is_error and not _is_error(document):
        broken_off = _BROKEN_OFF.search(data)
        return f"error in the stream: finish_reason {broken_off[1].decode()}" if broken_off else None
    # Exceptions of AWS have their type outside, and a code inside.
    names = [error_type(kind)] if is_error and kind != "error" else []
    names = [name for name in (*names, type_in(document)) if name]
    return f"error in the stream: {' '.join(names)}" if names else "error in the stream"


def _is_error(document: Any) -> bool:
    """Whether data of an event stands for an error, in one of the forms that servers of models send."""
    if not isinstance(document, dict):
        return False
    is_named = document.get("object") == "error" or document.get("type") in _FAILED_TYPES
    return is_named or bool(document.get("error") or document.get("error_code"))
