"""How requests ended: status codes and bytes, from the connection to the sums of a master."""

import random
from collections import Counter

import msgpack
import pytest
from generator_harness import OK, Source, answering, read_request

from loadwright_runtime import Request
from loadwright_runtime.measure.figures import MAXIMUM_CODES, Figures
from loadwright_runtime.measure.rows import COUNTS, Row
from loadwright_runtime.measure.sums import RowSum
from loadwright_runtime.measure.wire import pack_rows, pack_sum, unpack_rows, unpack_sum

REFUSED = b"HTTP/1.1 503 Busy\r\nContent-Length: 4\r\n\r\nbusy"
CHUNKED = b"HTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n"


@pytest.mark.parametrize("expect", [None, {"text": {"matches": "[os]|^$"}}])
def test_every_answer_counts_with_its_bytes(serve, make_user, expect):
    answers, received, sent = [OK, REFUSED, CHUNKED, OK, OK], [], []

    def handle(connection):
        while read_request(connection, received):
            sent.append(answers[len(sent)])
            connection.sendall(sent[-1])

    user = make_user(f"http://{serve(handle)}", expect=expect)
    for _ in answers:
        user.send_next()
    total = user.figures.total()
    assert total.codes == {200: 3, 503: 1, 201: 1}
    assert (total.bytes_sent, total.bytes_received) == (sum(map(len, received)), sum(map(len, sent)))


def test_a_large_request_is_counted_to_its_last_byte(serve, make_user):
    body = random.Random(1).randbytes(6_000_000)
    received = bytearray()

    class Large(Source):
        def next_request(self):
            return Request("POST", "/", name="n", body=body)

    def handle(connection):
        while not received.endswith(body[-100:]):
            received.extend(connection.recv(65536))
        connection.sendall(OK)

    user = make_user(f"http://{serve(handle)}", Large, timeout=20)
    user.send_next()
    total = user.figures.total()
    assert (total.bytes_sent, total.bytes_received) == (len(received), len(OK))


def test_what_has_no_whole_answer_counts_by_its_kind(serve, make_user):
    cut = iter([OK[:-1], b"", b"no HTTP\r\n\r\n"])

    def handle(connection):
        read_request(connection)
        connection.sendall(next(cut))

    user = make_user(f"http://{serve(handle)}")
    for _ in range(3):
        user.send_next()
    total = user.figures.total()
    assert total.codes == {"protocol": 2, "reset": 1} == total.failures_by_kind()


def test_a_check_that_fails_counts_with_its_status(serve, make_user):
    user = make_user(f"http://{serve(answering(OK))}", expect={"text": {"matches": "missing"}})
    user.send_next()
    total = user.figures.total()
    assert (total.codes, total.failures_by_kind()) == ({200: 1}, {"check": 1})


COUNTED = [name for name in COUNTS if name != "succeeded"]


def row_of(codes):
    row = Row()
    for code, count in codes.items():
        for _ in range(count):
            row.service.add(0.1)
            if code != 200:
                row.count_code(code)
    return row


def test_rows_travel_rest_and_add_up():
    chance = random.Random(7)
    rows, wanted = [], Counter()
    for second in range(50):
        codes = {chance.choice([200, 404, 503, "timeout", "reset"]): chance.randrange(1, 9) for _ in "abc"}
        row = row_of(codes)
        for name in COUNTED:
            setattr(row, name, 1 if name == "failed" else chance.randrange(100))
        rows.append((second, ("GET", "n"), row))
        assert row.codes == codes
        wanted.update(codes)
    expected = RowSum()
    came = unpack_rows(msgpack.unpackb(msgpack.packb(pack_rows(rows))))
    for (_, _, row), (_, _, one) in zip(rows, came, strict=True):
        rested = unpack_sum(msgpack.unpackb(msgpack.packb(pack_sum(one))))
        for name in (*COUNTED, "codes"):
            assert getattr(rested, name) == getattr(one, name) == getattr(row, name)
        expected.merge(one)
    assert expected.codes == wanted


@pytest.mark.parametrize("codes", [[200], [200, -1], [1000, 1], [None, 1], [200, 1, "timeout"], [["a"], 1]])
def test_codes_that_no_worker_sends(codes):
    packed = pack_rows([(0, ("GET", "n"), Row())])
    packed[0][2][0][3] = codes
    with pytest.raises((ValueError, TypeError)):
        unpack_rows(packed)


def test_a_service_that_makes_up_codes_fills_no_memory():
    figures = Figures()
    chance = random.Random(3)
    count = 0
    for second in range(200):
        row = row_of({chance.randrange(100, 1000): 1 + chance.randrange(3) for _ in range(20)})
        count += sum(row.codes.values())
        figures.add(unpack_rows(pack_rows([(second, ("GET", "n"), row)])))
    total = figures.total()
    assert len(total.codes) == MAXIMUM_CODES + 1
    assert total.codes["other"] > 0 and sum(total.codes.values()) == count
    by_second = Counter()
    for _, _, row in figures.since(0, 10_000).rows:
        by_second.update(row.codes)
    assert by_second == total.codes
