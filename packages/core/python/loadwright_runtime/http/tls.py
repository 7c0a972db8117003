"""TLS over a non-blocking socket."""

import ssl
from typing import Any

_RECORD_BYTES = 16 * 1024 + 512


class TlsStream:
    """Speaks like the non-blocking socket that it wraps."""

    def __init__(self, wrapped: Any, context: ssl.SSLContext, host: str, session: ssl.SSLSession | None):
        """
        :param wrapped: a non-blocking socket
        :param host: the name or address that the certificate must be valid for
        :param session: of an earlier connection, to be resumed
        """
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._object = context.wrap_bio(self._incoming, self._outgoing, server_hostname=host, session=session)
        self._receive, self._send = wrapped.recv, wrapped.send
        self._read, self._write = self._object.read, self._object.write
        self._unsent = b""

    @property
    def session(self) -> ssl.SSLSession | None:
        """For the next connection. With TLS 1.3 it is there after the first answer."""
        return self._object.session

    @property
    def is_resumed(self) -> bool:
        return bool(self._object.session_reused)

    @property
    def has_unsent(self) -> bool:
        return bool(self._unsent)

    @property
    def has_unread(self) -> bool:
        """Whether there may be more to read without the socket being ready."""
        return self._incoming.pending > 0 or self._object.pending() > 0

    def handshake(self) -> bool:
        """One step. True when it is done."""
        while True:
            try:
                self._object.do_handshake()
            except ssl.SSLWantReadError:
                self.flush()
                try:
                    self._fill()
                except BlockingIOError:
                    return False
            except ssl.SSLError:
                # The alert gives the server the reason.
                self.flush()
                raise
            else:
                self.flush()
                return True

    def recv(self, size: int) -> bytes:
        if not self.has_unread:
            self._fill()
        try:
            data = self._read(size)
        except ssl.SSLWantReadError:
            data = None
        except ssl.SSLZeroReturnError:
            return b""
        if self._outgoing.pending:
            self.flush()
        if data is None:
            raise BlockingIOError
        return data

    def send(self, data: bytes) -> int:
        """Takes all of it. What the socket does not take now is kept: see :attr:`has_unsent`."""
        self._write(data)
        self.flush()
        return len(data)

    def flush(self) -> None:
        """Hands to the socket what it takes now."""
        data = self._unsent + self._outgoing.read() if self._unsent else self._outgoing.read()
        if not data:
            return
        try:
            sent = self._send(data)
        except BlockingIOError:
            sent = 0
        self._unsent = b"" if sent == len(data) else data[sent:]

    def _fill(self) -> None:
        data = self._receive(_RECORD_BYTES)
        if data:
            self._incoming.write(data)
        else:
            self._incoming.write_eof()
