"""Bodies that a service has compressed, decoded. Never within the timed part of a request."""

import re
import zlib

MAXIMUM_BYTES = 64 * 1024 * 1024
"""Of a decoded body. A few kilobytes can hold gigabytes."""

_MAXIMUM_CODINGS = 4
_CODING_NAME = re.compile(r"[a-z0-9-]{1,16}")
_ZLIB_MAGIC = 0x78
_GZIP_WINDOW, _ZLIB_WINDOW, _RAW_WINDOW = zlib.MAX_WBITS | 16, zlib.MAX_WBITS, -zlib.MAX_WBITS


class DecodingError(ValueError):
    """A body that cannot be decoded. The message has no varying part."""


class Decompressor:
    """Undoes one coding, piece by piece: ``gzip``, also of several members, or ``deflate`` of both forms."""

    def __init__(self, coding: str, limit: int = MAXIMUM_BYTES, *, is_cut: bool = False):
        """
        :param limit: bytes that may come out in all
        :param is_cut: what is beyond the limit is left out, in place of an error
        """
        if coding not in ("gzip", "x-gzip", "deflate"):
            name = coding if _CODING_NAME.fullmatch(coding) else "something"
            raise DecodingError(f"the answer is encoded with {name}, which cannot be decoded")
        self._is_deflate = coding == "deflate"
        self._remaining = limit
        self._is_cut = is_cut
        self._object = None if self._is_deflate else zlib.decompressobj(_GZIP_WINDOW)

    def feed(self, data: bytes) -> bytes:
        """Raises :class:`DecodingError`."""
        decoded = []
        while data:
            if self._object is None:
                # Servers send both forms (RFC 9110, section 8.4.1.2).
                is_framed = data[0] & 0x0F == _ZLIB_MAGIC & 0x0F
                self._object = zlib.decompressobj(_ZLIB_WINDOW if is_framed else _RAW_WINDOW)
            elif self._object.eof:
                if self._is_deflate or data[:1] != b"\x1f":
                    break  # Padding after the end is ignored, as by every browser.
                self._object = zlib.decompressobj(_GZIP_WINDOW)
            try:
                piece = self._object.decompress(data, self._remaining + 1)
            except zlib.error:
                raise DecodingError("the answer is not what its Content-Encoding says") from None
            self._remaining -= len(piece)
            decoded.append(piece)
            data = self._object.unused_data
            if self._remaining < 0:
                if not self._is_cut:
                    raise DecodingError(f"the decoded answer is longer than {MAXIMUM_BYTES >> 20} MiB")
                break
        return b"".join(decoded)

    @property
    def is_complete(self) -> bool:
        return self._object is None or self._object.eof


def decode(body: bytes, content_encoding: str | None, limit: int = MAXIMUM_BYTES) -> bytes:
    """
    The whole body as it was before it was compressed. Raises :class:`DecodingError`.

    :param content_encoding: the header of that name; None when there is none
    """
    for coding in codings(content_encoding) if body else ():
        decompressor = Decompressor(coding, limit)
        body = decompressor.feed(body)
        if not decompressor.is_complete:
            raise DecodingError("the compressed answer is cut off")
    return body


def beginning(body: bytes, content_encoding: str | None, limit: int) -> bytes:
    """The first bytes of a body, decoded as far as that is possible."""
    try:
        for coding in codings(content_encoding) if body else ():
            body = Decompressor(coding, limit, is_cut=True).feed(body)
    except DecodingError:
        pass
    return body[:limit]


def codings(content_encoding: str | None) -> list[str]:
    """What has to be undone, in the order in which it has to be. Raises :class:`DecodingError`."""
    names = [name.strip().lower() for name in (content_encoding or "").split(",")]
    names = [name for name in names if name not in ("", "identity")]
    if len(names) > _MAXIMUM_CODINGS:
        raise DecodingError("the answer is encoded too many times")
    return names[::-1]
