import time

import gevent
from generator_harness import OK, answering


def test_time_is_that_of_the_service(serve, make_user):
    """Connecting and TLS are measured apart."""

    def handle(connection):
        gevent.sleep(0.01)
        answering(OK)(connection)

    user = make_user(f"http://{serve(handle)}")
    began = time.perf_counter()
    user.send_next()
    elapsed = time.perf_counter() - began
    assert 0 < user.events[0]["response_time"] / 1000 <= elapsed
    assert user.figures.total().trends["http_req_connecting"].count == 1
