"""Emulated routers and an SSH client that may talk to them: what the client's promises are checked on."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from ipaddress import ip_network

import asyncssh
from router_lab import ADMIN, CONFIG, READER

from routeros_mcp.domain.errors import HostKeyChanged
from routeros_mcp.domain.models import Login, SshAccess
from routeros_mcp.domain.models.credential import Secret
from routeros_mcp.domain.ports import Target
from routeros_mcp.emulator import Fleet, Router, RouterSpec, User
from routeros_mcp.emulator.ssh_keys import install
from routeros_mcp.infra.routeros.dial import Limits
from routeros_mcp.infra.routeros.facade import RouterFacade
from routeros_mcp.infra.routeros.rest import RestClient
from routeros_mcp.infra.routeros.ssh import SshClient

NO_SSH = User(name="web", password="web-password", group="web")
NO_FTP = User(name="shell", password="shell-password", group="shell")
BLIND = User(name="blind", password="blind-password", group="blind")
LIMITS = Limits(
    connect_s=2, ssh_login_s=5, answer_s=5, export_s=5, answer_bytes=200_000, export_bytes=200_000, pause_s=0
)
GROUPS = [
    {"name": "web", "policy": "rest-api,api,read,write,test,ftp"},
    {"name": "blind", "policy": "ssh"},
    {"name": "shell", "policy": "ssh,read,write"},
]


class Pins:
    """Remembers the first fingerprints of each device, as the registry does."""

    def __init__(self) -> None:
        self.certificates: dict[str, str] = {}
        self.host_keys: dict[str, str] = {}

    async def pin(self, device_id: str, fingerprint: str) -> None:
        self.certificates.setdefault(device_id, fingerprint)

    async def pin_host_key(self, device_id: str, fingerprint: str) -> None:
        if self.host_keys.setdefault(device_id, fingerprint) != fingerprint:
            raise HostKeyChanged("Another host key was pinned meanwhile.", fix="Compare the two.")


@dataclass(frozen=True, slots=True, kw_only=True)
class SshLab:
    ssh: SshClient
    rest: RestClient
    facade: RouterFacade
    router: Router
    pins: Pins

    @property
    def target(self) -> Target:
        """The administrator by password, with the host key pinned."""
        login = _login(ADMIN)
        access = SshAccess(port=self.router.ssh.port, login=login, host_key=self.router.ssh_fingerprint)
        return Target(
            device_id="d1",
            name="core",
            address=self.router.address,
            login=login,
            fingerprint=self.router.fingerprint,
            ssh=access,
        )

    def over(self, **changes: object) -> Target:
        """The target with another way over SSH."""
        access = self.target.ssh
        assert access is not None
        return replace(self.target, ssh=replace(access, **changes))

    def as_user(self, user: User) -> Target:
        return self.over(login=_login(user))

    def with_key(self, kind: str, **options: int) -> Target:
        """The administrator with a fresh key that the router knows."""
        key = asyncssh.generate_private_key(kind, **options)
        install(self.router.store, ADMIN.name, key.export_public_key().decode())
        return self.by_key(key)

    def by_key(self, key: asyncssh.SSHKey) -> Target:
        login = Login(username=ADMIN.name, password=Secret(key.export_private_key().decode()))
        return self.over(login=login, is_key=True)

    @property
    def commands(self) -> list[str]:
        """What was executed over SSH, in order."""
        return [request.path for request in self.router.ledger if request.method == "EXEC"]


def _login(user: User) -> Login:
    return Login(username=user.name, password=Secret(user.password))


@contextlib.asynccontextmanager
async def ssh_lab(
    limits: Limits = LIMITS, *, networks: tuple[str, ...] = ("127.0.0.0/8",), **spec: object
) -> AsyncIterator[SshLab]:
    pins = Pins()
    allowed = [ip_network(n) for n in networks]
    ssh = SshClient(pins=pins, networks=allowed, limits=limits)
    rest = RestClient(pins=pins, networks=allowed, limits=limits)
    facade = RouterFacade(rest, ssh)
    config = {**CONFIG, "/user/group": [*CONFIG["/user/group"], *GROUPS]}
    users = (ADMIN, READER, NO_SSH, NO_FTP, BLIND)
    one = RouterSpec(**{"name": "core", "version": "7.23.2", "users": users, "config": config, **spec})
    async with Fleet.running([one]) as fleet, facade.running():
        yield SshLab(ssh=ssh, rest=rest, facade=facade, router=fleet["core"], pins=pins)
