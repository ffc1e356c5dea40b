"""A process of its own that carries a plan out and is killed with -9 at a chosen moment or crash point."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

from fakes.processes import forked
from world import opened, principal

from routeros_mcp.app import Ports
from routeros_mcp.config import Settings
from routeros_mcp.domain.ports import RouterWriter, Target, Transaction, UnitOfWork, Values

SURVIVED = 0


@dataclass(slots=True)
class Fate:
    """Counts what the process does; it dies at the moment, or the crash point, that it was given."""

    dies_at: int | str
    moment: int = 0

    def next(self) -> None:
        self.moment += 1
        if self.moment == self.dies_at:
            os.kill(os.getpid(), signal.SIGKILL)

    def reached(self, point: str) -> None:
        if point == self.dies_at:
            os.kill(os.getpid(), signal.SIGKILL)


@dataclass(slots=True)
class MortalUnitOfWork:
    """Commits, and may die right afterwards."""

    real: UnitOfWork
    fate: Fate

    @asynccontextmanager
    async def __call__(self) -> AsyncIterator[Transaction]:
        async with self.real() as transaction:
            yield transaction
        self.fate.next()

    @asynccontextmanager
    async def read(self) -> AsyncIterator[Transaction]:
        async with self.real.read() as transaction:
            yield transaction


@dataclass(slots=True)
class MortalWriter:
    """Writes, and may die right before the router is asked or right after it has answered."""

    real: RouterWriter
    fate: Fate

    async def add(self, target: Target, path: str, values: Values, *, before: str | None = None) -> str:
        self.fate.next()
        item = await self.real.add(target, path, values, before=before)
        self.fate.next()
        return item

    async def set(self, target: Target, path: str, item_id: str | None, values: Values) -> None:
        self.fate.next()
        await self.real.set(target, path, item_id, values)
        self.fate.next()

    async def remove(self, target: Target, path: str, item_id: str) -> None:
        self.fate.next()
        await self.real.remove(target, path, item_id)
        self.fate.next()

    async def move(self, target: Target, path: str, item_id: str, before: str | None) -> None:
        self.fate.next()
        await self.real.move(target, path, item_id, before)
        self.fate.next()

    async def command(self, target: Target, path: str, item_id: str | None) -> None:
        self.fate.next()
        await self.real.command(target, path, item_id)
        self.fate.next()


async def run_mortal(settings: Settings, tool: str, plan_id: str, dies_at: int | str) -> int:
    """Call `plan_apply` or `plan_rollback` in a new process; its exit code, negative when it was killed."""
    process = forked(_live, settings.model_dump(), tool, plan_id, dies_at)
    async with asyncio.timeout(30):
        await asyncio.to_thread(process.join, 30)
    code = process.exitcode
    assert code is not None
    process.close()
    return code


def _live(settings: dict[str, object], tool: str, plan_id: str, dies_at: int | str) -> None:
    asyncio.run(_carry_out(Settings(**settings), tool, plan_id, Fate(dies_at)))


async def _carry_out(settings: Settings, tool: str, plan_id: str, fate: Fate) -> None:
    def adapt(ports: Ports) -> Ports:
        return replace(
            ports,
            uow=MortalUnitOfWork(ports.uow, fate),
            writer=MortalWriter(ports.writer, fate),
            crash_point=fate.reached,
        )

    async with opened(settings, adapt) as (app, _):
        await app.pipeline.call(principal(), tool, {"plan_id": plan_id})
