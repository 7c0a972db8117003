"""The outgoing proxy that the environment names."""

import base64
import ipaddress
import urllib.request
from typing import NamedTuple
from urllib.parse import SplitResult, unquote, urlsplit

from ..source.errors import SetupError


class Proxy(NamedTuple):
    """Opens tunnels by CONNECT (RFC 9110, section 9.3.6)."""

    host: str
    port: int
    request: bytes
    """What asks for a tunnel to the host under test."""


def proxy_for(target: SplitResult) -> Proxy | None:
    """
    The proxy of ``HTTPS_PROXY`` or ``HTTP_PROXY`` for a base URL unless ``NO_PROXY`` names the host. Loopback
    needs none, as in Go's client.
    """
    host = target.hostname or ""
    url = urllib.request.getproxies_environment().get(target.scheme)
    if not url or _is_loopback(host) or urllib.request.proxy_bypass_environment(host):
        return None
    parts = urlsplit(url if "://" in url else f"http://{url}")
    if parts.scheme != "http" or not parts.hostname:
        raise SetupError(
            f"the proxy of the variable {target.scheme.upper()}_PROXY must be an http:// URL with a host."
        )
    authority = f"[{host}]" if ":" in host else host
    authority = f"{authority}:{target.port or (443 if target.scheme == 'https' else 80)}"
    lines = [f"CONNECT {authority} HTTP/1.1", f"Host: {authority}"]
    if parts.username is not None:
        account = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
        lines.append(f"Proxy-Authorization: Basic {base64.b64encode(account.encode()).decode()}")
    return Proxy(parts.hostname, parts.port or 80, "\r\n".join([*lines, "", ""]).encode("latin-1"))


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"
