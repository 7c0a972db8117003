"""Whom TLS trusts, and what it shows: certificates from the bundle, the key from the environment."""

import contextlib
import functools
import os
import ssl
import tempfile
from collections.abc import Iterator, Mapping
from typing import NoReturn

from ..source import variables
from ..source.errors import SetupError

KEY_VARIABLE = "LOADWRIGHT_TLS_CLIENT_KEY"
PASSWORD_VARIABLE = "LOADWRIGHT_TLS_CLIENT_KEY_PASSWORD"

_AUTHORITIES_VARIABLE = "SSL_CERT_FILE"


def context_for(certificates: Mapping[str, str]) -> ssl.SSLContext:
    """
    The context of all connections of this process that have these certificates. Raises :class:`SetupError`.

    :param certificates: ``ca`` takes the place of the system's authorities, ``certificate`` is shown to a
        server that asks for one; both are PEM
    """
    return _context(certificates.get("ca"), certificates.get("certificate"))


@functools.cache
def _context(authorities: str | None, certificate: str | None) -> ssl.SSLContext:
    # One for all: loading the certificate authorities takes 45 ms and 0.8 MB for each context.
    _check_authorities_file()
    try:
        context = ssl.create_default_context(cadata=authorities)
    except ssl.SSLError:
        raise SetupError(
            "tls.ca of target.json holds no certificate in PEM: render the bundle again."
        ) from None
    context.set_alpn_protocols(["http/1.1"])
    if certificate is not None:
        _show(context, certificate)
    return context


forget = _context.cache_clear
"""Makes the next context anew, from the environment as it is then."""


def _check_authorities_file() -> None:
    # OpenSSL passes over a file that is not there: every request would fail, and nothing would tell why.
    path = os.environ.get(_AUTHORITIES_VARIABLE)
    if path and not os.access(path, os.R_OK):
        raise SetupError(
            f"the variable {_AUTHORITIES_VARIABLE} names {path}, which cannot be read: name a file of "
            "certificates in PEM, or unset it."
        )


def _show(context: ssl.SSLContext, certificate: str) -> None:
    key = variables.text(
        KEY_VARIABLE, "it is the private key, in PEM, of the client certificate that the service asks for"
    )
    password = variables.optional(PASSWORD_VARIABLE) or ""
    with _file_in_memory(f"{certificate.strip()}\n{key.strip()}\n".encode()) as path:
        try:
            # Without a password OpenSSL would ask for it on the terminal.
            context.load_cert_chain(path, password=lambda: password)
        except (ssl.SSLError, OSError, ValueError) as error:
            _refuse(error, key, password)


def _refuse(error: Exception, key: str, password: str) -> NoReturn:
    """Never with the error's own text, and never as its cause: it may quote what it has read."""
    if "KEY_VALUES_MISMATCH" in str(error):
        text = f"the private key in {KEY_VARIABLE} is not that of the client certificate: give a pair."
    elif "ENCRYPTED" in key:
        what = "is not the one of" if password else "is not set, and it encrypts"
        text = f"the password in {PASSWORD_VARIABLE} {what} the private key in {KEY_VARIABLE}: set it."
    else:
        text = f"{KEY_VARIABLE} holds no private key in PEM: set it to the whole text of the file."
    raise SetupError(text) from None


@contextlib.contextmanager
def _file_in_memory(content: bytes) -> Iterator[str]:
    """A file for OpenSSL, which reads keys from files only: never on a disk where the system allows it."""
    if hasattr(os, "memfd_create") and os.path.isdir("/proc/self/fd"):
        descriptor = os.memfd_create("loadwright", os.MFD_CLOEXEC)
        try:
            os.write(descriptor, content)
            yield f"/proc/self/fd/{descriptor}"
        finally:
            os.close(descriptor)
        return
    # mkstemp makes a file that its owner alone can read.
    descriptor, path = tempfile.mkstemp()
    try:
        os.write(descriptor, content)
        yield path
    finally:
        os.close(descriptor)
        os.unlink(path)
