"""What makes a stream with status 200 a failure, whether it is read as it comes or taken as a whole."""

import gzip
import json

import pytest
from generator_harness import Source, read_request

from loadwright_runtime import Failure, Request, Response, ResponseCheck
from loadwright_runtime.answers.test_streaming import aws_message
from loadwright_runtime.measure.failure_samples import samples

SSE = {"content-type": "text/event-stream; charset=utf-8"}
AWS = {"content-type": "application/vnd.amazon.eventstream"}
LINES = {"content-type": "application/x-ndjson"}


def sse(*datas):
    return b"".join(
        b"data: %b\n\n" % (data if isinstance(data, bytes) else json.dumps(data).encode()) for data in datas
    )


def lines(*documents):
    return b"".join(b"%b\n" % json.dumps(document).encode() for document in documents)


def carried(content, size=5):
    """In the parts of SageMaker's stream, however it is cut."""
    parts = [content[start : start + size] for start in range(0, len(content), size)]
    headers = {":message-type": "event", ":event-type": "PayloadPart", ":content-type": "a/b"}
    return b"".join(aws_message(headers, part) for part in parts)


def typed(*types):
    return sse(*({"type": one, "response": {"error": None}} for one in types))


def generated(**details):
    """As the containers of Hugging Face and of DJL answer."""
    return {"token": {"id": 1, "text": "a"}, "generated_text": "a", "details": details}


def chunk(content, finish=None):
    return {
        "object": "chat.completion.chunk",
        "choices": [{"delta": {"content": content}, "finish_reason": finish}],
    }


def reason(body, headers=SSE, stream=None):
    expect = {"status": [200]} | ({"stream": stream} if stream is not None else {})
    failure = ResponseCheck(expect)(Response(200, headers, body))
    assert failure is None or (isinstance(failure, Failure) and failure.kind == "stream")
    return failure and failure.reason


RIGHT = [
    (b"", SSE),
    (sse({"a": 1}, {"a": 2}), SSE),
    (sse({"a": 1}) + b"data: [DONE]\n\n", SSE),
    (sse(chunk("a"), chunk("", "stop")), SSE),
    (sse(chunk("a")) + b"data: [DONE]", SSE),
    # The word alone, and fields that say that there was none.
    (
        sse(
            {"text": 'an "error"'},
            {"error": None, "text": "a"},
            {"error": "", "b": {"error": 1}, "error_code": 0},
        ),
        SSE,
    ),
    (b'{"error": {"message": "no stream"}}', {"content-type": "application/json"}),
    (sse(chunk("a", "length"), {"object": "chat.completion.chunk", "choices": [], "usage": {}}), SSE),
    (typed("response.created", "response.output_text.delta", "response.completed"), SSE),
    (typed("response.created", "response.incomplete"), SSE),
    (typed("message_start", "content_block_delta", "message_delta", "message_stop"), SSE),
    (sse({"delta": 'the event "type": "response.created" and "finish_reason": "abort"'}), SSE),
    (carried(sse(chunk("a"), chunk("", "stop"))), AWS),
    (carried(sse({"a": 1}) + b"data: [DONE]"), AWS),
    (carried(lines(generated(finish_reason=None), generated(finish_reason="eos_token"))), AWS),
    (carried(lines({"a": 1}).strip()), AWS),
    # What a container may send beside JSON and server-sent events.
    (carried(b"a text, or \x00\x01 sound, that is 'error'"), AWS),
    (carried(b"d"), AWS),
    (lines({"response": "a", "done": False}, {"response": "", "done": True, "error": None}), LINES),
    (b'{"a": 1}\r\n\n[2]', LINES),
]


@pytest.mark.parametrize(("body", "headers"), RIGHT, ids=range(len(RIGHT)))
def test_streams_that_are_right(body, headers):
    assert reason(body, headers) is None


WRONG = [
    (sse({"a": 1}, {"error": {"message": "CUDA out of memory", "type": "InternalServerError"}}), SSE,
     "error in the stream: InternalServerError"),
    (sse({"error": "overloaded"}, b"[DONE]"), SSE, "error in the stream"),
    (sse({"error": {"code": 400, "message": "m"}}), SSE, "error in the stream"),
    (sse({"error_code": "INTERNAL_ERROR", "message": "m"}), SSE, "error in the stream: INTERNAL_ERROR"),
    (sse({"object": "error", "message": "m", "type": "BadRequestError"}), SSE,
     "error in the stream: BadRequestError"),
    (b"event: error\ndata: no JSON\n\n", SSE, "error in the stream"),
    (b'event: error\ndata: {"type": "error", "error": {"type": "overloaded_error"}}\n\n', SSE,
     "error in the stream: overloaded_error"),
    (b"data: {}\n\ndata: {", SSE, "the stream was cut off within an event"),
    (sse({"error": {"type": "x_y"}}) + b"data: {", SSE, "error in the stream: x_y"),
    (sse(chunk("a"), chunk("b")), SSE, "the stream ended without [DONE] and without a finish_reason"),
    (sse({"object": "text_completion", "choices": []}), SSE,
     "the stream ended without [DONE] and without a finish_reason"),
    (aws_message({":message-type": "exception", ":exception-type": "ModelStreamError"},
                 b'{"Message": "m", "ErrorCode": "ModelInvocationTimeExceeded"}'), AWS,
     "error in the stream: ModelStreamError ModelInvocationTimeExceeded"),
    (aws_message({":message-type": "exception", ":exception-type": "InternalStreamFailure"}, b""), AWS,
     "error in the stream: InternalStreamFailure"),
    (aws_message({":message-type": "error", ":error-code": "500"}, b"x"), AWS, "error in the stream"),
    (aws_message({":event-type": "PayloadPart"}, b"x")[:-1], AWS, "the stream was cut off within a frame"),
    (bytes(20), AWS, "a broken frame in the stream"),
    (gzip.compress(sse({"error": "x"})), SSE | {"content-encoding": "gzip"}, "error in the stream"),
    (gzip.compress(sse({"a": 1}))[:-8], SSE | {"content-encoding": "gzip"}, "the stream was cut off"),
    (sse({"a": 1}), SSE | {"content-encoding": "br"},
     "the answer is encoded with br, which cannot be decoded"),
    (sse(chunk("a", "abort"), b"[DONE]"), SSE, "error in the stream: finish_reason abort"),
    (sse({"text": "a", "meta_info": {"finish_reason": {"type": "abort", "message": "m"}}}), SSE,
     "error in the stream: finish_reason abort"),
    (sse({"type": "error", "code": "server_error", "message": "m"}), SSE,
     "error in the stream: server_error"),
    (sse({"type": "response.created"},
         {"type": "response.failed", "response": {"error": {"code": "server_error"}}}), SSE,
     "error in the stream: response.failed"),
    (typed("response.created", "response.output_text.delta"), SSE,
     "the stream ended without the event that ends it"),
    (typed("message_start", "content_block_delta"), SSE, "the stream ended without the event that ends it"),
    (carried(sse({"a": 1}, {"error": {"message": "m", "type": "InternalServerError"}})), AWS,
     "error in the stream: InternalServerError"),
    (carried(b"event: error\ndata: no JSON\n\n"), AWS, "error in the stream"),
    (carried(sse(chunk("a"))), AWS, "the stream ended without [DONE] and without a finish_reason"),
    (carried(b"data: {}\n\ndata: {"), AWS, "the stream was cut off within an event"),
    (carried(lines({"error": "out of memory", "error_type": "generation"})), AWS, "error in the stream"),
    (carried(lines(generated(finish_reason="error"))), AWS, "error in the stream: finish_reason error"),
    (carried(b'{"error": "m"}'), AWS, "error in the stream"),
    (carried(b'{"error":'), AWS, "the stream was cut off within an event"),
    (lines({"response": "a"}, {"error": "unexpected EOF"}), LINES, "error in the stream"),
    (b'{"response": "a"}\n{"resp', {"content-type": "application/jsonlines; charset=utf-8"},
     "the stream was cut off within an event"),
]  # fmt: skip


@pytest.mark.parametrize(("body", "headers", "text"), WRONG, ids=range(len(WRONG)))
def test_streams_that_are_wrong(body, headers, text):
    assert reason(body, headers) == text


@pytest.mark.parametrize(
    ("stream", "body", "text"),
    [
        ({"done": True}, sse(chunk("", "stop")), "the stream ended without [DONE]"),
        ({"done": True}, sse({"a": 1}, b"[DONE]"), None),
        ({"done": False}, sse(chunk("a")), None),
        ({"minimumEvents": 2}, sse({"a": 1}, {"a": 2}, b"[DONE]"), None),
        ({"minimumEvents": 2}, sse({"a": 1}, b"[DONE]"), "the stream has fewer than 2 events"),
        ({"event": {"json": {"pointer": "/a", "equals": 2}}}, sse({"a": 1}, {"a": 2}), None),
        ({"event": {"json": {"pointer": "/a", "equals": 3}}}, sse({"a": 1}, {"a": 2}),
         "no event is right: check of /a: not the expected value"),
        ({"event": {"which": "every", "json": {"pointer": "/a", "minimum": 2}}}, sse({"a": 1}, {"a": 2}),
         "an event is wrong: check of /a: below 2"),
        ({"event": {"which": "last", "json": {"pointer": "/usage"}}},
         sse({"a": 1}, {"usage": 7}, b"[DONE]"), None),
        ({"event": {"which": "last", "json": {"pointer": "/usage"}}}, sse({"usage": 7}, {"a": 1}),
         "the last event is wrong: check of /usage: no such value"),
        ({"event": {"text": {"matches": "b"}}}, sse(b"a", b"b"), None),
        ({"event": {"which": "every", "text": {"doesNotMatch": "sorry"}}}, sse(b"a", b"I am sorry"),
         "an event is wrong: check of the text: matches what it must not"),
        ({"event": {"type": "token"}}, b"event: token\ndata: a\n\n", None),
        ({"event": {"type": "token"}}, sse(b"a"), "the stream has no event of the type token"),
        ({"event": [{"text": {"matches": "a"}}, {"type": "end"}]}, sse(b"a"),
         "the stream has no event of the type end"),
        ({"event": {"json": {"pointer": ""}}}, sse(b"no JSON"), "no event is right: it is not JSON"),
        ({"event": {"json": {"pointer": ""}}}, sse(b"[NaN]"),
         "no event is right: it holds NaN, which is not JSON"),
        ({"event": {"which": "last"}}, b"", "the stream has no event"),
        ({}, b"", None),
    ],
)  # fmt: skip
def test_expectations(stream, body, text):
    assert reason(body, SSE, stream) == text


def test_an_answer_that_is_no_stream():
    assert reason(b"{}", {"content-type": "application/json"}, {}) == "the answer is no stream of events"
    assert reason(b"{}", {}, {"done": True}) == "the answer is no stream of events"


class Reading(Source):
    """Reads its answers as they come."""

    def next_request(self):
        return Request("POST", "/", name="name", body=b"body", on_piece=self.event_reader(lambda _: None))


def answering_with(body, headers, size):
    """Each answer in chunks of so many bytes."""

    def handle(connection):
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        while read_request(connection):
            connection.sendall(f"HTTP/1.1 200 OK\r\n{lines}Transfer-Encoding: chunked\r\n\r\n".encode())
            for start in range(0, len(body), size):
                piece = body[start : start + size]
                connection.sendall(b"%x\r\n%b\r\n" % (len(piece), piece))
            connection.sendall(b"0\r\n\r\n")

    return handle


def failures_collected():
    return [Failure(sample["kind"], sample["error"]) for sample in samples.take()]


@pytest.fixture(autouse=True)
def no_samples():
    samples.clear()


@pytest.mark.parametrize("source", [Source, Reading])
@pytest.mark.parametrize(("body", "headers", "text"), WRONG, ids=range(len(WRONG)))
def test_failures_of_requests(serve, make_user, source, body, headers, text):
    user = make_user(f"http://{serve(answering_with(body, headers, 7))}", source)
    user.send_next()
    assert user.reasons == [text]
    assert failures_collected() == [Failure("stream", text)]


@pytest.mark.parametrize("source", [Source, Reading])
@pytest.mark.parametrize(("body", "headers"), RIGHT, ids=range(len(RIGHT)))
def test_successes_of_requests(serve, make_user, source, body, headers):
    user = make_user(f"http://{serve(answering_with(body, headers, 1))}", source)
    user.send_next()
    assert user.reasons == [None]


@pytest.mark.parametrize("source", [Source, Reading])
def test_every_second_stream_ends_with_an_error(serve, make_user, source):
    good, bad = sse({"a": 1}, b"[DONE]"), sse({"a": 1}, {"error": {"message": "m", "code": 500}})
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: %d\r\n\r\n"

    def handle(connection):
        for body in [good, bad] * 5:
            read_request(connection)
            connection.sendall(head % len(body) + body)

    user = make_user(f"http://{serve(handle)}", source)
    for _ in range(10):
        user.send_next()
    assert user.reasons == [None, "error in the stream"] * 5


def test_expectations_of_a_reader(serve, make_user):
    body = sse({"a": 1}, b"[DONE]")
    address = f"http://{serve(answering_with(body, SSE, 5))}"
    expect = {"status": [200], "stream": {"done": True, "event": {"json": {"pointer": "/a", "equals": 2}}}}
    user = make_user(address, Reading, expect=expect)
    user.send_next()
    assert user.reasons == ["no event is right: check of /a: not the expected value"]


def test_a_stream_that_the_server_leaves(serve, make_user):
    def handle(connection):
        read_request(connection)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: 1\n\ndata: ")
        connection.close()

    for source in (Source, Reading):
        user = make_user(f"http://{serve(handle)}", source)
        user.send_next()
        assert user.reasons == ["the stream was cut off within an event"]
