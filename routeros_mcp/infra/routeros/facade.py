"""The router ports over REST and SSH: which transport does what, and what is said when one stands in."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager

from routeros_mcp.domain.errors import DeviceUnreachable
from routeros_mcp.domain.models import ExportText, ProbeStage
from routeros_mcp.domain.models.plan import Row
from routeros_mcp.domain.ports import Query, Target, Values
from routeros_mcp.infra.routeros.rest import RestClient
from routeros_mcp.infra.routeros.ssh import SshClient


class RouterFacade:
    """Implements the router ports. Rows and commands go over REST, exports over SSH where there is one.

    Only an export may change its transport, only because the first cannot be reached, and the result says so.
    A refusal (login, policy, pin, the router's own words) is an answer: it is never asked for elsewhere.
    """

    def __init__(self, rest: RestClient, ssh: SshClient) -> None:
        self._rest = rest
        self._ssh = ssh

    @asynccontextmanager
    async def running(self) -> AsyncIterator[RouterFacade]:
        async with self._rest.running(), self._ssh.running():
            yield self

    # -- RouterReader ------------------------------------------------------------------------------------

    async def read(self, target: Target, query: Query) -> Sequence[Row]:
        return await self._rest.read(target, query)

    async def count(self, target: Target, query: Query) -> int:
        return await self._rest.count(target, query)

    async def export(self, target: Target) -> ExportText:
        if target.ssh is None:
            return ExportText(text=await self._rest.export(target), transport="rest")
        try:
            return ExportText(text=await self._ssh.export(target), transport="ssh")
        except DeviceUnreachable as error:
            text = await self._rest.export(target)
            return ExportText(text=text, transport="rest", fallback_reason=f"{error.stage}: {error.message}")

    async def probe(self, target: Target) -> Sequence[ProbeStage]:
        stages = list(await self._rest.probe(target))
        return [*stages, *await self._ssh.probe(target)] if target.ssh is not None else stages

    async def forget(self, device_id: str) -> None:
        await self._rest.forget(device_id)
        await self._ssh.forget(device_id)

    # -- RouterCommands ----------------------------------------------------------------------------------

    async def run(
        self, target: Target, path: str, command: str, arguments: Mapping[str, str], *, timeout_s: float
    ) -> Sequence[Row]:
        return await self._rest.run(target, path, command, arguments, timeout_s=timeout_s)

    # -- RouterWriter ------------------------------------------------------------------------------------

    async def add(self, target: Target, path: str, values: Values, *, before: str | None = None) -> str:
        return await self._rest.add(target, path, values, before=before)

    async def set(self, target: Target, path: str, item_id: str | None, values: Values) -> None:
        await self._rest.set(target, path, item_id, values)

    async def remove(self, target: Target, path: str, item_id: str) -> None:
        await self._rest.remove(target, path, item_id)
