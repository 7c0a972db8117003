"""One connection: sends a request, takes the answer, and opens again when it is lost."""

import contextlib
import time

from ..measure import answers
from ..measure.failures import Failure, is_close, network_failure
from ..measure.measure import NameMeasure
from ..measure.request_log import log
from ..measure.rows import Row
from ..source.promise import Promise
from ..source.request import Piece, Request, Response
from . import exchange, idle_race, promised
from .endpoint import Endpoint, Form
from .http1 import AnswerParser, Head, Headers, ProtocolError, encode_request, is_unasked_answer
from .idle_race import EndOfStreamError
from .link import BUSY, IDLE, NEVER, Link
from .owner import Owner
from .poller import READ, WRITE

_RECEIVE_BYTES = 64 * 1024
# A long answer lets the others have their turn after so many pieces.
_PIECES_A_TURN = 16

_UNFINISHED = Failure("unfinished", "not answered when its time after the end of the load was over")
BLOCKED, FIRST_BYTE = "http_req_blocked", "http_req_first_byte"
_clock = time.perf_counter


class Connection(Link):
    """Has at most one request at a time, each of which ends in exactly one success or failure."""

    __slots__ = (
        "_idle_since",
        "_is_ordinary",
        "_is_sent",
        "_measure",
        "_parser",
        "_request",
        "_request_seconds",
        "_row",
        "owner",
    )

    def __init__(self, endpoint: Endpoint, owner: Owner):
        super().__init__(endpoint)
        self.owner = owner
        self._request_seconds = min(endpoint.limits.first_byte, endpoint.limits.request)
        self._request: Request | None = None
        self._measure: NameMeasure | None = None
        self._row: Row | None = None
        """Where the end of the request counts."""
        self._is_ordinary = False
        """Whether an answer of the usual form can be taken without the parser."""
        self._is_sent = False
        """Whether a request that is sent again counts as sent already."""
        self._idle_since = 0.0
        self._parser: AnswerParser | None = None

    def start(self, request: Request, due: float | None = None) -> None:
        """
        Sends a request, over a new connection when there is none.

        :param due: when it should have been sent, in the open model
        """
        if request is not self._request:
            self._request = request
            if request.wire is None:
                request.wire = encode_request(request, self._endpoint.host_header)
            self._is_ordinary = request.on_piece is None and request.method != "HEAD"
            measure = self._measure
            if measure is None or measure.name != request.name or measure.method != request.method:
                self._measure = self._endpoint.measure.of(request.method, request.name)
        self._due = due
        self._is_retried = False
        self.begun = now = _clock()
        measure = self._measure
        row = measure.at_hand
        if due is None and now < row.until:
            # The text of begin() for the closed model, where no request is of an earlier second.
            row.due += 1
            if measure.metrics.made is not None:
                measure.take_made(row)
        else:
            self.begun = now if due is None else due
            row = measure.begin(self.begun)
        self._row = row
        if self._state == IDLE:
            if due is not None:
                row.trend(BLOCKED).add(max(0.0, now - due))
            self._transmit(now)
        else:
            self._open()

    def abort(self) -> None:
        if self._state == IDLE:
            # What lies there was sent before the loop came to it.
            with contextlib.suppress(OSError):
                self._count_unasked(self._receive(_RECEIVE_BYTES))
        self._parser = None
        self._close()

    def end_unfinished(self) -> None:
        """Gives up the request, whose time is over: a failure that took at least as long as it has taken."""
        if self.is_busy:
            seconds = _clock() - self._started
            self._close()
            self._end(seconds, None, 0, _UNFINISHED)

    def on_event(self, mask: int) -> None:
        if self._state == BUSY and self._rest is None:
            try:
                data = self._receive(_RECEIVE_BYTES)
            except BlockingIOError:
                return
            except OSError as error:
                self._lost(error)
                return
            if self._is_ordinary and self._parser is None:
                endpoint = self._endpoint
                form = endpoint.last_form
                head, head_bytes, size, status, length, is_plain, _ = form
                # The same head as the last one has nothing to parse.
                if len(data) != size or data[:head_bytes] != head:
                    form = endpoint.form_of(data)
                    if form is None:
                        self._take(data)
                        return
                    size, status, length, is_plain = form.size, form.status, form.length, form.is_plain
                # Almost every answer of almost every test: each call that is not made here is a percent.
                if is_plain and self._due is None and self._has_answered and not self._is_retiring:
                    self._idle_since = now = _clock()
                    self._state = IDLE
                    row = self._row
                    row.bytes_received += size
                    self._measure.succeeded(row, now, now - self._started, length, status)
                    if endpoint.is_logged and not log.skips():
                        self._log(now, form)
                    self.owner.finished(self)
                else:
                    self._take_ordinary(data, form)
                return
            self._take(data)
        else:
            self._on_unusual_event(mask)

    def _transmit(self, started: float) -> None:
        wire = self._request.wire
        self._state = BUSY
        self._started = started
        deadline = started + self._request_seconds
        if deadline < self._alarm_at:
            self._set_alarm(deadline)
        try:
            sent = self._send(wire)
        except BlockingIOError:
            sent = 0
        except OSError as error:
            self._lost(error, 0)
            return
        row = self._row
        row.bytes_sent += sent
        if not self._is_retried or not self._is_sent:
            row.sent += 1
        if sent != len(wire) or (self._stream is not None and self._stream.has_unsent):
            self._rest = memoryview(wire)[sent:]
            self._endpoint.reactor.modify(self._descriptor, READ | WRITE)

    def _on_unusual_event(self, mask: int) -> None:
        """While a request is not wholly sent, or none is there."""
        try:
            if self._state == BUSY and mask & WRITE:
                left = len(self._rest)
                try:
                    self._send_rest()
                except OSError as error:
                    self._take_refusal(error)
                    return
                self._row.bytes_sent += left - len(self._rest or b"")
            if self._state == BUSY and mask & ~WRITE:
                # An answer before the end of the request: a refusal, after which the connection is of no use.
                data = self._receive(_RECEIVE_BYTES)
                self._is_retiring = self._is_retiring or self._rest is not None
                self._take(data)
            elif self._state == IDLE:
                # The server closes, or speaks out of turn. A piece of TLS's own is no data.
                self._count_unasked(self._receive(_RECEIVE_BYTES))
                self._close()
        except BlockingIOError:
            return
        except OSError as error:
            self._lost(error)

    def _take_refusal(self, error: OSError) -> None:
        """
        The server reads no further. It may have said why before it closed: the kernel has that still.

        :param error: of sending; without an answer it is the cause
        """
        if isinstance(error, BlockingIOError):
            return
        try:
            data = self._receive(_RECEIVE_BYTES)
        except OSError:
            data = b""
        if not data:
            self._lost(error)
            return
        self._is_retiring, self._rest = True, None
        self._endpoint.reactor.modify(self._descriptor, READ)
        self._take(data)

    def _take_ordinary(self, data: bytes, form: Form) -> None:
        now = _clock()
        seconds = now - self._started
        self._row.bytes_received += form.size
        if not self._has_answered:
            self._has_answered = True
            self._endpoint.measure.compare_clock(Headers(form.head[:-4]), seconds)
        if self._is_retiring:
            self._close()
        else:
            self._state = IDLE
            self._idle_since = now
        is_settled, error = form.is_plain, None
        if form.is_glanced:
            is_settled, error = exchange.glance(
                self._endpoint, self._request, self._row, data, form.head_bytes
            )
        if error is not None:
            self._end(seconds, None, form.length, exchange.check_failed(error), error, form.status)
        elif is_settled:
            measure, row = self._measure, self._row
            measure.succeeded(row, now, seconds, form.length, form.status)
            if self._due is not None:
                measure.responded(row, now - self._due)
            if self._endpoint.is_logged and not log.skips():
                self._log(now, form)
            self.owner.finished(self)
        else:
            response = Response(form.status, Headers(form.head[:-4]), data[form.head_bytes :], None, True)
            self._judge(seconds, response, form.length)

    def _count_unasked(self, data: bytes) -> None:
        """:param data: what came before a request was sent: its connection ends, so that none takes it"""
        if is_unasked_answer(data):
            self._endpoint.measure.count("unasked")

    def _log(self, now: float, form: Form) -> None:
        second = int(self.begun - self._endpoint.measure.began)
        log.add(self._request, second, form.status, now - self._started, form.length, None)

    def _take(self, data: bytes) -> None:
        """Any answer: in pieces, chunked, ended by the close, streamed, or not one at all."""
        try:
            for piece in range(_PIECES_A_TURN):
                if piece:
                    data = self._receive(_RECEIVE_BYTES)
                self._row.bytes_received += len(data)
                if self._parser is None:
                    if not data:
                        self._lost(EndOfStreamError())
                        return
                    self._begin_answer()
                parser = self._parser
                assert parser is not None
                if data:
                    parser.feed(data)
                else:
                    parser.end()
                if parser.is_complete:
                    self._take_whole(parser)
                    return
        except BlockingIOError:
            return
        except (OSError, ProtocolError) as error:
            self._lost(error)
            return
        except Exception as error:
            # The request's own callback for pieces.
            self._close()
            failure = Failure("check", f"check failed: {type(error).__name__}")
            self._end(_clock() - self._started, None, 0, failure, error)
            return
        if self._stream is not None and self._stream.has_unread:
            self._endpoint.reactor.soon(self._go_on)

    def _go_on(self) -> None:
        if self._state == BUSY and self._parser is not None:
            self.on_event(READ)

    def _begin_answer(self) -> None:
        request = self._request
        assert request is not None
        if request.on_piece is None:
            endpoint = self._endpoint
            self._parser = AnswerParser(
                request.method, limit=endpoint.most_answer_bytes, kept_bytes=endpoint.kept_bytes
            )
            return
        on_piece, started, row = request.on_piece, self._started, self._row
        metrics = self._endpoint.measure.metrics
        self._row.trend(FIRST_BYTE).add(_clock() - started)

        def deliver(head: Head, data: bytes) -> None:
            metrics.at_hand = row
            try:
                on_piece(Piece(_clock() - started, data, head.status, Headers(head)))
            finally:
                metrics.at_hand = None

        self._parser = AnswerParser(request.method, deliver, self._endpoint.most_answer_bytes)

    def _take_whole(self, parser: AnswerParser) -> None:
        seconds = _clock() - self._started
        head = parser.head
        assert head is not None and self._request is not None
        if head.status == 408 and not parser.keeps_alive and self._is_unseen(EndOfStreamError()):
            # Balancers say so before they close an idle connection: it answers no request.
            self._parser = None
            self._send_again(is_sent=True)
            return
        if not self._has_answered:
            self._has_answered = True
            self._endpoint.measure.compare_clock(Headers(head), seconds)
        self._parser = None
        if parser.keeps_alive and not self._is_retiring:
            self._state = IDLE
            self._idle_since = _clock()
        else:
            # After a refusal some servers take the rest of the request for another one.
            if not self._is_retiring:
                self._count_unasked(parser.surplus)
            self._close()
        response = Response(head.status, Headers(head), parser.body, self._request.on_piece)
        self._judge(seconds, response, parser.body_bytes)

    def _judge(self, seconds: float, response: Response, body_bytes: int) -> None:
        response.request = self._request
        response.seconds = seconds
        failure, error = exchange.judge(self._endpoint, response, self._row)
        if isinstance(failure, Promise):
            if self._endpoint.keeps_promises:
                answered = promised.Answered(
                    self._measure,
                    self._row,
                    self._request,
                    response,
                    seconds,
                    body_bytes,
                    self.begun,
                    self._due,
                )
                self._parser = None
                promised.keep(self._endpoint, failure, answered)
                self.owner.finished(self)
                return
            failure = None
        self._end(seconds, response, body_bytes, failure, error)

    def _end(
        self,
        seconds: float,
        response: Response | None,
        body_bytes: int,
        failure: Failure | None,
        error: Exception | None = None,
        status: int | None = None,
    ) -> None:
        """:param status: of a whole answer that is not handed on as a response"""
        # Of an answer that is not whole it may hold much.
        self._parser = None
        measure, endpoint, row = self._measure, self._endpoint, self._row
        assert measure is not None and row is not None and self._request is not None
        now = self._started + seconds
        if response is not None:
            status = response.status
        if failure is None:
            measure.succeeded(row, now, seconds, body_bytes, status)
        else:
            measure.failed(row, now, seconds, failure, body_bytes, status)
        if self._due is not None:
            measure.responded(row, now - self._due)
        second = int(self.begun - endpoint.measure.began)
        answers.ended(self._request, second, response, seconds, body_bytes, failure)
        if endpoint.on_outcome is not None:
            endpoint.on_outcome(self._request, response, failure, seconds)
        if endpoint.listeners:
            error = exchange.tell(endpoint, self._request, response, seconds, failure) or error
        if error is None:
            self.owner.finished(self)
        else:
            self.owner.raised(self, error)

    def _lost(self, error: Exception, sent_bytes: int | None = None) -> None:
        """
        The connection broke, or what came over it is no answer.

        :param sent_bytes: what of the request was handed to the kernel; by default what is not left of it
        """
        if self._state != BUSY:
            self._close()
            return
        had_bytes = self._parser is not None
        if not had_bytes and is_close(error) and self._is_unseen(error, sent_bytes):
            # Without a number of bytes it counts as sent already.
            self._send_again(is_sent=sent_bytes is None)
            return
        self._close()
        failure = network_failure(error, answering=had_bytes)
        self._end(_clock() - self._started, None, 0, failure)

    def _is_unseen(self, error: Exception, sent_bytes: int | None = None) -> bool:
        """Whether the server closed the connection for being idle, before it saw the request."""
        if not self._has_answered or self._is_retried:
            return False
        if sent_bytes is None:
            sent_bytes = len(self._request.wire) - len(self._rest or b"")
        return idle_race.is_proven(self._descriptor, sent_bytes, error) or idle_race.is_likely(
            self._started - self._idle_since,
            _clock() - self._started,
            self._endpoint.round_trip_seconds,
        )

    def _send_again(self, *, is_sent: bool) -> None:
        """Over a new connection; the clock of the request goes on."""
        self._close()
        self._is_retried, self._is_sent = True, is_sent
        self._row.counters["retried_idle"] += 1
        self._open(again=True)

    def _give_up(self, error: Exception) -> None:
        self._end(_clock() - self._started, None, 0, network_failure(error, connecting=True))

    def _deadline(self) -> float:
        if self._state != BUSY:
            return NEVER
        return self._started + (
            self._request_seconds if self._parser is None else self._endpoint.limits.request
        )

    def _expire(self, now: float) -> None:
        limits = self._endpoint.limits
        if self._parser is None and limits.first_byte < limits.request:
            reason = f"no first byte within {limits.first_byte:g} s"
        else:
            reason = f"time-out after {limits.request:g} s"
        self._close()
        self._end(now - self._started, None, 0, Failure("timeout", reason))
