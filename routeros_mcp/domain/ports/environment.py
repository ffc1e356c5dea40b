"""Time, identities, secrets and logins from outside."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Protocol


class Clock(Protocol):
    def now(self) -> datetime:
        """The present moment, aware, in UTC."""
        ...

    def monotonic(self) -> float:
        """Seconds for measuring durations; the zero point means nothing."""
        ...

    async def sleep(self, seconds: float) -> None: ...


class Ids(Protocol):
    def new(self) -> str:
        """A fresh id; later ids sort after earlier ones."""
        ...


class Vault(Protocol):
    """Seals secrets at rest. `context` binds the sealed text to its place: elsewhere it does not open."""

    def seal(self, text: str, context: str) -> str: ...

    def open(self, sealed: str, context: str) -> str:
        """Open a sealed text.

        Raises:
            WrongKey: sealed by another key, for another context, or altered.
        """
        ...

    def mac(self, purpose: str, message: bytes) -> str:
        """HMAC-SHA256 in hex under a key derived for the purpose."""
        ...


class Passwords(Protocol):
    def new(self) -> str:
        """A fresh password for a router, that nobody can guess."""
        ...


class Anchors(Protocol):
    """Marks of the audit chain kept outside the database."""

    def keep(self, sequence: int, mac: str, moment: datetime) -> None: ...

    def restart(self, sequence: int, moment: datetime) -> None:
        """Begin anew after this line: the marks kept so far of later lines count no more."""
        ...

    def all(self) -> Mapping[int, str]:
        """The kept macs by sequence."""
        ...


class Passphrases(Protocol):
    def hash(self, passphrase: str) -> str: ...

    def verify(self, hashed: str, passphrase: str) -> bool: ...
