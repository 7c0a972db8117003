import json

import pytest

from loadwright_runtime import Piece
from loadwright_runtime.answers.test_streaming import aws_message
from loadwright_runtime.answers.token_metrics import AnswerTokens, TokenMetrics, TokenReader
from loadwright_runtime.measure.metrics import Metrics
from loadwright_runtime.measure.rows import Row

SSE, AWS = "text/event-stream", "application/vnd.amazon.eventstream"
LINES = "application/x-ndjson"


def chunk(**delta):
    return {"object": "chat.completion.chunk", "choices": [{"index": 0, "delta": delta}]}


def chat(*texts, usage=None):
    """A stream of the form of OpenAI: first a role with nothing, last the usage with no choices."""
    documents = [chunk(role="assistant", content=""), *(chunk(content=text) for text in texts)]
    if usage:
        documents.append({"object": "chat.completion.chunk", "choices": [], "usage": usage})
    return documents


USAGE = {"prompt_tokens": 7, "completion_tokens": 5, "total_tokens": 12}


def sse(document):
    return b"data: " + json.dumps(document).encode() + b"\n\n"


def line(document):
    return json.dumps(document).encode() + b"\n"


def frame(data):
    return aws_message({":event-type": "PayloadPart", ":message-type": "event"}, data)


def cut(data, number):
    size = -(-len(data) // number)
    return [data[start : start + size] for start in range(0, len(data), size)]


def read(content_type, pieces):
    """:param pieces: seconds and data"""
    reader = TokenReader()
    for seconds, data in pieces:
        reader(Piece(seconds, data, 200, {"content-type": content_type}))
    reader.end()
    return reader.tokens


def recorded(tokens, goodput=None):
    metrics, row = Metrics(), Row()
    metrics.at_hand = row
    TokenMetrics(metrics, goodput).record(tokens)
    return row


def trend(row, name):
    found = row.trends.get(name)
    return None if found is None else (found.count, round(found.total, 6))


DOCUMENTS = chat("Hel", "lo", "!", usage=USAGE)
AT = [0.1, 0.2, 0.25, 0.35, 0.4]


@pytest.mark.parametrize(
    ("content_type", "pieces"),
    [
        (SSE, [(at, sse(document)) for at, document in zip(AT, DOCUMENTS, strict=True)]),
        (LINES, [(at, line(document)) for at, document in zip(AT, DOCUMENTS, strict=True)]),
        (AWS, [(at, frame(line(document))) for at, document in zip(AT, DOCUMENTS, strict=True)]),
        (AWS, [(at, frame(sse(document))) for at, document in zip(AT, DOCUMENTS, strict=True)]),
        # A line in three frames, which end with it at the same moment.
        (
            AWS,
            [
                (at, b"".join(map(frame, cut(line(document), 3))))
                for at, document in zip(AT, DOCUMENTS, strict=True)
            ],
        ),
    ],
    ids=["sse", "json lines", "aws of json lines", "aws of sse", "aws, lines across frames"],
)
def test_a_chat_in_each_encoding(content_type, pieces):
    tokens = read(content_type, pieces)
    assert (tokens.chunks, tokens.input_tokens, tokens.output_tokens) == (3, 7, 5)
    row = recorded(tokens)
    assert trend(row, "time_to_first_token") == (1, 0.2)
    assert trend(row, "inter_chunk_gap") == (2, 0.15)
    assert trend(row, "inter_token_latency") == (1, round(0.15 / 4, 6))
    assert trend(row, "output_tokens_per_second") == (1, 5 / 0.4)
    assert dict(row.counters) == {"input_tokens": 7, "output_tokens": 5, "output_chunks": 3}


def test_a_line_that_begins_in_one_frame_is_there_with_the_next():
    first, second = cut(line(chunk(content="a")), 2)
    tokens = read(AWS, [(0.1, frame(first)), (0.3, frame(second))])
    assert (tokens.first_token, tokens.chunks) == (0.3, 1)


def test_without_usage_there_are_chunks_and_no_tokens():
    row = recorded(read(SSE, [(at, sse(document)) for at, document in zip(AT, chat("a", "b"), strict=False)]))
    assert dict(row.counters) == {"output_chunks": 2}
    assert set(row.trends) == {"time_to_first_token", "inter_chunk_gap"}


@pytest.mark.parametrize(
    "document",
    [
        chunk(role="assistant"),
        chunk(role="assistant", content=""),
        chunk(role="assistant", content=None),
        {"choices": [], "usage": USAGE},
        {"type": "ping"},
        {"note": 'he said "content":"x" aloud'},
    ],
)
def test_what_is_no_output(document):
    assert read(SSE, [(0.1, sse(document))]).first_token is None


@pytest.mark.parametrize(
    "document",
    [
        chunk(content='"'),
        {"object": "text_completion", "choices": [{"text": "a"}]},
        {"token": {"id": 1, "text": " a", "special": False}, "generated_text": None},
        {"type": "content_block_delta", "delta": {"type": "text_delta", "text": "a"}},
        {"type": "response.output_text.delta", "delta": "a"},
        chunk(tool_calls=[{"function": {"arguments": "{"}}]),
        chunk(content=[{"type": "text", "text": "a"}]),
    ],
)
def test_output_of_several_services(document):
    assert read(SSE, [(0.1, sse(document))]).first_output == 0.1


def test_reasoning_comes_before_output():
    pieces = [(0.1, sse(chunk(reasoning_content="hm"))), (0.5, sse(chunk(content="a")))]
    row = recorded(read(SSE, pieces))
    assert trend(row, "time_to_first_token") == (1, 0.1)
    assert trend(row, "time_to_first_output") == (1, 0.5)


@pytest.mark.parametrize(
    ("documents", "tokens"),
    [
        # The sum so far in each event.
        (
            [chunk(content="a") | {"usage": {"prompt_tokens": 3, "completion_tokens": n}} for n in (1, 2)],
            (3, 2),
        ),
        # Anthropic names input and output apart.
        (
            [
                {"message": {"usage": {"input_tokens": 25, "output_tokens": 1}}},
                {"type": "message_delta", "usage": {"output_tokens": 15}},
            ],
            (25, 15),
        ),
        ([{"token": {"text": ""}, "generated_text": "abc", "details": {"generated_tokens": 20}}], (None, 20)),
        ([chunk(content="a") | {"usage": None}], (None, None)),
    ],
)
def test_usage_of_several_services(documents, tokens):
    found = read(SSE, [(0.1, sse(document)) for document in documents])
    assert (found.input_tokens, found.output_tokens) == tokens


@pytest.mark.parametrize(
    ("limits", "is_good"),
    [
        ({}, True),
        ({"timeToFirstTokenSeconds": 0.2, "interTokenLatencySeconds": 0.04, "durationSeconds": 0.4}, True),
        ({"timeToFirstTokenSeconds": 0.19}, False),
        ({"interTokenLatencySeconds": 0.03}, False),
        ({"durationSeconds": 0.39}, False),
        ({"timeToFirstTokenSeconds": 0.2, "durationSeconds": 0.1}, False),
    ],
)
def test_goodput_meets_all_limits_together(limits, is_good):
    pieces = [(at, sse(document)) for at, document in zip(AT, DOCUMENTS, strict=True)]
    row = recorded(read(SSE, pieces), limits)
    assert row.rates["goodput"] == [int(is_good), 1] and row.counters["good_requests"] == int(is_good)


def test_no_output_is_not_good():
    assert recorded(AnswerTokens(), {}).rates["goodput"] == [0, 1]


def test_usage_of_an_answer_of_one_piece():
    metrics, row = Metrics(), Row()
    metrics.at_hand = row
    tokens = TokenMetrics(metrics)
    tokens.count_usage(b'{"object":"list","data":[],"usage":{"prompt_tokens":4,"total_tokens":4}}')
    tokens.count_usage(b'{"predictions":[1]}')
    assert dict(row.counters) == {"input_tokens": 4}


def problem(content_type, *pieces):
    reader = TokenReader()
    for data in pieces:
        reader(Piece(0.1, data, 200, {} if content_type is None else {"content-type": content_type}))
    return reader.end()


@pytest.mark.parametrize(
    ("content_type", "data"),
    [
        (SSE, b": ping\n\n"),
        (SSE, b"data: [DONE]\n\n"),
        (AWS, b""),
        (LINES, b"\n"),
    ],
)
def test_a_stream_of_no_tokens_at_all(content_type, data):
    assert problem(content_type, data) == "the stream has no event"
    assert TokenReader().end(content_type) == "the stream has no event"


def test_what_is_no_empty_stream():
    assert problem(LINES, b'{"a": 1}') is None
    assert TokenReader().end("application/json") is None
    assert TokenReader().end() is None


@pytest.mark.parametrize("content_type", [None, "text/plain", "application/json"])
@pytest.mark.parametrize(
    ("pieces", "reason"),
    [
        ([b"da", b'ta: {"error": {"type": "x_y"}}\n\n'], "error in the stream: x_y"),
        ([sse(chunk(content="a"))], "the stream ended without [DONE] and without a finish_reason"),
        ([b"data: {}\n\ndata: {"], "the stream was cut off within an event"),
        ([sse({"a": 1})], None),
        # As services answer that do not stream.
        ([b'{"error": {"type": "x_y"}}'], "error in the stream: x_y"),
        ([b'{"object": "chat.completion",', b'"choices": [{"finish_reason": "stop"}]}'], None),
        ([b"<html>"], None),
        ([b""], None),
    ],
)
def test_what_is_asked_for_as_tokens_is_looked_at_whatever_it_is_called(content_type, pieces, reason):
    assert problem(content_type, *pieces) == reason
