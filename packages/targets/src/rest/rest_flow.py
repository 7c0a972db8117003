"""Flows: requests in an order, of which later ones take values out of the answers to earlier ones."""

import re
from collections import deque
from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from loadwright_runtime import (
    DecodingError,
    Failure,
    Metrics,
    Piece,
    Request,
    Response,
    ResponseCheck,
    SetupError,
    compact_json,
)
from loadwright_runtime.source import json_text
from loadwright_runtime.source.body_template import Generators, Part, text_of
from loadwright_runtime.source.json_pointer import MISSING, find, parse_pointer
from loadwright_runtime.source.row_requests import chooser
from rest_route import HEADER_VALUE

LONGEST_VALUE_BYTES = 16 * 1024
"""Of a value that is taken out of an answer, as UTF-8."""
DURATION = "flow_duration"
COMPLETED = "flows_completed"
COMPLETION = "flow_completion"
_NO_NUMBERS = frozenset({"NaN", "Infinity", "-Infinity"})

Next = Callable[[], Request]


class Flow:
    """A flow that is carried out: where it is, and what its answers gave."""

    __slots__ = ("_extracted", "_later", "_waiting", "seconds", "values")

    def __init__(self, steps: Sequence[Next], waiting: "deque[Flow]", extracted: "Extracted"):
        """:param waiting: where it is put when its next step may be sent"""
        self._later = deque(steps)
        self._waiting = waiting
        self._extracted = extracted
        self.values: dict[str, bytes] = {}
        """What was taken out of answers, as JSON."""
        self.seconds = 0.0
        """Service time of the steps that have succeeded."""

    def next_request(self) -> Request:
        """The next step. If it cannot be made, or is not answered rightly, the flow ends."""
        self._extracted.values = self.values
        return StepRequest(self._later.popleft()(), self)

    def go_on(self, seconds: float) -> bool:
        """
        The step that was sent last succeeded.

        :param seconds: its service time
        :returns: whether it was the last step
        """
        self.seconds += seconds
        if self._later:
            self._waiting.append(self)
        return not self._later


class StepRequest(Request):
    """A request that knows its flow."""

    __slots__ = ("flow",)

    def __init__(self, like: Request, flow: Flow, on_piece: Callable[[Piece], None] | None = None):
        super().__init__(
            like.method,
            like.path,
            name=like.name,
            headers=like.headers,
            body=like.body,
            on_piece=on_piece or like.on_piece,
            row=like.row,
            id=like.id,
        )
        self.wire = like.wire
        self.flow = flow

    @property
    def secrets(self) -> Iterator[str]:  # type: ignore[override]
        """Values of a flow may be tokens and sessions."""
        return filter(None, map(text_of, self.flow.values.values()))

    def read_by(self, on_piece: Callable[[Piece], None]) -> Request:
        return StepRequest(self, self.flow, on_piece)


class Extracted:
    """Gives templates the values of the flow whose step is being made."""

    def __init__(self) -> None:
        self.values: Mapping[str, bytes] = {}
        self.generators: Generators = {"$extracted": self._part}

    def _part(self, given: str | dict[str, str]) -> Part:
        """:param given: the name of a value, or this and the ``prefix`` before it"""
        name = _name_of(given)
        if isinstance(given, str):
            return lambda _: self.values[name]
        prefix = given["prefix"]
        return lambda _: compact_json(f"{prefix}{text_of(self.values[name])}")


def _name_of(given: str | dict[str, str]) -> str:
    return given if isinstance(given, str) else given["name"]


class Flows:
    """All flows of a target."""

    def __init__(self, config: list[dict[str, Any]], metrics: Metrics):
        """:param config: ``flows`` of ``target.json``"""
        self._config = config
        if config:
            metrics.declare_trend(DURATION, "s", "service times of all steps of a completed flow, together")
            metrics.declare_counter(COMPLETED, "flows", "flows of which every step succeeded")
            metrics.declare_rate(COMPLETION, "", "flows of which every step succeeded, of those that ended")
        self.extracted = Extracted()
        self.steps = [step for flow in config for step in flow["steps"]]
        """Their configurations, each with the name of its requests."""
        in_headers = {
            _name_of(value["$extracted"])
            for step in self.steps
            for value in step["headers"].values()
            if isinstance(value, dict) and "$extracted" in value
        }
        self.checks = {
            step["requestName"]: StepCheck(step.get("expect"), step.get("extract", {}), in_headers, metrics)
            for step in self.steps
        }
        if config:
            # A step that fails, however it does, ends its flow.
            metrics.count_failures_as_misses(COMPLETION, self.checks.keys())
        self._makers: list[tuple[float, list[Next]]] = []
        self._before_load: deque[Flow] = deque()

    def made_by(self, makers: Mapping[str, Next]) -> None:
        """:param makers: what makes the requests of each step, by its name"""
        self._makers = [
            (flow["weight"], [makers[step["requestName"]] for step in flow["steps"]]) for flow in self._config
        ]

    def maker(self, routes: Sequence[tuple[float, Next]]) -> Next:
        """
        What a user sends, or a load of the open model: the next step of the flow that has waited longest,
        else a single request or the first step of a flow, by their weights.

        :param routes: single requests, by weight
        """
        waiting: deque[Flow] = deque()
        choose = chooser(
            [*routes, *((weight, self._first(steps, waiting)) for weight, steps in self._makers)]
        )
        return lambda: waiting.popleft().next_request() if waiting else choose()

    def names_before(self, name: str) -> list[str]:
        for flow in self._config:
            names = [step["requestName"] for step in flow["steps"]]
            if name in names:
                return names[: names.index(name)]
        return []

    def request_named(self, name: str) -> Request:
        """Before a load: the request of a step, after those before it were sent and have succeeded."""
        if not self.names_before(name):
            self._before_load.clear()
            (steps,) = [
                steps
                for flow, (_, steps) in zip(self._config, self._makers, strict=True)
                if flow["steps"][0]["requestName"] == name
            ]
            return self._first(steps, self._before_load)()
        return self._before_load.popleft().next_request()

    def _first(self, steps: list[Next], waiting: deque[Flow]) -> Next:
        return partial(_begin, steps, waiting, self.extracted)


def _begin(steps: list[Next], waiting: deque[Flow], extracted: Extracted) -> Request:
    return Flow(steps, waiting, extracted).next_request()


class StepCheck(ResponseCheck):
    """Also takes out of the answer what later steps need; the flow goes on when all is right."""

    def __init__(
        self,
        expect: dict[str, Any] | None,
        extract: dict[str, dict[str, str]],
        in_headers: Container[str],
        metrics: Metrics,
    ):
        """:param in_headers: names of values that headers carry"""
        super().__init__(expect)
        self._metrics = metrics
        self._extractions = [Extraction(name, config, name in in_headers) for name, config in extract.items()]

    def plain_statuses(self) -> tuple[()]:
        """None: a flow goes on with its answer."""
        return ()

    def __call__(self, response: Response) -> str | Failure | None:
        reason = super().__call__(response)
        assert isinstance(response.request, StepRequest)
        flow = response.request.flow
        problem = None
        # Also out of a wrong answer: the sample of the failure shows nothing of what is found.
        for extraction in self._extractions:
            try:
                flow.values[extraction.name] = extraction.value_of(response)
            except ExtractionError as error:
                problem = problem or Failure("extract", f"extract of {extraction.name}: {error}")
        if reason is None and problem is None and flow.go_on(response.seconds or 0.0):
            # Of the last step's name, by which flows differ.
            self._metrics.trend(DURATION, flow.seconds)
            self._metrics.counter(COMPLETED)
            self._metrics.rate(COMPLETION, True)
        return reason or problem


class ExtractionError(Exception):
    """There is no such value. The message has no varying part, and nothing of the answer."""


class Extraction:
    """Finds one value in an answer."""

    def __init__(self, name: str, config: dict[str, str], is_in_header: bool):
        """
        :param config: ``json``, a JSON Pointer, or ``header``, a name, or neither: the body as text. With
            ``matches`` it is what this regular expression finds there, or its first group
        """
        self.name = name
        self._header = config.get("header")
        self._pointer = config.get("json")
        self._tokens = parse_pointer(config.get("json", ""))
        try:
            self._pattern = re.compile(config["matches"]) if "matches" in config else None
        except re.error as error:
            raise SetupError(
                f"extract holds {error.pattern!r}, which is no regular expression of Python: {error}."
            ) from None
        self._is_in_header = is_in_header

    def value_of(self, response: Response) -> bytes:
        """The value as JSON. Raises :class:`ExtractionError`."""
        text, is_text = self._found(response)
        if self._pattern is not None:
            match = self._pattern.search(text)
            found = match and match[1 if self._pattern.groups else 0]
            if found is None:
                raise ExtractionError("nothing matches")
            text, is_text = found, True
        if not text:
            raise ExtractionError("the value is empty")
        try:
            is_long = len(text.encode()) > LONGEST_VALUE_BYTES
        except UnicodeError:
            # JSON can name half of a pair of surrogates.
            raise ExtractionError("the value is no valid text") from None
        if is_long:
            raise ExtractionError(f"the value is longer than {LONGEST_VALUE_BYTES >> 10} KiB")
        if self._is_in_header and not (HEADER_VALUE.fullmatch(text) and text == text.strip(" \t")):
            raise ExtractionError("a header can carry printable ASCII only, without blanks at its ends")
        return compact_json(text) if is_text else text.encode()

    def _found(self, response: Response) -> tuple[str, bool]:
        """What there is before ``matches``, and whether it is a text: otherwise it is JSON."""
        if self._header is not None:
            header = response.header(self._header)
            if header is None:
                raise ExtractionError(f"no header {self._header}")
            return header, True
        if response.reader is not None:
            raise ExtractionError("a stream has no body to take it from")
        try:
            content = response.content
        except DecodingError as error:
            raise ExtractionError(str(error)) from None
        if self._pointer is None:
            return content.decode(errors="replace"), True
        try:
            value = find(json_text.loads(content), self._tokens)
        except (ValueError, RecursionError):
            raise ExtractionError("the answer is not JSON") from None
        place = self._pointer or "the top"
        if value is MISSING:
            raise ExtractionError(f"no value at {place}")
        if isinstance(value, str):
            return value, True
        text = json_text.dumps(value) if isinstance(value, (int, float)) else ""
        if not text or text in _NO_NUMBERS:
            raise ExtractionError(f"the value at {place} is no text, no number, neither true nor false")
        return text, False
