"""What the benchmarks of plans share: the program over emulated routers, and a bare client beside it."""

from __future__ import annotations

import asyncio
import base64
import ssl
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from routeros_mcp.app import App, open_app
from routeros_mcp.config import Settings
from routeros_mcp.domain.device_service import Registration
from routeros_mcp.domain.models import (
    SCOPES_OF_ROLE,
    DeviceDomain,
    Environment,
    JobDomain,
    Principal,
    Role,
    Selector,
)
from routeros_mcp.domain.planning.wishes import Wish
from routeros_mcp.domain.plans.making import PlanRequest
from routeros_mcp.domain.ports import Target

LONGEST_S = 600.0


def person(name: str, role: Role) -> Principal:
    return Principal(subject=name, role=role, scopes=SCOPES_OF_ROLE[role], devices=Selector.everything())


MAKER, APPROVER = person("user:maker", Role.ADMIN), person("user:approver", Role.APPROVER)


@dataclass(frozen=True, slots=True)
class Installation:
    """The program, and the devices that it knows."""

    app: App
    devices: Sequence[DeviceDomain]

    async def plan(self, *wishes: Wish) -> str:
        """Make a plan for all devices; its id."""
        view = await self.app.services.plans.create(MAKER, self.devices, PlanRequest(operations=wishes))
        if view.plan is None or view.failed:
            raise SystemExit(f"not planned: {view.failed[:1]}")
        return view.plan.id

    async def approve(self, plan_id: str) -> None:
        view = await self.app.services.plans.get(MAKER, plan_id)
        assert view.plan is not None
        await self.app.services.approvals.approve(APPROVER, plan_id, view.plan.digest)

    async def apply(self, plan_id: str) -> JobDomain:
        """Carry the approved plan out to its end."""
        job = await self.app.services.rollouts.apply(MAKER, plan_id)
        ended = await self.app.services.jobs.wait(MAKER, job.id, LONGEST_S)
        if str(ended.status) != "success":
            raise SystemExit(f"{ended.status}: {ended.result_summary}")
        return ended


@asynccontextmanager
async def installed(targets: Sequence[Target]) -> AsyncIterator[Installation]:
    """The program on a fresh database, with the routers registered and their certificates pinned."""
    with tempfile.TemporaryDirectory() as directory:
        settings = Settings(
            data_dir=Path(directory),
            management_networks=["127.0.0.0/8"],
            health_reuse_s=0,
            max_devices_per_call=len(targets),
        )
        async with open_app(settings) as app:
            for target in targets:
                await app.services.devices.register(_registration(target))
            fresh = await app.services.devices.resolve(MAKER, ["all"])
            await app.services.health.check(fresh, _silent)
            yield Installation(app, list(await app.services.devices.resolve(MAKER, ["all"])))


def _registration(target: Target) -> Registration:
    return Registration(
        name=target.name,
        management_address=target.address,
        environment=Environment.LAB,
        login=target.login,
        allow_advanced_writes=True,
        allow_professional_workflows=True,
    )


async def _silent(done: int, total: int, message: str) -> None: ...


class Bare:
    """Requests over raw asyncio streams: no parsing beyond lengths, no pins, no records."""

    def __init__(self) -> None:
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        self._context.check_hostname = False
        self._context.verify_mode = ssl.CERT_NONE
        self._open: dict[str, tuple[asyncio.StreamReader, asyncio.StreamWriter]] = {}

    async def get(self, target: Target, path: str, *, fresh: bool = False) -> bytes:
        return await self._ask(target, f"GET /rest{path}", b"", fresh=fresh)

    async def post(self, target: Target, path: str, body: bytes) -> bytes:
        """On a connection of its own, as every write of ours."""
        return await self._ask(target, f"POST /rest{path}", body, fresh=True)

    async def close(self) -> None:
        for _, writer in self._open.values():
            writer.close()
        self._open.clear()

    async def _ask(self, target: Target, line: str, body: bytes, *, fresh: bool) -> bytes:
        if fresh or target.name not in self._open:
            await self._connect(target)
        reader, writer = self._open[target.name]
        login = base64.b64encode(f"{target.login.username}:{target.login.password.reveal()}".encode())
        head = (
            f"{line} HTTP/1.1\r\nHost: {target.address}\r\nAuthorization: Basic {login.decode()}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        writer.write(head.encode() + body)
        answer = (await reader.readuntil(b"\r\n\r\n")).lower()
        if b" 200 " not in answer.split(b"\r\n", 1)[0]:
            raise SystemExit(answer.decode())
        length = int(answer.partition(b"content-length:")[2].split(b"\r\n", 1)[0])
        return await reader.readexactly(length)

    async def _connect(self, target: Target) -> None:
        if target.name in self._open:
            self._open.pop(target.name)[1].close()
        host, _, port = target.address.partition(":")
        self._open[target.name] = await asyncio.open_connection(host, int(port), ssl=self._context)
