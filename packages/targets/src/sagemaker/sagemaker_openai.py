"""
Requests to the OpenAI-compatible route of an endpoint, ``/openai/v1/chat/completions``, with a bearer token
that is made of AWS credentials.
"""

import base64
import time
from collections.abc import Callable
from hashlib import sha256
from urllib.parse import quote

from loadwright_runtime import Body, Credentials, Request, Response, Signer, SourceSetup, variables
from loadwright_runtime.source.row_requests import RowRequests
from sagemaker_requests import SageMakerRequests

# A token is a presigned request of this action to this host, in every region, as token_generator of the
# package sagemaker-core makes it:
# https://docs.aws.amazon.com/sagemaker/latest/dg/realtime-endpoints-openai-compatible.html
_HOST = "sagemaker.amazonaws.com"
_PREFIX = "sagemaker-api-key-"
# AWS allows 12 hours, and recommends the shortest that does: making one asks nobody.
_LASTS_SECONDS = 900
_RENEWED_AFTER_SECONDS = 300.0


def bearer_token(
    credentials: Credentials, region: str, seconds: int = _LASTS_SECONDS, now: Callable[[], float] = time.time
) -> str:
    """
    A token for SageMaker in a region. It ends with its credentials, if they end first.

    :param seconds: 1 to 43200
    :param now: the clock, in Unix seconds
    """
    signed_at = now()
    signer = Signer(credentials, region, "sagemaker", lambda: signed_at)
    date, scope, *_ = signer.moment()
    query = {
        "Action": "CallWithBearerToken",
        "X-Amz-Algorithm": "AWS4-HMAC-SHA256",
        "X-Amz-Credential": f"{credentials.access_key}/{scope}",
        "X-Amz-Date": date,
        "X-Amz-Expires": str(seconds),
        "X-Amz-SignedHeaders": "host",
    }
    if credentials.session_token:
        query["X-Amz-Security-Token"] = credentials.session_token
    text = "&".join(f"{name}={quote(query[name], safe='-_.~')}" for name in sorted(query))
    canonical = f"POST\n/\n{text}\nhost:{_HOST}\n\nhost\n{sha256(b'').hexdigest()}"
    signature = signer.sign_text(canonical)
    presigned = f"{_HOST}/?{text}&X-Amz-Signature={signature}&Version=1"
    return _PREFIX + base64.b64encode(presigned.encode()).decode()


class SageMakerOpenAiRequests(SageMakerRequests):
    """Chats with one endpoint, or one of its inference components."""

    def __init__(self, setup: SourceSetup):
        self._made_at = 0.0
        super().__init__(setup)
        component = self.config.get("inferenceComponent")
        within = "" if component is None else f"/inference-components/{quote(component, safe='')}"
        endpoint = quote(self.config["endpointName"], safe="")
        self._path = f"{self.base_path}/endpoints/{endpoint}{within}/openai/v1/chat/completions"

    def next_request(self) -> Request:
        if time.monotonic() - self._made_at >= _RENEWED_AFTER_SECONDS:
            self._renew()
        return self._next_of(None)

    def check(self, response: Response):
        reason = super().check(response)
        if reason is None and response.reader is None:
            self.token_metrics.count_usage(response.content)
        return reason

    def _use(self, credentials: Credentials) -> None:
        super()._use(credentials)
        self._renew()

    def _renew(self) -> None:
        self._token = bearer_token(self._signer.credentials, self.config["region"])
        self._made_at = time.monotonic()
        variables.keep_secret(self._token)
        for kept in getattr(self, "_requests", {}).values():
            kept.clear()

    def _requests_of(self, model: str | None) -> RowRequests:
        # Which answers are streams is said by the bodies.
        requests = self._requests[model] = RowRequests(self._payloads, self._chat, self.token_reader)
        return requests

    def _chat(self, body: Body) -> Request:
        headers = {
            "Authorization": f"Bearer {self._token}",
            "Content-Type": body.content_type,
            **self.config["headers"],
        }
        if "accept" in self.config:
            headers["Accept"] = self.config["accept"]
        return Request("POST", self._path, name=self._name, headers=headers, body=body.content)
