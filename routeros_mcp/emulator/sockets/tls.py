"""The self-signed certificate of each emulated router."""

import datetime as dt
import hashlib
import ipaddress
import ssl
import tempfile
import threading
import weakref
from functools import cache, cached_property
from typing import IO

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

_FROM = dt.datetime(2025, 1, 1, tzinfo=dt.UTC)
_SCRATCH_LOCK = threading.Lock()
_UNTIL = dt.datetime(2045, 1, 1, tzinfo=dt.UTC)


class Identity:
    """A certificate, and a TLS context to present it with; both are made when somebody asks.

    The context is kept as long as a connection needs it: it takes more memory than the rest of a router.
    """

    def __init__(self, name: str, host: str) -> None:
        self._name = name
        self._host = host
        self._kept: weakref.ref[ssl.SSLContext] | None = None

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the certificate in DER form, lower-case hex."""
        return hashlib.sha256(self._certificate.public_bytes(serialization.Encoding.DER)).hexdigest()

    @property
    def context(self) -> ssl.SSLContext:
        context = self._kept() if self._kept is not None else None
        if context is None:
            context = _context(self._certificate.public_bytes(serialization.Encoding.PEM) + _key_pem())
            self._kept = weakref.ref(context)
        return context

    @cached_property
    def _certificate(self) -> x509.Certificate:
        return _sign(_key(), self._name, self._host)


@cache
def _key() -> ec.EllipticCurvePrivateKey:
    """One key for all routers of the process: what clients tell them apart by is the certificate."""
    return ec.generate_private_key(ec.SECP256R1())


@cache
def _key_pem() -> bytes:
    return _key().private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


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
    """TLS 1.2 only, as no RouterOS was seen to offer 1.3."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    with _SCRATCH_LOCK:
        scratch = _scratch()
        scratch.seek(0)
        scratch.truncate()
        scratch.write(pem)
        scratch.flush()
        context.load_cert_chain(scratch.name)
    return context


@cache
def _scratch() -> IO[bytes]:
    """One file for all certificates: OpenSSL reads them from nowhere else, and making files takes time."""
    return tempfile.NamedTemporaryFile(prefix="emulator-", suffix=".pem")
