"""Sweeps as jobs: when somebody asks, and once in each period by themselves."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from routeros_mcp.domain.errors import Conflict
from routeros_mcp.domain.models import DeviceDomain, JobDomain, JobType, Selector
from routeros_mcp.domain.ports import Clock, Ids, JobRunner, Transaction, UnitOfWork

BY_ITSELF = "service:sweep"
"""Who is said to have asked for a sweep that nobody asked for."""
_PAGE = 500
_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)


class Sweeps:
    """`every` is the period; none, and nothing is swept unless somebody asks."""

    def __init__(
        self, uow: UnitOfWork, runner: JobRunner, clock: Clock, ids: Ids, *, every: timedelta | None
    ) -> None:
        self._uow = uow
        self._runner = runner
        self._clock = clock
        self._ids = ids
        self._every = every
        self._settled: datetime | None = None
        """The period of which this process knows that nothing is left to queue in it."""

    async def queue(self, requested_by: str, devices: Sequence[DeviceDomain]) -> JobDomain:
        """Start a job that looks over the devices and removes what is ours and over."""
        async with self._uow() as tx:
            job = await self._queued(tx, self._ids.new(), requested_by, devices)
        await self._runner.start(job)
        return job

    async def queue_due(self) -> JobDomain | None:
        """Start this period's sweep of the whole fleet, unless it was, by whichever process asks first.

        Periods are counted from midnight UTC, and a sweep that came late in one puts off the next: never two
        within half a period. A fleet registered within the period has nothing to sweep yet.
        """
        if self._every is None:
            return None
        now = self._clock.now()
        start = now - (now - _EPOCH) % self._every
        if start == self._settled:
            return None
        async with self._uow.read() as tx:
            last = [await tx.jobs.get_by_id(_id_of(each)) for each in (start, start - self._every)]
            if not last[0] and last[1] and now - (last[1].started_at or now) < self._every / 2:
                return None
            devices = () if last[0] else await _all(tx)
        job = await self._claimed(start, devices) if any(_is_older(each, start) for each in devices) else None
        self._settled = start
        if job is not None:
            await self._runner.start(job)
        return job

    async def _claimed(self, start: datetime, devices: Sequence[DeviceDomain]) -> JobDomain | None:
        """The period's job; None where another process was quicker."""
        try:
            async with self._uow() as tx:
                return await self._queued(tx, _id_of(start), BY_ITSELF, devices)
        except Conflict:
            return None

    async def _queued(
        self, tx: Transaction, job_id: str, requested_by: str, devices: Sequence[DeviceDomain]
    ) -> JobDomain:
        job = JobDomain(
            id=job_id,
            job_type=JobType.SWEEP,
            device_ids=tuple(device.id for device in devices),
            requested_by=requested_by,
            progress_total=len(devices),
            max_attempts=1,
            next_run_at=self._clock.now(),
        )
        return await self._runner.enqueue(tx, await tx.jobs.add(job))


def _is_older(device: DeviceDomain, start: datetime) -> bool:
    return device.created_at is None or device.created_at < start


def _id_of(start: datetime) -> str:
    return f"sweep-{start:%Y%m%dT%H%M}"


async def _all(tx: Transaction) -> Sequence[DeviceDomain]:
    found: list[DeviceDomain] = []
    after: str | None = None
    everything = Selector.everything()
    while page := await tx.devices.select(everything, everything, limit=_PAGE, after=after):
        found += page
        after = page[-1].name
    return found
