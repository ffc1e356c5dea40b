"""Router logins. The secret is sealed at rest and never has a readable repr."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Secret:
    """A string that does not print. `reveal()` is the only way to its text, and is easy to grep for."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        return self._text

    def __repr__(self) -> str:
        return "Secret('***')"

    __str__ = __repr__

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._text == self._text

    def __hash__(self) -> int:
        return hash(("Secret", self._text))


class CredentialKind(StrEnum):
    ROUTEROS_REST = "routeros_rest"
    ROUTEROS_SSH = "routeros_ssh"
    ROUTEROS_SSH_KEY = "routeros_ssh_key"


@dataclass(frozen=True, slots=True, kw_only=True)
class CredentialDomain:
    """A stored login; `encrypted_secret` is bound to this row and device and opens nowhere else."""

    id: str
    device_id: str
    kind: CredentialKind
    username: str
    encrypted_secret: str
    active: bool = True
    rotated_at: datetime | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """A user name and its password, in memory only."""

    username: str
    password: Secret
