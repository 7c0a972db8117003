"""
Results of asynchronous inference, found in S3: all that are awaited with one ListObjectsV2 for each prefix,
in a greenlet of its own, beside the requests and never within their times.
"""

import base64
import hashlib
import logging
import time
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from functools import partial
from typing import Any, NamedTuple
from urllib.parse import quote, urlencode

import gevent
from gevent.event import Event
from loadwright_runtime import Credentials, Failure, Promise, Response, Signer, host_header
from loadwright_runtime.source.bundle import Bundle
from loadwright_runtime.source.side_calls import Answer, CallFailedError, SideCalls

ENQUEUE = "async_enqueue"
END_TO_END = "async_end_to_end"
LIST_CALLS = "async_list_calls"
FAILED_LIST_CALLS = "async_list_calls_failed"
REMOVED = "async_outputs_removed"

FAILED = Failure("async-failed", "the model failed: its failure location has an object")
# As many as samples of a failure are kept.
_FAILURES_READ = 3
_NAMESPACE = "{http://s3.amazonaws.com/doc/2006-03-01/}"
_NO_BODY = hashlib.sha256(b"").hexdigest()

_logger = logging.getLogger(__name__)


class Place(NamedTuple):
    bucket: str
    prefix: str
    """Up to the last slash, with it."""


class _Awaited(NamedTuple):
    promise: Promise
    is_failure: bool


class _NoHeaders:
    """Of an object: nothing that a sample needs."""

    def get(self, _: str) -> None:
        return None

    def all(self) -> dict[str, str]:
        return {}


def split_location(location: str) -> tuple[str, str] | None:
    """Bucket and key of ``s3://bucket/key``; None for anything else."""
    bucket, slash, key = location.removeprefix("s3://").partition("/")
    return (bucket, key) if location.startswith("s3://") and bucket and slash and key else None


class Results:
    """The results that one process awaits."""

    def __init__(self, bundle: Bundle, metrics: Any, options: dict[str, Any]):
        """:param options: ``async`` of ``target.json``"""
        self._calls = SideCalls(bundle, "s3Url")
        self._host = host_header(self._calls.base_url)
        self._metrics = metrics
        self._interval = options["pollSeconds"]
        self._removes = options.get("removeOutputs", False)
        self._awaited: dict[Place, dict[str, _Awaited]] = {}
        self._are_awaited = Event()
        self._greenlet: gevent.Greenlet | None = None
        self._failures_read = 0
        self._told: set[str] = set()

    def use(self, credentials: Credentials, region: str) -> None:
        self._signer = Signer(credentials, region, "s3")

    def promise(self, output: str, failure: str | None) -> Promise:
        """
        :param output: where the result will be
        :param failure: where an object says that there will be none; None: the endpoint has no such place
        """
        promise = Promise(self._enqueued)
        self._await(output, _Awaited(promise, False))
        if failure is not None and split_location(failure) is not None:
            self._await(failure, _Awaited(promise, True))
        if self._greenlet is None:
            self._greenlet = gevent.spawn(self._run)
        self._are_awaited.set()
        return promise

    def _enqueued(self, seconds: float) -> None:
        self._metrics.trend(ENQUEUE, seconds, "s", "from the first byte sent to the answer 202")

    def _await(self, location: str, awaited: _Awaited) -> None:
        bucket, key = split_location(location) or ("", "")
        place = Place(bucket, key[: key.rfind("/") + 1])
        self._awaited.setdefault(place, {})[key] = awaited

    def _run(self) -> None:
        while True:
            self._are_awaited.wait()
            gevent.sleep(self._interval)
            self._forget_ended()
            for place in list(self._awaited):
                self._look(place)
            self._forget_ended()
            if not self._awaited:
                self._are_awaited.clear()

    def _forget_ended(self) -> None:
        """Those that were given up, that the other place has ended, and those of a preflight."""
        for place, awaited in list(self._awaited.items()):
            for key in [key for key, (promise, _) in awaited.items() if not promise.is_awaited]:
                del awaited[key]
            if not awaited:
                del self._awaited[place]

    def _look(self, place: Place) -> None:
        awaited = self._awaited[place]
        try:
            for keys in self._pages(place):
                self._end(place.bucket, {key: awaited.pop(key) for key in keys if key in awaited})
                if not awaited:
                    return
        except CallFailedError as error:
            self._metrics.counter(FAILED_LIST_CALLS, description="lists of results that S3 did not give")
            self._tell(f"the results in s3://{place.bucket}/{place.prefix} cannot be listed: {error}")

    def _end(self, bucket: str, found: dict[str, _Awaited]) -> None:
        # As it was seen: late by as much as a result waits for the next list.
        seen = time.perf_counter()
        failures = {key: self._read(bucket, key) for key, (_, is_failure) in found.items() if is_failure}
        if self._removes and found:
            # First: when the last request has ended this process may be.
            self._remove(bucket, list(found))
        what = "from when the request was due or sent until its result was seen in S3"
        for key, (promise, is_failure) in found.items():
            if is_failure and promise.is_awaited:
                promise.end(FAILED, failures[key])
            elif promise.is_awaited:
                seconds = seen - promise.begun
                promise.end(record=partial(self._metrics.trend, END_TO_END, seconds, "s", what))

    def _pages(self, place: Place) -> Iterator[list[str]]:
        """The keys below a prefix, some 1,000 at once. Raises CallFailedError."""
        token = None
        while True:
            query = {"list-type": "2", "prefix": place.prefix}
            if token is not None:
                query["continuation-token"] = token
            self._metrics.counter(LIST_CALLS, description="ListObjectsV2 calls to find results")
            document = _parse(
                self._get(f"/{place.bucket}", urlencode(sorted(query.items()), quote_via=quote))
            )
            yield [element.text or "" for element in document.iter(f"{_NAMESPACE}Key")]
            token = document.findtext(f"{_NAMESPACE}NextContinuationToken")
            if document.findtext(f"{_NAMESPACE}IsTruncated") != "true" or not token:
                return

    def _read(self, bucket: str, key: str) -> Response | None:
        """What stands in the object of a failure: of the first ones, for the samples."""
        # S3 signs a path as it is sent, and a signer for other services encodes it once more.
        if self._failures_read >= _FAILURES_READ or quote(key) != key:
            return None
        self._failures_read += 1
        try:
            answer = self._get(f"/{bucket}/{key}", "")
        except CallFailedError as error:
            self._tell(f"the failure s3://{bucket}/{key} cannot be read: {error}")
            return None
        return Response(answer.status, _NoHeaders(), answer.body)

    def _get(self, path: str, query: str) -> Answer:
        prepared = self._signer.prepare(
            "GET", self._host, path, query, headers={"X-Amz-Content-Sha256": _NO_BODY}
        )
        return _require(self._calls.get(path + (query and f"?{query}"), prepared.headers(b"")))

    def _remove(self, bucket: str, keys: list[str]) -> None:
        try:
            self._delete(bucket, keys)
        except CallFailedError as error:
            self._tell(f"results in s3://{bucket} cannot be removed: {error}")
        else:
            self._metrics.counter(REMOVED, len(keys), description="outputs and failures removed from S3")

    def _delete(self, bucket: str, keys: list[str]) -> None:
        root = ElementTree.Element("Delete", xmlns=_NAMESPACE.strip("{}"))
        for key in keys:
            ElementTree.SubElement(ElementTree.SubElement(root, "Object"), "Key").text = key
        ElementTree.SubElement(root, "Quiet").text = "true"
        body = ElementTree.tostring(root)
        headers = {
            "Content-MD5": base64.b64encode(hashlib.md5(body, usedforsecurity=False).digest()).decode(),
            "X-Amz-Content-Sha256": hashlib.sha256(body).hexdigest(),
        }
        prepared = self._signer.prepare("POST", self._host, f"/{bucket}", "delete=", headers=headers)
        answer = _require(self._calls.post(f"/{bucket}?delete=", body, prepared.headers(body)))
        if b"<Error>" in answer.body:
            code = _parse(answer).findtext(f".//{_NAMESPACE}Code")
            raise CallFailedError(f"S3 kept some of them ({code or 'no code'})")

    def _tell(self, text: str) -> None:
        if text not in self._told and len(self._told) < 20:
            self._told.add(text)
            _logger.warning("%s", text)


def _parse(answer: Answer) -> ElementTree.Element:
    try:
        return ElementTree.fromstring(answer.body)
    # Of an encoding that the parser does not know the other two.
    except (ElementTree.ParseError, LookupError, ValueError):
        raise CallFailedError("its answer is no XML") from None


def _require(answer: Answer) -> Answer:
    if answer.status == 200:
        return answer
    try:
        code = _parse(answer).findtext("Code")
    except CallFailedError:
        code = None
    raise CallFailedError(f"S3 answered {answer.status}{f' {code}' if code else ''}")
