"""Who may write: each write, to tables and to routers, proves first that its run still holds the right."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass, replace
from typing import TypeVar

from routeros_mcp.domain.errors import Conflict, RouterosMcpError
from routeros_mcp.domain.models import JobDomain
from routeros_mcp.domain.ports import (
    Clock,
    JobBody,
    JobOutcome,
    LostLease,
    RouterWriter,
    Target,
    Transaction,
    UnitOfWork,
    Values,
)

T = TypeVar("T")

_job: ContextVar[JobDomain | None] = ContextVar("job", default=None)
"""The run of a job that this task belongs to."""
_device: ContextVar[str | None] = ContextVar("device", default=None)
"""The device that this task has leased."""

_LAST_SHARE = 3
"""Nothing is sent within the last third of a lease: the answer may take its time."""


def fenced(body: JobBody) -> JobBody:
    """The body with its run known to all that it writes by; a lost lease comes out as LostLease alone."""

    async def run(job: JobDomain) -> JobOutcome:
        with _set(_job, job):
            try:
                return await body(job)
            except* LostLease as lost:
                first: BaseException = lost
        raise LostLease(f"job {job.id}") from first

    return run


@dataclass(frozen=True, slots=True)
class FencedUnitOfWork:
    """Transactions that only the present run of the job can write in, and on a leased device its holder."""

    real: UnitOfWork

    @asynccontextmanager
    async def __call__(self) -> AsyncIterator[Transaction]:
        async with self.real() as tx:
            job, device_id = _job.get(), _device.get()
            if job is not None:
                if await tx.jobs.fence(job.id) != job.fence:
                    raise LostLease(f"Job {job.id} was taken by another worker.")
                if device_id is not None and not await tx.leases.left_s(device_id, job.id, job.fence):
                    raise LostLease(f"Job {job.id} has lost its lease of device {device_id}.")
            yield tx

    @asynccontextmanager
    async def read(self) -> AsyncIterator[Transaction]:
        async with self.real.read() as tx:
            yield tx


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceLeases:
    """Leases for the job under way; `lease_s` is how long one lasts without being renewed."""

    uow: UnitOfWork
    clock: Clock
    lease_s: float

    @asynccontextmanager
    async def hold(self, device_id: str) -> AsyncIterator[None]:
        """Lease the device for the job under way; outside of jobs there is nothing to lease.

        Raises:
            Conflict: another job holds it.
        """
        job = _job.get()
        if job is None:
            yield
            return
        async with self.uow() as tx:
            taken = await tx.leases.take(device_id, job, self.lease_s)
        if not taken:
            raise Conflict(
                f"Another job is at work on device {device_id}.", fix="Wait for its end, then try again."
            )
        try:
            with _set(_device, device_id):
                yield
        finally:
            # should this fail, the lease ends with the job, or runs out
            with suppress(RouterosMcpError, LostLease):
                async with self.uow() as tx:
                    await tx.leases.release(job.id, job.fence, device_id)

    async def assure(self, device_id: str) -> float | None:
        """Prove, right before something is sent, that this run still may; cheap enough for each write.

        Returns until when it may, in monotonic seconds, None outside of jobs. The process may be stopped
        after the database has answered: hence the clock that never stops.

        Raises:
            LostLease: it may not, or not for long enough.
        """
        job = _job.get()
        if job is None:
            return None
        if _device.get() != device_id:
            raise RuntimeError(f"Device {device_id} is written to without a lease: `hold` it.")
        asked = self.clock.monotonic()
        async with self.uow.read() as tx:
            left_s = await tx.leases.left_s(device_id, job.id, job.fence)
        if left_s - (self.clock.monotonic() - asked) < self.lease_s / _LAST_SHARE:
            raise LostLease(f"Job {job.id} has lost its lease of device {device_id}.")
        return asked + left_s


@dataclass(frozen=True, slots=True)
class LeasedWriter:
    """Implements `RouterWriter` for jobs: proves the lease right before each write."""

    real: RouterWriter
    leases: DeviceLeases

    async def add(self, target: Target, path: str, values: Values, *, before: str | None = None) -> str:
        return await self.real.add(await self._assured(target), path, values, before=before)

    async def set(self, target: Target, path: str, item_id: str | None, values: Values) -> None:
        await self.real.set(await self._assured(target), path, item_id, values)

    async def remove(self, target: Target, path: str, item_id: str) -> None:
        await self.real.remove(await self._assured(target), path, item_id)

    async def move(self, target: Target, path: str, item_id: str, before: str | None) -> None:
        await self.real.move(await self._assured(target), path, item_id, before)

    async def command(self, target: Target, path: str, item_id: str | None) -> None:
        await self.real.command(await self._assured(target), path, item_id)

    async def _assured(self, target: Target) -> Target:
        return replace(target, write_before=await self.leases.assure(target.device_id))


@contextmanager
def _set(variable: ContextVar[T | None], value: T) -> Iterator[None]:
    token = variable.set(value)
    try:
        yield
    finally:
        variable.reset(token)
