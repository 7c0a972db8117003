import random

import pytest

from loadwright_runtime import SetupError
from loadwright_runtime.source.line_index import LineIndex


@pytest.mark.parametrize("longest", [3, 100, 3000, 20_000])
def test_every_line_is_found(tmp_path, longest):
    chance = random.Random(longest)
    lines = [bytes(chance.choices(b"ab{ ", k=chance.randrange(longest))) for _ in range(600)]
    ends = [chance.choice((b"\n", b"\r\n", b"\n\n")) for _ in lines]
    path = tmp_path / "lines"
    path.write_bytes(b"".join(line + end for line, end in zip(lines, ends, strict=True)).rstrip(b"\n"))
    expected = [line.rstrip() for line in lines if line.strip()]
    index = LineIndex(path)
    assert len(index) == len(expected)
    for number in chance.sample(range(len(expected)), len(expected)):
        assert index.line(number) == expected[number]
    index.close()


def test_progress(tmp_path):
    path = tmp_path / "lines"
    path.write_bytes(b"x" * 999_999 + b"\n" + b"1\n" * 500_000)
    shares = []
    index = LineIndex(path, lambda text, share: shares.append(share))
    assert len(index) == 500_001 and index.line(500_000) == b"1"
    # A long line is one step, many short ones are several.
    assert shares == sorted(shares) and 4 <= len(shares) < 20 and 0.4 < shares[0] < 0.6 and shares[-1] <= 1
    index.close()


def test_a_file_that_became_shorter(tmp_path):
    path = tmp_path / "lines"
    path.write_bytes(b"1\n2\n3\n")
    index = LineIndex(path)
    path.write_bytes(b"1\n")
    with pytest.raises(EOFError):
        index.line(2)
    index.close()


def test_a_missing_file(tmp_path):
    with pytest.raises(SetupError, match="does not exist"):
        LineIndex(tmp_path / "lines")
