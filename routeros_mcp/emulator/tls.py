"""The self-signed certificate of each emulated router."""

import datetime as dt
import hashlib
import ipaddress
import ssl
import tempfile
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

_FROM = dt.datetime(2025, 1, 1, tzinfo=dt.UTC)
_UNTIL = dt.datetime(2045, 1, 1, tzinfo=dt.UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """A TLS context and the SHA-256 of its certificate in DER form, lower-case hex."""

    context: ssl.SSLContext
    fingerprint: str


def make_identity(name: str, host: str) -> Identity:
    """Make a fresh key and certificate; TLS 1.2 only, as no RouterOS was seen to offer 1.3."""
    key = ec.generate_private_key(ec.SECP256R1())
    certificate = _sign(key, name, host)
    pem = certificate.public_bytes(serialization.Encoding.PEM) + key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    der = certificate.public_bytes(serialization.Encoding.DER)
    return Identity(context=_context(pem), fingerprint=hashlib.sha256(der).hexdigest())


def _sign(key: ec.EllipticCurvePrivateKey, name: str, host: str) -> x509.Certificate:
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    alternatives = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(host))])
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(_FROM)
        .not_valid_after(_UNTIL)
        .add_extension(alternatives, critical=False)
        .sign(key, hashes.SHA256())
    )


def _context(pem: bytes) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "identity.pem"
        path.write_bytes(pem)
        context.load_cert_chain(path)
    return context
