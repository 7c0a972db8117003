"""Makes the certificate of this machine's web UI, and hands it to whoever has made the machine.

Usage: certificate.py <settings.json> <folder> [<patience in seconds>]

The key is written to key.pem in the folder, which is in memory, and leaves the machine never. The certificate
has signed itself: it is as good as the way it is handed over, a parameter of the run.
"""

import json
import os
import subprocess
import sys
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from aws_requests import NotYetError, Patience, Role, base_url, metadata, sent, signed

_PATIENCE_SECONDS = 180.0
_DAY_SECONDS = 86_400
_REQUEST = """[req]
distinguished_name = name
x509_extensions = extensions
prompt = no
[name]
CN = loadwright
[extensions]
basicConstraints = critical, CA:FALSE
extendedKeyUsage = serverAuth
subjectAltName = {names}
"""


def main(settings_file: str, folder: str, patience: str = str(_PATIENCE_SECONDS)) -> None:
    settings = json.loads(Path(settings_file).read_text())
    key, certificate = Path(folder, "key.pem"), Path(folder, "certificate.pem")
    # Of this boot: whoever has pinned it goes on.
    if not certificate.exists():
        make(key, certificate, settings["expiresAt"])
    text = certificate.read_text()
    Patience(float(patience)).until_done(
        "handing over the certificate", lambda: hand_over(settings, Role.read(), text)
    )


def make(key: Path, certificate: Path, expires_at: str) -> None:
    """:param expires_at: end of the machine, as ISO 8601; the certificate is good for a day more, at least"""
    left = datetime.fromisoformat(expires_at.replace("Z", "+00:00")) - datetime.now(timezone.utc)
    days = max(0, int(left.total_seconds() // _DAY_SECONDS)) + 2
    os.umask(0o077)
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    files = ["-keyout", str(key), "-out", str(certificate), "-days", str(days), "-config", "/dev/stdin"]
    subprocess.run([*command, *files], input=_REQUEST.format(names=names()), text=True, check=True)


def names() -> str:
    """The public address, for browsers; the command asks for no name."""
    try:
        return f"DNS:localhost, IP:{metadata()('public-ipv4').strip()}"
    except NotYetError:
        return "DNS:localhost"


def hand_over(settings: dict[str, Any], role: Role, certificate: str) -> None:
    """In place of what whoever made the machine has put there. Raises :class:`NotYetError`."""
    region, name = settings["region"], f"{settings['parameterPrefix']}/{settings['certificate']}"
    headers = {"content-type": "application/x-amz-json-1.1", "x-amz-target": "AmazonSSM.PutParameter"}
    # An advanced parameter, as it was made: none becomes a standard one. Its end stays.
    tier = {"Tier": "Advanced", "Overwrite": True}
    parameter = {"Name": name, "Value": certificate, "Type": "SecureString", **tier}
    body = json.dumps(parameter).encode()
    with sent(signed(role, "ssm", region, f"{base_url('ssm', region, role)}/", body, headers)) as answer:
        answer.read()


if __name__ == "__main__":
    main(*sys.argv[1:])
