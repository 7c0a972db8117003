"""Signed requests that differ in their body: all their other bytes are written once a second."""

from hashlib import sha256

from ..http.http1 import encode_request
from .payloads import Body
from .request import Request
from .sigv4 import PreparedRequest

# Of so many payloads the hash is kept, 0.2 KB each.
_KEPT_HASHES = 64 * 1024
_KEPT_LENGTHS = 1024


class SignedRequest(Request):
    """Its headers are put together when somebody looks at them: what is sent is there already."""

    __slots__ = ("_common", "_signature")

    def __init__(self, like: Request, body: bytes, row: int | None, wire: bytes, signature: str):
        """:param like: the request with another body, whose ``Authorization`` ends before the signature"""
        self.method = like.method
        self.path = like.path
        self.name = like.name
        self.on_piece = None
        self.body = body
        self.row = row
        self.id = None
        self.wire = wire
        self._common = like.headers
        self._signature = signature

    @property
    def headers(self) -> dict[str, str]:  # type: ignore[override]
        return {**self._common, "Authorization": self._common["Authorization"] + self._signature}


class SignedRequests:
    """Makes the requests of one method, path and set of headers."""

    def __init__(self, prepared: PreparedRequest, method: str, path: str, host: str, name: str):
        """
        :param path: path and query, as they are sent and were prepared
        :param host: the ``Host`` header, as it was prepared
        """
        self._prepared = prepared
        self._method = method
        self._path = path
        self._host = host
        self._name = name
        self._moment: object = None
        self._hashes: dict[int | None, bytes] = {}
        self._lengths: dict[int, bytes] = {}

    def of(self, body: Body) -> Request:
        """
        Signs for the second of the signer's last :meth:`.sigv4.Signer.moment`, which whoever makes a request
        asks for: kept requests are let go by it.

        :param body: of a payload, when it has the number of a row
        """
        content, row = body.content, body.row
        if not content:
            headers = self._prepared.headers(content)
            return Request(self._method, self._path, name=self._name, headers=headers, body=content)
        digest = self._hashes.get(row)
        if digest is None:
            digest = sha256(content).hexdigest().encode()
            if row is not None and len(self._hashes) < _KEPT_HASHES:
                self._hashes[row] = digest
        prepared = self._prepared
        if prepared.signer.current is not self._moment:
            self._begin()
        signature = prepared.signature(digest)
        length = self._lengths.get(len(content)) or self._length(len(content))
        wire = b"".join((self._before, signature.encode(), length, content))
        return SignedRequest(self._like, content, row, wire, signature)

    def _begin(self) -> None:
        """Writes what the requests of this second share, as any request is written."""
        self._prepared.follow()
        self._moment = self._prepared.signer.current
        headers = self._prepared.common_headers()
        self._like = like = Request(self._method, self._path, name=self._name, headers=headers, body=b"\0")
        marked = {**headers, "Authorization": headers["Authorization"] + "\0"}
        whole = encode_request(
            Request(self._method, self._path, name=self._name, headers=marked, body=like.body), self._host
        )
        self._before, after, _ = whole.split(b"\0")
        self._lengths.clear()
        self._after = after.removesuffix(b"1\r\n\r\n")

    def _length(self, size: int) -> bytes:
        """What stands between signature and body."""
        length = b"%b%d\r\n\r\n" % (self._after, size)
        if len(self._lengths) < _KEPT_LENGTHS:
            self._lengths[size] = length
        return length
