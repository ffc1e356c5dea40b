"""Passphrases of people: argon2id hashes."""

from __future__ import annotations

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError


class Argon2Passphrases:
    """Implements `ports.Passphrases` with the library's defaults (RFC 9106, low-memory profile).

    Each call costs tens of milliseconds of CPU by design: call it off the event loop.
    """

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or PasswordHasher()

    def hash(self, passphrase: str) -> str:
        return self._hasher.hash(passphrase)

    def verify(self, hashed: str, passphrase: str) -> bool:
        """Whether the passphrase made the hash; a text that is no hash fits nothing."""
        try:
            return self._hasher.verify(hashed, passphrase)
        except (VerificationError, InvalidHashError):
            return False
