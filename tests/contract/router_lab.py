"""One emulated router and a REST client that may talk to it: what the router contract is checked on."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from ipaddress import ip_network

from routeros_mcp.domain.errors import PinMismatch
from routeros_mcp.domain.models import Login
from routeros_mcp.domain.models.credential import Secret
from routeros_mcp.domain.ports import Target
from routeros_mcp.emulator import Fleet, Router, RouterSpec, User
from routeros_mcp.infra.routeros.dial import Limits
from routeros_mcp.infra.routeros.rest import RestClient

READER = User(name="reader", password="reader-password", group="read")
MUTE = User(name="mute", password="mute-password", group="mute")
ADMIN = User(name="admin", password="admin-password")
USERS = (ADMIN, READER, MUTE)
LIMITS = Limits(connect_s=2, answer_s=2, answer_bytes=200_000, pause_s=0, backoff_s=0)
CONFIG = {
    "/user/group": [{"name": "mute", "policy": "rest-api,!read,!write,!api"}],
    "/ip/firewall/filter": [
        {"chain": "forward", "action": "accept", "comment": "first"},
        {"chain": "forward", "action": "drop", "comment": "last", "disabled": "true"},
    ],
}


class Pins:
    """Remembers the first fingerprint of each device, as the registry does."""

    def __init__(self) -> None:
        self.pinned: dict[str, str] = {}

    async def pin(self, device_id: str, fingerprint: str) -> None:
        if self.pinned.setdefault(device_id, fingerprint) != fingerprint:
            raise PinMismatch("Another certificate was pinned meanwhile.", fix="Compare the two.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Lab:
    client: RestClient
    router: Router
    pins: Pins

    @property
    def target(self) -> Target:
        login = Login(username=ADMIN.name, password=Secret(ADMIN.password))
        address, fingerprint = self.router.address, self.router.fingerprint
        return Target(device_id="d1", name="core", address=address, login=login, fingerprint=fingerprint)

    def target_as(self, user: User) -> Target:
        return replace(self.target, login=Login(username=user.name, password=Secret(user.password)))

    @property
    def requests(self) -> list[str]:
        """What reached the router, in order: method and path."""
        return [f"{request.method} {request.path}" for request in self.router.ledger]


@contextlib.asynccontextmanager
async def lab(
    limits: Limits = LIMITS, *, version: str = "7.23.2", networks: tuple[str, ...] = ("127.0.0.0/8",)
) -> AsyncIterator[Lab]:
    pins = Pins()
    client = RestClient(pins=pins, networks=[ip_network(n) for n in networks], limits=limits)
    spec = RouterSpec(name="core", version=version, users=USERS, config=CONFIG)
    async with Fleet.running([spec]) as fleet, client.running():
        yield Lab(client=client, router=fleet["core"], pins=pins)
