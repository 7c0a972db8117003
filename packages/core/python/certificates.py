"""Certificates for tests: an authority, and what it issues."""

import datetime
import ipaddress
from dataclasses import dataclass

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from cryptography.x509.oid import NameOID

_DAY = datetime.timedelta(days=1)


@dataclass
class Pair:
    """A certificate with its key."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    @property
    def certificate_text(self) -> str:
        return self.certificate.public_bytes(Encoding.PEM).decode()

    def key_text(self, password: str | None = None) -> str:
        encryption = BestAvailableEncryption(password.encode()) if password else NoEncryption()
        return self.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption).decode()

    def files(self, directory, name: str) -> tuple[str, str]:
        """Paths of certificate and key, written to a folder."""
        certificate, key = directory / f"{name}.pem", directory / f"{name}-key.pem"
        certificate.write_text(self.certificate_text)
        key.write_text(self.key_text())
        return str(certificate), str(key)

    def issue(self, *hosts: str, since: int = -1, until: int = 2) -> "Pair":
        """
        A certificate of this authority.

        :param hosts: names and addresses; none for a client
        :param since: days from now from which it is valid
        """
        return _make(hosts, self, since, until, is_authority=False)


def authority() -> Pair:
    return _make((), None, -2, 2, is_authority=True)


def self_signed(*hosts: str) -> Pair:
    return _make(hosts, None, -1, 2, is_authority=False)


def _make(hosts: tuple[str, ...], issuer: Pair | None, since: int, until: int, *, is_authority: bool) -> Pair:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "authority" if is_authority else "subject")])
    now = datetime.datetime.now(datetime.UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.certificate.subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + since * _DAY)
        .not_valid_after(now + until * _DAY)
        .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )
    if issuer:
        builder = builder.add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer.key.public_key()), critical=False
        )
    if is_authority:
        usage = dict.fromkeys(
            ["digital_signature", "content_commitment", "key_encipherment", "data_encipherment"]
            + ["key_agreement", "encipher_only", "decipher_only"],
            False,
        )
        builder = builder.add_extension(
            x509.KeyUsage(key_cert_sign=True, crl_sign=True, **usage), critical=True
        )
    if hosts:
        names = [_name(host) for host in hosts]
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
    return Pair(builder.sign(issuer.key if issuer else key, hashes.SHA256()), key)


def _name(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)
