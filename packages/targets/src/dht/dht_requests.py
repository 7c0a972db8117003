"""Requests to a web cache on a distributed hash table (DHT)."""

import http.client
import json
import random
import time
from bisect import bisect
from collections.abc import Container
from itertools import accumulate
from typing import Any
from urllib.parse import quote

from dht_answers import Answers, address_by_id
from dht_urls import UrlFile, chooser, pool_of
from loadwright_runtime import (
    Failure,
    Request,
    RequestCache,
    RequestSource,
    Response,
    ResponseCheck,
    SourceSetup,
)
from loadwright_runtime.source.payloads import PayloadError

_KEPT_REQUESTS = 16 * 1024
_ANSWER_SECONDS = 5.0
# All nodes together: a worker that reaches none of them is ready all the same.
_ALL_SECONDS = 10.0
# The first digit of "HTTP/1.1 200".
_CLASS_OF_STATUS, _SUCCESS = 9, ord("2")


class DhtRequests(RequestSource):
    """Asks for the URLs of a pool, the popular ones more often, and for health and metrics in between."""

    def __init__(self, setup: SourceSetup):
        super().__init__(setup)
        self._name = self.config["requestName"]
        # Made when their turn comes: a pool of a million URLs costs neither time nor memory before.
        self._requests = RequestCache(self._make, _KEPT_REQUESTS)
        urls = self.config["urls"]
        if "file" in urls:
            file = UrlFile(setup, urls)
            self._url_of, count = file.url, len(file)
        else:
            self._url_of, count = pool_of(urls)
        is_trace = self.config["choice"] == "trace"
        self._choose = file.next_row if is_trace else chooser(self.config, count, setup.progress)
        others = {name: weight for name, weight in self.config.get("mix", {}).items() if name != "cache"}
        cache_weight = self.config.get("mix", {}).get("cache", 1)
        self._others = [self._other(name) for name in others]
        self._other_check = ResponseCheck(None)
        self._other_statuses = self._other_check.plain_statuses()
        self._weights = list(accumulate([*others.values(), cache_weight]))
        self._answers = Answers(self.metrics, self._addresses_by_id())

    def next_request(self) -> Request:
        if self._others:
            turn = bisect(self._weights, random.random() * self._weights[-1])
            if turn < len(self._others):
                return self._others[turn]
        return self._requests.of(self._choose())

    def glanced_statuses(self) -> Container[int]:
        """Those that are right of the cache, and of what is mixed in."""
        statuses = self._response_check.plain_statuses()
        is_own = type(self).check is DhtRequests.check
        return statuses if is_own and (not self._others or statuses == self._other_statuses) else ()

    def glance(self, request: Request, data: bytes, head_bytes: int) -> bool:
        # What refuses a request says nothing of the ring, also where it is what was expected.
        if request.name == self._name and data[_CLASS_OF_STATUS] == _SUCCESS:
            self._answers.count_bytes(data, head_bytes)
        return True

    def request_named(self, name: str) -> Request:
        """Of the cache, or of what is mixed in."""
        other = next((request for request in self._others if request.name == name), None)
        return other or self._requests.of(self._choose())

    def check(self, response: Response) -> str | Failure | None:
        request = response.request
        if request is not None and request.name != self._name:
            return self._other_check(response)
        if response.is_success:
            self._answers.count(response)
        return super().check(response)

    def _make(self, rank: int) -> Request:
        try:
            url = self._url_of(rank)
        except PayloadError as error:
            error.request_name = self._name
            raise
        path = f"{self.base_path}{self.config['path']}?url={quote(url, safe='')}"
        return Request("GET", path, name=self._name)

    def _other(self, name: str) -> Request:
        return Request("GET", f"{self.base_path}/{name}", name=name)

    def _addresses_by_id(self) -> dict[str, str]:
        """
        Nodes call themselves by id where they answer by themselves, and by address elsewhere; those that can
        be asked one by one say which is whose.
        """
        found: dict[str, str] = {}
        end = time.monotonic() + _ALL_SECONDS
        for host, port in self.config.get("nodes", []):
            left = end - time.monotonic()
            if left > 0:
                seconds = min(left, _ANSWER_SECONDS)
                found |= address_by_id(_metrics_of(host, port, f"{self.base_path}/metrics", seconds))
        return found


def _metrics_of(host: str, port: int, path: str, seconds: float) -> Any:
    """None: it does not say, and its own names must do."""
    connection = http.client.HTTPConnection(host, port, timeout=seconds)
    try:
        connection.request("GET", path)
        return json.loads(connection.getresponse().read())
    except (OSError, http.client.HTTPException, ValueError):
        return None
    finally:
        connection.close()
