"""What a router is reached over beside REST, and what came over which transport."""

from __future__ import annotations

from dataclasses import dataclass

from routeros_mcp.domain.models.credential import Login


@dataclass(frozen=True, slots=True, kw_only=True)
class SshAccess:
    """The way to a router over SSH. `host_key` is None until the first use pins it, else `SHA256:…`.

    The login's secret is a password, or with `is_key` a private key without passphrase, OpenSSH or PEM.
    """

    port: int
    login: Login
    is_key: bool = False
    host_key: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportText:
    """A configuration as text with LF line ends, and the transport it came over: `rest` or `ssh`.

    `fallback_reason` says why it was not the preferred transport, in the words of that one's failure.
    """

    text: str
    transport: str = "rest"
    fallback_reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProbeStage:
    """One stage of a connection test over `rest` or `ssh`.

    In order: address, dns, tcp, tls, pin, login, policy, read; over SSH: address, dns, tcp, ssh, pin, login,
    command.
    """

    name: str
    ok: bool
    detail: str
    fix: str = ""
    duration_ms: float = 0.0
    transport: str = "rest"
