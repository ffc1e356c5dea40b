"""Secrets at rest: AES-256-GCM bound to its place, under keys derived from one master key."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import os
import secrets
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from routeros_mcp.domain.errors import WrongKey

_KEY_BYTES = 32
_NONCE_BYTES = 12
_VERSION = "v1"
_OTHERS_MAY = 0o077
_FIX = "Set ROUTEROS_MCP_MASTER_KEY or ROUTEROS_MCP_MASTER_KEY_FILE to the key of this installation."


class MasterKey:
    """32 random bytes that never print; `kid` is a short name for them that gives nothing away."""

    __slots__ = ("_raw", "kid")

    def __init__(self, raw: bytes) -> None:
        if len(raw) != _KEY_BYTES:
            raise WrongKey(f"A master key has {_KEY_BYTES} bytes, this one has {len(raw)}.", fix=_FIX)
        self._raw = raw
        self.kid = self.subkey("key id")[:6].hex()

    @classmethod
    def from_text(cls, text: str) -> MasterKey:
        """Read base64, standard or URL-safe, with or without padding.

        Raises:
            WrongKey: the text is not base64 of 32 bytes.
        """
        plain = text.strip().rstrip("=").replace("-", "+").replace("_", "/")
        try:
            raw = base64.b64decode(plain + "=" * (-len(plain) % 4), validate=True)
        except (ValueError, binascii.Error) as error:
            raise WrongKey("The master key is not base64 text.", fix=_FIX) from error
        return cls(raw)

    @classmethod
    def generate(cls) -> MasterKey:
        return cls(secrets.token_bytes(_KEY_BYTES))

    def to_text(self) -> str:
        return base64.b64encode(self._raw).decode()

    def subkey(self, purpose: str) -> bytes:
        """Derive the key for one purpose; keys of different purposes tell nothing about each other."""
        info = f"routeros-mcp {purpose}".encode()
        return HKDF(algorithm=SHA256(), length=_KEY_BYTES, salt=None, info=info).derive(self._raw)

    def __repr__(self) -> str:
        return f"MasterKey(kid={self.kid!r})"


class AesGcmVault:
    """Implements `ports.Vault`. The first key seals and signs; the others only open what they once sealed.

    A sealed text is `v1.<kid>.<nonce>.<ciphertext and tag>`, both in URL-safe base64 without padding.
    """

    def __init__(self, keys: Sequence[MasterKey]) -> None:
        if not keys:
            raise WrongKey("There is no master key.", fix=_FIX)
        self._first = keys[0]
        self._ciphers = {key.kid: AESGCM(key.subkey("sealing")) for key in reversed(keys)}
        self._mac_key = cache(self._first.subkey)

    @property
    def kid(self) -> str:
        """The id of the key that seals."""
        return self._first.kid

    def seal(self, text: str, context: str) -> str:
        nonce = secrets.token_bytes(_NONCE_BYTES)
        sealed = self._ciphers[self.kid].encrypt(nonce, text.encode(), _bound(self.kid, context))
        return ".".join((_VERSION, self.kid, _encode(nonce), _encode(sealed)))

    def open(self, sealed: str, context: str) -> str:
        kid, nonce, body = _split(sealed)
        cipher = self._ciphers.get(kid)
        if cipher is None:
            raise WrongKey(
                f"This secret was sealed with key {kid}; the server has key {self.kid}.", fix=_FIX, kid=kid
            )
        try:
            return cipher.decrypt(nonce, body, _bound(kid, context)).decode()
        except InvalidTag as error:
            raise WrongKey(
                "This secret does not belong to this record, or it was altered.",
                fix="Store the login of the device again.",
                kid=kid,
            ) from error

    def needs_rewrap(self, sealed: str) -> bool:
        """Whether another key than the first sealed the text."""
        return _split(sealed)[0] != self.kid

    def mac(self, purpose: str, message: bytes) -> str:
        return hmac.new(self._mac_key(f"mac {purpose}"), message, hashlib.sha256).hexdigest()

    def __repr__(self) -> str:
        return f"AesGcmVault(kids={list(self._ciphers)!r})"


def load_or_create_master_key(*, path: Path | None, text: str | None, may_create: bool) -> MasterKey:
    """Take the key from the text if there is one, else from the file; make the file if that is allowed.

    Raises:
        WrongKey: there is no key, it does not read as one, or others can read its file.
    """
    if text:
        return MasterKey.from_text(text)
    if path is None:
        raise WrongKey("There is no master key.", fix=_FIX)
    if may_create and not path.exists():
        _create(path)
    return MasterKey.from_text(_read_private(path))


def _create(path: Path) -> None:
    """Write a new key beside the path and link it there: a half-written key is never seen under its name."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(MasterKey.generate().to_text() + "\n")
        file.flush()
        os.fsync(file.fileno())
    try:
        # Linking fails where the name is taken: of two servers that start at once, one makes the key.
        path.hardlink_to(draft)
    except FileExistsError:
        return
    finally:
        draft.unlink()


def _read_private(path: Path) -> str:
    try:
        with path.open() as file:
            # Ask the open file, not the path: what is checked is what is read.
            if os.fstat(file.fileno()).st_mode & _OTHERS_MAY:
                raise WrongKey(f"Others may read the master key file {path}.", fix=f"chmod 600 {path}")
            return file.read()
    except FileNotFoundError as error:
        raise WrongKey(f"There is no master key: {path} does not exist.", fix=_FIX) from error
    except OSError as error:
        raise WrongKey(f"The master key file {path} cannot be read: {error.strerror}.", fix=_FIX) from error


def _bound(kid: str, context: str) -> bytes:
    return f"{_VERSION}.{kid}.{context}".encode()


def _split(sealed: str) -> tuple[str, bytes, bytes]:
    try:
        version, kid, nonce, body = sealed.split(".")
        opened = _decode(nonce), _decode(body)
    except (ValueError, binascii.Error) as error:
        raise _not_sealed() from error
    if version != _VERSION or len(opened[0]) != _NONCE_BYTES:
        raise _not_sealed()
    return kid, *opened


def _not_sealed() -> WrongKey:
    return WrongKey(
        "This is no sealed secret of ours, or it was altered.", fix="Store the login of the device again."
    )


def _encode(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _decode(text: str) -> bytes:
    if not text.isascii():
        raise ValueError("not base64")
    plain = text.replace("-", "+").replace("_", "/")
    raw = base64.b64decode(plain + "=" * (-len(text) % 4), validate=True)
    if _encode(raw) != text:
        raise ValueError("not the one spelling of these bytes")
    return raw
