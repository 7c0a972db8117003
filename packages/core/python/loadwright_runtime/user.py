"""The seam's other side: how requests are sent. Nothing outside this module knows the HTTP client."""

import functools
import time
from typing import Any, ClassVar

import gevent
import gevent.ssl
from geventhttpclient import HTTPClient
from locust import User, between, constant, task

from .bundle import Bundle, check_host
from .counters import Counters
from .failures import RequestFailedError, network_failure
from .request import Request, Response, host_header
from .source import RequestSource, SourceSetup

_DEFAULT_TIMEOUT_SECONDS = 60.0
_CONNECT_TIMEOUT_SECONDS = 10.0


class LoadwrightUser(User):
    """Sends the requests of its source, one after the other, over one kept-alive connection.

    A subclass names the source: ``source_class = MyRequests``. Each request ends in exactly one success or
    failure of Locust's statistics, timed until the last byte of the answer; a new connection is part of it.
    Redirects are not followed and answers not decompressed. Nothing is sent twice, but for a GET on a
    connection that the server had just closed (with the HTTP client of Python 3.10: for any request).
    """

    abstract = True
    source_class: ClassVar[type[RequestSource]]

    bundle: ClassVar[Bundle]
    counters: ClassVar[Counters]
    _source: ClassVar[RequestSource | None] = None

    @staticmethod
    def configure(bundle: Bundle, counters: Counters) -> None:
        """Gives all users what they share."""
        LoadwrightUser.bundle = bundle
        LoadwrightUser.counters = counters
        LoadwrightUser.host = bundle.host
        low, high = bundle.load.minimum_wait_seconds, bundle.load.maximum_wait_seconds
        LoadwrightUser.wait_time = between(low, high) if high > low else constant(low)

    @classmethod
    def source(cls, environment: Any) -> RequestSource:
        """This process's source, for the host that Locust was given by hand or the bundle's own."""
        host = check_host(environment.host or cls.host)
        if cls._source is None or cls._source.host != host:
            setup = SourceSetup(cls.bundle, host, max(environment.runner.worker_index, 0), cls.counters)
            cls._source = cls.source_class(setup)
        return cls._source

    def __init__(self, environment: Any):
        super().__init__(environment)
        self._requests = self.source(environment)
        self._timeout_seconds = float(self._requests.config.get("timeoutSeconds", _DEFAULT_TIMEOUT_SECONDS))
        self._client = self._new_client()

    def on_stop(self) -> None:
        self._client.close()

    @task
    def send_next(self) -> None:
        request = self._requests.next_request()
        response, reason = None, None
        start_time, started = time.time(), time.perf_counter()
        limit = gevent.Timeout.start_new(self._timeout_seconds)
        try:
            response = self._send(request)
        except gevent.Timeout as expired:
            if expired is not limit:
                raise
            reason = f"time-out after {self._timeout_seconds:g} s"
        except Exception as error:
            reason = network_failure(error)
            if reason is None:
                raise
        finally:
            limit.close()
        milliseconds = (time.perf_counter() - started) * 1000
        if response is None:
            # Nobody knows how far the connection got.
            self._client.close()
            self._client = self._new_client()
        else:
            try:
                reason = self._requests.check(response)
            except Exception as error:
                self._report(
                    request, response, start_time, milliseconds, f"check failed: {type(error).__name__}"
                )
                raise
        self._report(request, response, start_time, milliseconds, reason)

    def _send(self, request: Request) -> Response:
        answer = self._client.request(
            request.method, request.path, body=request.body, headers=request.headers
        )
        return Response(answer.status_code, answer.info(), bytes(answer.read()))

    def _report(
        self,
        request: Request,
        response: Response | None,
        start_time: float,
        milliseconds: float,
        reason: str | None,
    ) -> None:
        self.environment.events.request.fire(
            request_type=request.method,
            name=request.name,
            response_time=milliseconds,
            response_length=0 if response is None else len(response.body),
            exception=None if reason is None else RequestFailedError(reason),
            context={},
            start_time=start_time,
            url=request.name,
            response=response,
        )

    def _new_client(self) -> HTTPClient:
        client = HTTPClient.from_url(
            self._requests.host,
            concurrency=1,
            connection_timeout=min(_CONNECT_TIMEOUT_SECONDS, self._timeout_seconds),
            # The limit of the whole request is kept above; one on each read would cost time and add nothing.
            network_timeout=None,
            ssl_context_factory=_shared_tls_context,
        )
        client.default_headers.update({"Host": host_header(self._requests.host), "User-Agent": "loadwright"})
        return client


@functools.cache
def _shared_tls_context(cafile: str | None = None) -> Any:
    # One for the process: loading the certificate authorities takes 45 ms and 0.8 MB for each context.
    return gevent.ssl.create_default_context(cafile=cafile)
