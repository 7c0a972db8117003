"""Opens one connection: name, TCP, tunnel of a proxy, TLS. Nothing here waits."""

import _socket
import errno
import os
import socket
import time
from collections.abc import Callable
from typing import Any

from ..measure.failures import ProxyRefusedError
from .endpoint import Endpoint
from .http1 import AnswerParser, ProtocolError
from .poller import READ, WRITE
from .resolver import Address
from .tls import TlsStream

_IN_PROGRESS = frozenset({errno.EINPROGRESS, errno.EWOULDBLOCK})
_clock = time.perf_counter


class Opening:
    """The way to an open connection. Ends in one call of one of its two callbacks, unless it is cancelled."""

    def __init__(
        self,
        endpoint: Endpoint,
        on_open: Callable[[Any, TlsStream | None, Address], None],
        on_failure: Callable[[Exception], None],
    ):
        self._endpoint = endpoint
        self._reactor = endpoint.reactor
        self._on_open = on_open
        self._on_failure = on_failure
        self._socket: Any = None
        self._stream: TlsStream | None = None
        self._untried: list[Address] = []
        self._address: Address | None = None
        self._step: Callable[[], None] = self._find_addresses
        self._step_began = 0.0
        self.connect_seconds = 0.0
        """How long the TCP connection took to make: about a round trip, through a tunnel to its end."""
        self._unsent = b""
        self._parser = AnswerParser("CONNECT")
        self._is_over = False
        self._reactor.soon(self._begin)

    def cancel(self) -> None:
        self._is_over = True
        self._close_socket()

    def on_event(self, _: int) -> None:
        self._advance()

    def _begin(self) -> None:
        self._reactor.call_at(_clock() + self._endpoint.limits.connect, self._expire)
        self._advance()

    def _advance(self) -> None:
        if self._is_over:
            return
        try:
            self._step()
        except BlockingIOError:
            return
        except (OSError, UnicodeError, ProtocolError) as error:
            self._fail(error)

    def _expire(self) -> None:
        if not self._is_over:
            self._fail(TimeoutError())

    def _fail(self, error: Exception) -> None:
        self.cancel()
        self._on_failure(error)

    def _find_addresses(self) -> None:
        resolver = self._endpoint.resolver
        self._untried = resolver.addresses()
        if self._untried:
            resolver.refresh_when_due()
            self._connect_to_next()
        elif resolver.error is not None and not resolver.is_due:
            raise resolver.error
        else:
            resolver.refresh_when_due(lambda: self._reactor.soon(self._advance))

    def _connect_to_next(self) -> None:
        """Goes through the addresses until one takes the connection."""
        while True:
            self._close_socket()
            self._address = family, address = self._untried.pop(0)
            self._step_began = _clock()
            self._socket = _socket.socket(family, socket.SOCK_STREAM)
            if self._socket.fileno() >= self._endpoint.first_reserved_descriptor:
                raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))
            self._socket.setblocking(False)
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            code = self._socket.connect_ex(address)
            if code == 0 or code in _IN_PROGRESS:
                self._step = self._connected
                self._reactor.register(self._socket.fileno(), WRITE, self)
                return
            if not self._untried:
                raise OSError(code, os.strerror(code))

    def _connected(self) -> None:
        code = self._socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if code:
            if not self._untried:
                raise OSError(code, os.strerror(code))
            # Not at once: within an event no descriptor may be registered.
            self._step = self._connect_to_next
            self._close_socket()
            self._reactor.soon(self._advance)
            return
        self.connect_seconds = _clock() - self._step_began
        self._endpoint.measure.phase("http_req_connecting", self.connect_seconds)
        if self._endpoint.proxy:
            self._unsent = self._endpoint.proxy.request
            self._step = self._tunnel
            self._step()
        else:
            self._secure()

    def _tunnel(self) -> None:
        if self._unsent:
            self._unsent = self._unsent[self._socket.send(self._unsent) :]
            if not self._unsent:
                self._reactor.modify(self._socket.fileno(), READ)
            return
        data = self._socket.recv(4096)
        if not data:
            raise ProxyRefusedError("connection closed")
        self._parser.feed(data)
        if self._parser.is_complete and self._parser.head:
            if not 200 <= self._parser.head.status < 300:
                raise ProxyRefusedError(f"HTTP {self._parser.head.status}")
            self.connect_seconds = _clock() - self._step_began
            self._secure()

    def _secure(self) -> None:
        endpoint = self._endpoint
        self._reactor.modify(self._socket.fileno(), READ)
        if endpoint.tls_context is None:
            self._finish()
            return
        self._step_began = _clock()
        self._stream = TlsStream(self._socket, endpoint.tls_context, endpoint.host, endpoint.tls_session)
        self._step = self._handshake
        self._step()

    def _handshake(self) -> None:
        assert self._stream is not None
        done = self._stream.handshake()
        self._reactor.modify(self._socket.fileno(), READ | WRITE if self._stream.has_unsent else READ)
        if not done:
            return
        measure = self._endpoint.measure
        measure.phase("http_req_tls_handshaking", _clock() - self._step_began)
        if self._stream.is_resumed:
            measure.count("tls_resumed")
        self._finish()

    def _finish(self) -> None:
        self._is_over = True
        assert self._address is not None
        self._on_open(self._socket, self._stream, self._address)

    def _close_socket(self) -> None:
        if self._socket is not None:
            if self._reactor.knows(self._socket.fileno()):
                self._reactor.unregister(self._socket.fileno())
            self._socket.close()
            self._socket = None
