"""What went wrong with a certificate or a handshake, in words."""

import ssl

# Codes of OpenSSL's X509_V_ERR_…, which it keeps.
_CERTIFICATE_REASONS = {
    9: "the server's certificate is not yet valid",
    10: "the server's certificate has expired",
    18: "the server's certificate is self-signed",
    19: "the server's certificate comes from an unknown authority",
    20: "the server's certificate comes from an unknown authority",
    21: "the server's certificate comes from an unknown authority",
    23: "the server's certificate is revoked",
    62: "the server's certificate is for another host",
    64: "the server's certificate is for another host",
}

# Parts of OpenSSL's names, in the order in which they are looked for. An alert is what the server says of us.
_HANDSHAKE_REASONS = (
    ("ALERT_CERTIFICATE_REQUIRED", "the server wants a client certificate"),
    ("ALERT_HANDSHAKE_FAILURE", "the server refused the TLS handshake: it may want a client certificate"),
    ("ALERT_UNKNOWN_CA", "the server does not accept the client certificate"),
    ("ALERT_BAD_CERTIFICATE", "the server does not accept the client certificate"),
    ("ALERT_CERTIFICATE", "the server does not accept the client certificate"),
    ("ALERT_UNSUPPORTED_CERTIFICATE", "the server does not accept the client certificate"),
    ("ALERT_ACCESS_DENIED", "the server does not accept the client certificate"),
    ("UNRECOGNIZED_NAME", "the server does not know this host"),
    ("PROTOCOL_VERSION", "the server speaks no TLS version of 1.2 or later"),
    ("UNSUPPORTED_PROTOCOL", "the server speaks no TLS version of 1.2 or later"),
    ("WRONG_VERSION_NUMBER", "the server does not speak TLS"),
    ("RECORD_LAYER_FAILURE", "the server does not speak TLS"),
    ("HTTP_REQUEST", "the server does not speak TLS"),
)


def tls_reason(error: ssl.SSLError) -> str:
    """One of few fixed sentences, without anything of the certificate itself."""
    if isinstance(error, ssl.SSLCertVerificationError):
        code = getattr(error, "verify_code", None)
        known = _CERTIFICATE_REASONS.get(code) if code is not None else None
        return known or "the server's certificate is not valid"
    if isinstance(error, (ssl.SSLEOFError, ssl.SSLZeroReturnError)):
        return "the server closed the connection within the TLS handshake"
    name = getattr(error, "reason", None) or ""
    return next((reason for part, reason in _HANDSHAKE_REASONS if part in name), _unnamed(name))


def _unnamed(name: str) -> str:
    return f"TLS error {name}" if name else "TLS error"
