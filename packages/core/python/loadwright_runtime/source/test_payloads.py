import json
import subprocess
import sys
from pathlib import Path

import pytest

from loadwright_runtime import Body, SetupError
from loadwright_runtime.source.payloads import Payload, PayloadError, Payloads


def write(path, records):
    path.write_text("".join(json.dumps(record, separators=(",", ":")) + "\n" for record in records))
    return path


def open_payloads(path, order="sequential", worker_index=0, encode=lambda payload: payload.encode()):
    return Payloads(path, order, worker_index, encode)


def contents(payloads, count):
    return [payloads.next_body().content for _ in range(count)]


def test_kinds(tmp_path):
    path = write(
        tmp_path / "payloads.jsonl",
        [
            {"json": {"a": [1, None, "ä"]}},
            {"text": "1,2,ä", "contentType": "text/csv"},
            {"base64": "AP8="},
            {"text": "plain"},
        ],
    )
    payloads = open_payloads(path, encode=lambda payload: payload.encode("application/x-default"))
    assert [payloads.next_body() for _ in range(4)] == [
        Body(b'{"a":[1,null,"\\u00e4"]}', "application/x-default", 1),
        Body("1,2,ä".encode(), "text/csv", 2),
        Body(b"\x00\xff", "application/x-default", 3),
        Body(b"plain", "application/x-default", 4),
    ]


def test_json_keeps_its_spelling():
    assert Payload(b'{"json":[1e-7,1E5,1.0]}').encode().content == b"[1e-7,1E5,1.0]"
    assert Payload(b'{"contentType":"a/b","json":{"a": 1}}').encode() == Body(b'{"a":1}', "a/b")
    assert Payload(b'{ "json":{"a": "\xc3\xa4"}}').encode().content == '{"a":"ä"}'.encode()


def test_own_content_types():
    assert [Payload(line).content_type() for line in (b'{"json":1}', b'{"text":""}', b'{"base64":""}')] == [
        "application/json",
        "text/plain",
        "application/octet-stream",
    ]


def test_sequential_wraps_around(tmp_path):
    payloads = open_payloads(write(tmp_path / "p", [{"json": index} for index in range(3)]))
    assert contents(payloads, 7) == [b"0", b"1", b"2", b"0", b"1", b"2", b"0"]


def test_last_line_without_line_break_and_blank_lines(tmp_path):
    (tmp_path / "p").write_bytes(b'\n{"json":1}\r\n\n{"json":2}')
    assert contents(open_payloads(tmp_path / "p"), 3) == [b"1", b"2", b"1"]


def test_random_draws_all(tmp_path):
    payloads = open_payloads(write(tmp_path / "p", [{"json": index} for index in range(5)]), order="random")
    assert set(contents(payloads, 300)) == {b"0", b"1", b"2", b"3", b"4"}


def test_workers_begin_far_apart(tmp_path):
    path = write(tmp_path / "p", [{"json": index} for index in range(1000)])
    firsts = sorted(int(contents(open_payloads(path, worker_index=worker), 1)[0]) for worker in range(8))
    gaps = [after - before for before, after in zip(firsts, [*firsts[1:], firsts[0] + 1000], strict=True)]
    assert firsts[0] == 0 and min(gaps) > 50


def test_bodies_are_encoded_once(tmp_path):
    encoded = []

    def encode(payload):
        encoded.append(payload.value)
        return payload.encode()

    payloads = open_payloads(write(tmp_path / "p", [{"json": index} for index in range(4)]), encode=encode)
    contents(payloads, 40)
    assert sorted(encoded) == [0, 1, 2, 3]


def test_missing_and_empty(tmp_path):
    with pytest.raises(SetupError, match=r"payloads\.jsonl does not exist"):
        open_payloads(tmp_path / "payloads.jsonl")
    (tmp_path / "empty").write_text("\n")
    with pytest.raises(SetupError, match="holds no payloads"):
        open_payloads(tmp_path / "empty")


MEASURE = """
import resource, sys
from pathlib import Path
from loadwright_runtime import Payload
from loadwright_runtime.source.payloads import Payloads
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
payloads = Payloads(Path(sys.argv[1]), "sequential", 0, Payload.encode)
for _ in range(len(payloads) // 10):
    payloads.next_body()
print(len(payloads), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


def test_large_file_costs_little_memory(tmp_path):
    line = b'{"json":"' + b"x" * 4000 + b'"}\n'
    count = 50_000
    with (tmp_path / "large").open("wb") as file:
        for _ in range(count):
            file.write(line)
    result = subprocess.run(
        [sys.executable, "-c", MEASURE, tmp_path / "large"],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    lines, kilobytes = map(int, result.stdout.split())
    assert lines == count
    # 200 MB of payloads: the kept bodies (32 MB), the pages read (20 MB), 8 bytes a line.
    assert kilobytes < 90_000


def encode_numbers(payload):
    if payload.kind != "json":
        raise SetupError("numbers alone")
    return payload.encode()


@pytest.mark.parametrize("worker_index", range(3))
def test_one_payload_that_does_not_fit_fails_when_it_is_sent_and_stops_no_worker(tmp_path, worker_index):
    # With three rows the second worker begins at the second.
    path = write(tmp_path / "p", [{"json": 1}, {"text": "a"}, {"json": 3}])
    payloads = open_payloads(path, worker_index=worker_index, encode=encode_numbers)
    sent = []
    for _ in range(6):
        try:
            sent.append(payloads.next_body().content)
        except PayloadError as error:
            sent.append((error.row, error.what))
    assert sorted(map(str, sent)) == sorted(map(str, [b"1", (2, "numbers alone"), b"3"] * 2))


@pytest.mark.parametrize("worker_index", range(3))
def test_payloads_whose_first_does_not_fit_are_refused_by_every_worker(tmp_path, worker_index):
    path = write(tmp_path / "p", [{"text": "a"}, {"json": 2}, {"json": 3}])
    with pytest.raises(SetupError, match="numbers alone"):
        open_payloads(path, worker_index=worker_index, encode=encode_numbers)
