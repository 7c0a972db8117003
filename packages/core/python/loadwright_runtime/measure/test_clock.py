import time
from email.utils import formatdate

import pytest
from generator_harness import answering
from locust_harness import CHALICE, Answer, Cluster, eventually, load_plan, serving

from loadwright_runtime.measure.clock import clock_offset

NOON = 1786708800
DATE = "Fri, 14 Aug 2026 12:00:00 GMT"


@pytest.mark.parametrize("date", [None, "", "yesterday", "Fri, 99 Aug 2026 12:00:00 GMT"])
def test_no_date(date):
    assert clock_offset(date, NOON, 0.1) is None


@pytest.mark.parametrize("offset", [-900.0, -0.25, 0.0, 0.7, 301.0])
@pytest.mark.parametrize("sent", [NOON, NOON + 0.499, NOON + 0.999])
@pytest.mark.parametrize("seconds", [0.0, 0.003, 2.0])
def test_the_true_offset_is_within_the_uncertainty(offset, sent, seconds):
    for written in (sent, sent + seconds / 2, sent + seconds):
        date = formatdate(int(written + offset), usegmt=True)
        measured = clock_offset(date, sent + seconds, seconds)
        assert abs(measured.seconds - offset) <= measured.uncertainty + 1e-6
        assert measured.uncertainty == 0.5 + seconds / 2


def dated(offset, form=b"Content-Length: 2\r\n\r\nok"):
    date = formatdate(time.time() + offset, usegmt=True).encode()
    return b"HTTP/1.1 200 OK\r\nDate: " + date + b"\r\n" + form


@pytest.mark.parametrize(
    "form", [b"Content-Length: 2\r\n\r\nok", b"Transfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n"]
)
def test_measured_whatever_the_form_of_the_answer(serve, make_user, form):
    user = make_user(f"http://{serve(answering(dated(400, form)))}")
    user.send_next()
    assert user.counters.clock_offset.seconds == pytest.approx(400, abs=5)


@pytest.mark.parametrize("head", [b"Date: nonsense", b"Date", b": x"])
def test_an_odd_date_is_nobodys_failure(serve, make_user, head):
    user = make_user(f"http://{serve(answering(b'HTTP/1.1 200 OK' + bytes([13, 10]) + head + ODD))}")
    user.send_next()
    user.send_next()
    assert len(user.events) == 2 and user.counters.clock_offset is None


ODD = b"\r\nContent-Length: 2\r\n\r\nok"


def test_told_by_every_worker_and_not_reset_with_the_figures(make_bundle, start_locusts):
    def answer(_):
        return Answer(403, b"{}", {"Date": formatdate(time.time() - 400, usegmt=True)})

    with serving(answer) as stub:
        directory = make_bundle("chalice", host=stub.url, config=CHALICE, load=load_plan())
        cluster = Cluster(start_locusts(directory), 2)
        cluster.swarm(4)
        workers = eventually(
            lambda: [
                worker["clockOffset"]
                for worker in cluster.web.statistics()["workers"]
                if "clockOffset" in worker
            ][1:],
            "both workers' clocks",
        )
        cluster.web.press("stats/reset")
        final = cluster.settled()
    for offset in [*workers, *(worker["clockOffset"] for worker in final["workers"])]:
        assert offset["seconds"] == pytest.approx(-400, abs=5)
        assert 0.5 <= offset["uncertaintySeconds"] < 5
