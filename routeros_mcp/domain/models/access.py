"""Who asks: roles, scopes, principals, and the people who may approve."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from routeros_mcp.domain.models.selector import Selector


class Role(StrEnum):
    READ_ONLY = "read_only"
    OPS_RW = "ops_rw"
    ADMIN = "admin"
    APPROVER = "approver"
    AUDITOR = "auditor"


class Scope(StrEnum):
    READ = "fleet:read"
    PLAN = "fleet:plan"
    WRITE = "fleet:write"
    APPROVE = "fleet:approve"
    ADMIN = "fleet:admin"
    AUDIT = "fleet:audit"


SCOPES_OF_ROLE: Mapping[Role, frozenset[Scope]] = {
    Role.READ_ONLY: frozenset({Scope.READ}),
    Role.OPS_RW: frozenset({Scope.READ, Scope.PLAN, Scope.WRITE}),
    Role.ADMIN: frozenset({Scope.READ, Scope.PLAN, Scope.WRITE, Scope.ADMIN, Scope.AUDIT}),
    Role.APPROVER: frozenset({Scope.READ, Scope.APPROVE}),
    Role.AUDITOR: frozenset({Scope.AUDIT}),
}


class Effect(StrEnum):
    """What a tool changes; the MCP hints are generated from it."""

    READ = "read"
    """Nothing."""
    RECORD = "record"
    """Our own database only."""
    CHANGE = "change"
    """Routers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Principal:
    """The identity behind a call. An empty `devices` selector sees nothing."""

    subject: str
    role: Role
    scopes: frozenset[Scope]
    devices: Selector = field(default_factory=Selector.everything)
    email: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class UserDomain:
    """A person who can prove who they are on a terminal; the passphrase is kept as an argon2id hash."""

    id: str
    name: str
    role: Role
    passphrase_hash: str
    email: str | None = None
    active: bool = True
    failed_attempts: int = 0
    locked_until: datetime | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None
