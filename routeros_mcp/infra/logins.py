"""Logins that the operator provides by name: secrets are never arguments of a tool."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from routeros_mcp.domain.models import Login


class ConfiguredLogins:
    """Implements `LoginProfiles` over what the settings hold."""

    def __init__(self, logins: Mapping[str, Login]) -> None:
        self._logins = dict(logins)

    def names(self) -> Sequence[str]:
        return sorted(self._logins)

    def get(self, name: str) -> Login | None:
        return self._logins.get(name)
