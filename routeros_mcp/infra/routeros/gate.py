"""Judges device addresses before they are registered."""

from __future__ import annotations

from collections.abc import Sequence

from routeros_mcp.infra.routeros.addresses import (
    IpNetwork,
    Resolver,
    check_allowed,
    parse_place,
    resolve,
    system_resolver,
)


class NetworkGate:
    """Implements `AddressGate`; the router client judges again each time it connects."""

    def __init__(self, networks: Sequence[IpNetwork], resolver: Resolver = system_resolver) -> None:
        self._networks = networks
        self._resolver = resolver

    async def check(self, address: str) -> None:
        place = parse_place(address)
        check_allowed(place, await resolve(place, self._resolver), self._networks)
