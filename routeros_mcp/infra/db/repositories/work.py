"""Who runs jobs, and which run may write to which device: judged by the database's clock alone."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession

from routeros_mcp.domain.models import JobDomain
from routeros_mcp.infra.db.columns import UtcClock
from routeros_mcp.infra.db.models import Base, DeviceLease, Job, Worker


class _Timed:
    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def _now(self) -> datetime:
        return (await self._session.execute(select(UtcClock()))).scalar_one()

    def _insert(self, row: type[Base]) -> Any:
        on_postgresql = self._session.get_bind().dialect.name == "postgresql"
        return postgresql.insert(row) if on_postgresql else sqlite.insert(row)


class WorkerRepository(_Timed):
    """Implements `ports.Workers`."""

    async def beat(self, worker_id: str, host: str) -> None:
        """Say that the worker lives; the first time, that it has begun."""
        now = await self._now()
        statement = self._insert(Worker).values(id=worker_id, host=host, seen_at=now)
        await self._session.execute(
            statement.on_conflict_do_update(index_elements=["id"], set_={"seen_at": now})
        )

    async def living(self, silent_s: float) -> Sequence[str]:
        """Workers that were heard of within this time."""
        since = await self._now() - timedelta(seconds=silent_s)
        return (await self._session.scalars(select(Worker.id).where(Worker.seen_at > since))).all()

    async def forget(self, *worker_ids: str, silent_s: float | None = None) -> None:
        """Delete these workers, and those that were silent for so long."""
        await self._session.execute(delete(Worker).where(Worker.id.in_(worker_ids)))
        if silent_s is not None:
            since = await self._now() - timedelta(seconds=silent_s)
            await self._session.execute(delete(Worker).where(Worker.seen_at <= since))


class LeaseRepository(_Timed):
    """Implements `ports.Leases`."""

    async def take(self, device_id: str, job: JobDomain, lease_s: float) -> bool:
        """Give the device to this run of the job; False while somebody else holds it."""
        now = await self._now()
        values = {
            "id": device_id,
            "job_id": job.id,
            "owner": job.owner,
            "fence": job.fence,
            "expires_at": now + timedelta(seconds=lease_s),
        }
        free = (DeviceLease.expires_at <= now) | (
            (DeviceLease.job_id == job.id) & (DeviceLease.fence <= job.fence)
        )
        statement = self._insert(DeviceLease).values(**values)
        taken = statement.on_conflict_do_update(index_elements=["id"], set_=values, where=free)
        return await self._session.scalar(taken.returning(DeviceLease.id)) is not None

    async def left_s(self, device_id: str, job_id: str, fence: int) -> float:
        """How long this run may still write to the device; 0 when it may not."""
        mine = (DeviceLease.id == device_id, DeviceLease.job_id == job_id, DeviceLease.fence == fence)
        statement = (
            select(DeviceLease.expires_at, UtcClock())
            .join(Job, Job.id == DeviceLease.job_id)
            .where(*mine, Job.fence == fence)
        )
        found = (await self._session.execute(statement)).first()
        return 0.0 if found is None else max(0.0, (found[0] - found[1]).total_seconds())

    async def renew(self, job_id: str, fence: int, lease_s: float) -> None:
        """Prolong what this run holds; what has run out stays so."""
        now = await self._now()
        await self._session.execute(
            update(DeviceLease)
            .where(DeviceLease.job_id == job_id, DeviceLease.fence == fence, DeviceLease.expires_at > now)
            .values(expires_at=now + timedelta(seconds=lease_s))
        )

    async def release(self, job_id: str, fence: int, device_id: str | None = None) -> None:
        """Give up one device, or all that this run of the job and earlier ones hold."""
        held = delete(DeviceLease).where(DeviceLease.job_id == job_id, DeviceLease.fence <= fence)
        if device_id is not None:
            held = held.where(DeviceLease.id == device_id)
        await self._session.execute(held)

    async def clear(self) -> None:
        """Void all leases: for a process that knows itself to be alone."""
        await self._session.execute(delete(DeviceLease))
