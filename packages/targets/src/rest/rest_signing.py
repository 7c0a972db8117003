"""Signatures of requests to APIs that IAM guards."""

from loadwright_runtime import Credentials, Metrics, Signer, host_header
from loadwright_runtime.source.role_credentials import aws_credentials
from loadwright_runtime.source.signed_requests import SignedRequests
from loadwright_runtime.source.sigv4 import PreparedRequest


class Signing:
    """Signs with Signature Version 4. A signature holds for a second, and as long as the credentials."""

    def __init__(self, config: dict[str, str], host: str, metrics: Metrics):
        """
        :param config: ``service`` and ``region``
        :param metrics: where renewals of credentials are counted
        """
        self._config = config
        self._host = host_header(host)
        self._use(aws_credentials("every request is signed with these AWS credentials", self._use, metrics))

    def moment(self) -> object:
        """The same one as long as a signature holds."""
        return self.signer.moment()

    def requests(self, method: str, path: str, headers: dict[str, str], name: str) -> SignedRequests:
        """
        Requests that differ in their body.

        :param path: path and query, percent-encoded, as they are sent
        """
        only_path, _, query = path.partition("?")
        prepared = self.signer.prepare(method, self._host, only_path, query, headers)
        return SignedRequests(prepared, method, path, self._host, name)

    def headers(self, method: str, path: str, headers: dict[str, str], body: bytes) -> dict[str, str]:
        """
        All headers to send.

        :param path: path and query, percent-encoded, as they are sent
        """
        key = (method, path, tuple(headers.items()))
        prepared = self._prepared.get(key)
        if prepared is None:
            only_path, _, query = path.partition("?")
            prepared = self.signer.prepare(method, self._host, only_path, query, headers)
            if len(self._prepared) < _KEPT:
                self._prepared[key] = prepared
        return prepared.headers(body)

    def _use(self, credentials: Credentials) -> None:
        """Another signer has moments of its own: what the former one signed is not sent again."""
        self.signer = Signer(credentials, self._config["region"], self._config["service"])
        self._prepared: dict[tuple, PreparedRequest] = {}


_KEPT = 256
