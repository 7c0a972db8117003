import gzip
import zlib

import pytest

from loadwright_runtime import DecodingError, Response
from loadwright_runtime.answers.decoding import MAXIMUM_BYTES, Decompressor, beginning, decode

TEXT = bytes(range(256)) * 40


def raw_deflate(data):
    compressor = zlib.compressobj(wbits=-15)
    return compressor.compress(data) + compressor.flush()


FORMS = [
    ("gzip", gzip.compress(TEXT)),
    ("GZip", gzip.compress(TEXT)),
    ("x-gzip", gzip.compress(TEXT)),
    ("gzip", gzip.compress(TEXT[:100]) + gzip.compress(TEXT[100:])),
    ("gzip", gzip.compress(TEXT) + bytes(16)),
    ("deflate", zlib.compress(TEXT)),
    ("deflate", raw_deflate(TEXT)),
    ("identity", TEXT),
    ("gzip, identity", gzip.compress(TEXT)),
    ("deflate, gzip", gzip.compress(zlib.compress(TEXT))),
    (None, TEXT),
    ("", TEXT),
]


@pytest.mark.parametrize(("encoding", "body"), FORMS)
def test_whole_bodies(encoding, body):
    assert decode(body, encoding) == TEXT
    assert Response(200, {"content-encoding": encoding}, body).content == TEXT
    assert beginning(body, encoding, 300) == TEXT[:300]


@pytest.mark.parametrize(("coding", "body"), FORMS[2:7])
def test_piece_by_piece(coding, body):
    decompressor = Decompressor(coding)
    assert b"".join(decompressor.feed(body[at : at + 1]) for at in range(len(body))) == TEXT
    assert decompressor.is_complete


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "zstd, gzip"])
def test_an_empty_body_needs_no_decoding(encoding):
    assert Response(204, {"content-encoding": encoding}, b"").content == b""


@pytest.mark.parametrize(
    ("encoding", "body", "message"),
    [
        ("gzip", TEXT, "not what its Content-Encoding says"),
        ("deflate", b"\x78\x9c\xff\xff\xff", "not what its Content-Encoding says"),
        ("gzip", gzip.compress(TEXT)[:-9], "cut off"),
        ("br", TEXT, "encoded with br, which cannot be decoded"),
        ("§$%", TEXT, "encoded with something, which cannot be decoded"),
        ("gzip, gzip, gzip, gzip, gzip", TEXT, "too many times"),
    ],
)
def test_what_cannot_be_decoded(encoding, body, message):
    with pytest.raises(DecodingError, match=message):
        decode(body, encoding)


def test_the_beginning_of_what_cannot_be_decoded():
    assert beginning(gzip.compress(TEXT)[:-9], "gzip", 50) == TEXT[:50]
    assert beginning(b"abc", "gzip", 50) == b"abc"
    assert beginning(b"abc", "br", 50) == b"abc"
    assert beginning(b"abc", "gzip, " * 9, 2) == b"ab"


def bomb(size):
    compressor = zlib.compressobj(9, wbits=31)
    block = bytes(1024 * 1024)
    return b"".join(compressor.compress(block) for _ in range(size >> 20)) + compressor.flush()


def test_a_bomb_is_not_unpacked():
    body = bomb(256 << 20)
    assert len(body) < 300_000
    with pytest.raises(DecodingError, match="longer than 64 MiB"):
        decode(body, "gzip")
    assert beginning(body, "gzip", 1000) == bytes(1000)
    with pytest.raises(DecodingError, match="longer than"):
        decode(bomb(2 << 20), "gzip", limit=1 << 20)
    assert len(decode(bomb(1 << 20), "gzip", limit=1 << 20)) == 1 << 20
    assert MAXIMUM_BYTES == 64 << 20
