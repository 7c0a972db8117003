"""
What a stream of tokens measures beside the time of its request. The definitions, with their sources, are on
the page ``docs/reference/token-metrics.md``; they agree with those of AIPerf and GuideLLM where these agree.

Events are looked at by regular expressions, which are exact here: a quotation mark within a JSON text is
escaped, so that ``"content":"`` stands for a member of an object and for nothing else. Parsing each event
would cost more than all the rest of a request.
"""

import re
from collections.abc import Mapping

from ..measure.metrics import Metrics
from .stream_checks import StreamWatch
from .streaming import Event, EventReader

# Of chats and completions in the form of OpenAI, of Anthropic, and of Hugging Face's TGI and its relatives.
_OUTPUT = re.compile(
    rb'"(?:content|text|generated_text|completion|arguments|partial_json)"\s*:\s*"(?!")|'
    rb'"delta"\s*:\s*"(?!")'
)
_REASONING = re.compile(rb'"(?:reasoning_content|reasoning|thinking)"\s*:\s*"(?!")')
_OUTPUT_TOKENS = re.compile(rb'"(?:completion_tokens|output_tokens|generated_tokens)"\s*:\s*(\d{1,9})\b')
_INPUT_TOKENS = re.compile(rb'"(?:prompt_tokens|input_tokens)"\s*:\s*(\d{1,9})\b')
_USAGE = b'_tokens"'
_USAGE_BYTES = 4096


class GoodputLimits:
    """What a request must meet to count as good: all of it together."""

    def __init__(self, config: Mapping[str, float]):
        """:param config: ``goodput`` of ``target.json``, in seconds"""
        self._first_token = config.get("timeToFirstTokenSeconds")
        self._inter_token = config.get("interTokenLatencySeconds")
        self._duration = config.get("durationSeconds")

    def are_met(self, first_token: float | None, inter_token: float | None, duration: float) -> bool:
        """
        :param first_token: None: no token came, which meets no limit
        :param inter_token: None: there were fewer than two tokens, which meets every limit
        """
        if first_token is None:
            return False
        return (
            _is_within(first_token, self._first_token)
            and (inter_token is None or _is_within(inter_token, self._inter_token))
            and _is_within(duration, self._duration)
        )


class TokenMetrics:
    """Of a source: what its answers are measured by."""

    def __init__(self, metrics: Metrics, goodput: Mapping[str, float] | None = None):
        """:param goodput: limits of a good request; None: there are none, and no goodput"""
        self._metrics = metrics
        self._limits = None if goodput is None else GoodputLimits(goodput)
        if self._limits is not None:
            metrics.declare_rate("goodput", description="requests that met all limits of goodput together")
            metrics.count_failures_as_misses("goodput")

    def record(self, tokens: "AnswerTokens") -> None:
        """An answer that is right and complete. Of others the times would say nothing."""
        metrics = self._metrics
        self.count(tokens.input_tokens, tokens.output_tokens)
        metrics.counter("output_chunks", tokens.chunks, "chunks", "events that held a part of the output")
        first, inter_token = tokens.first_token, tokens.inter_token_latency
        if first is not None:
            metrics.trend("time_to_first_token", first, "s", "until the first event with output")
        if tokens.first_output is not None and tokens.first_output != first:
            metrics.trend(
                "time_to_first_output", tokens.first_output, "s", "until the first output after reasoning"
            )
        for gap in tokens.gaps:
            metrics.trend("inter_chunk_gap", gap, "s", "between two events with output, all of them")
        if tokens.output_tokens is not None:
            if inter_token is not None:
                metrics.trend(
                    "inter_token_latency", inter_token, "s", "(last - first token) / (tokens - 1), a request"
                )
            if tokens.ended > 0:
                metrics.trend(
                    "output_tokens_per_second",
                    tokens.output_tokens / tokens.ended,
                    "tokens/s",
                    "tokens / time, a request",
                )
        if self._limits is not None:
            is_good = self._limits.are_met(first, inter_token, tokens.ended)
            metrics.rate("goodput", is_good)
            metrics.counter("good_requests", int(is_good), "requests", "requests that met them")

    @staticmethod
    def names_usage(content: bytes) -> bool:
        """Whether an answer of one piece may name its tokens."""
        return _USAGE in content[-_USAGE_BYTES:]

    def count_usage(self, content: bytes) -> None:
        """The tokens that an answer of one piece names; there are none in most."""
        if self.names_usage(content):
            end = content[-_USAGE_BYTES:]
            self.count(_number(_INPUT_TOKENS, end), _number(_OUTPUT_TOKENS, end))

    def count(self, input_tokens: int | None, output_tokens: int | None) -> None:
        if input_tokens is not None:
            self._metrics.counter("input_tokens", input_tokens, "tokens", "input tokens, as the answers say")
        if output_tokens is not None:
            self._metrics.counter(
                "output_tokens", output_tokens, "tokens", "output tokens, as the answers say"
            )


class AnswerTokens:
    """What one answer holds, and when it came. Times are in seconds since the request was sent."""

    def __init__(self) -> None:
        self.first_token: float | None = None
        """The first event with output, that of reasoning included; never one with a role or nothing."""
        self.first_output: float | None = None
        """The first event with output that is no reasoning."""
        self.ended = 0.0
        """The last event."""
        self.gaps: list[float] = []
        self.chunks = 0
        self.input_tokens: int | None = None
        self.output_tokens: int | None = None
        """As the service says. Without it nobody knows, for a chunk is no token."""
        self._last = 0.0

    @property
    def inter_token_latency(self) -> float | None:
        """
        Seconds, on average. By chunks where the service does not say how many tokens there were: that counts
        for goodput alone, and is recorded nowhere. None with fewer than two.
        """
        number = self.chunks if self.output_tokens is None else self.output_tokens
        if self.first_token is None or number < 2:
            return None
        return (self._last - self.first_token) / (number - 1)

    def arrived(self, event: Event) -> None:
        self.ended = event.seconds

    def take(self, seconds: float, data: bytes) -> None:
        is_output = _OUTPUT.search(data) is not None
        if is_output or _REASONING.search(data):
            if self.first_token is None:
                self.first_token = seconds
            else:
                self.gaps.append(seconds - self._last)
            if is_output and self.first_output is None:
                self.first_output = seconds
            self._last = seconds
            self.chunks += 1
        if _USAGE in data:
            # Some services name the sum so far with each event.
            self.input_tokens = _number(_INPUT_TOKENS, data, self.input_tokens)
            self.output_tokens = _number(_OUTPUT_TOKENS, data, self.output_tokens)


class TokenReader(EventReader):
    """The ``on_piece`` of one request: see :meth:`.source.RequestSource.token_reader`."""

    _asks_for_tokens = True

    def __init__(self, watch: StreamWatch | None = None):
        self.tokens = AnswerTokens()
        super().__init__(self.tokens.arrived, watch, self.tokens.take)

    def end(self, content_type: str | None = None) -> str | None:
        """As of every reader; and whoever asks for tokens is not served by a stream without any event."""
        reason = super().end(content_type)
        is_empty = bool(self.watch.is_stream) and not self.watch.has_events
        return reason or ("the stream has no event" if is_empty else None)


def _is_within(seconds: float, limit: float | None) -> bool:
    return limit is None or seconds <= limit


def _number(pattern: re.Pattern[bytes], data: bytes, otherwise: int | None = None) -> int | None:
    found = pattern.findall(data)
    return int(found[-1]) if found else otherwise
