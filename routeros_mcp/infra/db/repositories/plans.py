"""Plans with the journal of their changes, and the jobs that carry them out."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, and_, func, or_, select

from routeros_mcp.domain.errors import Conflict, NotFound
from routeros_mcp.domain.models import (
    JobDomain,
    JobStatus,
    PlanApprovalDomain,
    PlanDeviceDomain,
    PlanDomain,
    PlanStatus,
    PlanStepDomain,
    StepState,
)
from routeros_mcp.domain.pagination import Page
from routeros_mcp.domain.planning.lifecycle import is_open
from routeros_mcp.infra.db.models import Job, Plan, PlanApproval, PlanDevice, PlanStep
from routeros_mcp.infra.db.repositories.base import Repository, VersionedRepository

_APPLIES_LOCK = 7_305_011_222


class PlanRepository(VersionedRepository[PlanDomain]):
    """Implements `ports.Plans`."""

    row, record, noun = Plan, PlanDomain, "plan"

    async def page(
        self, *, status: PlanStatus | None, created_by: str | None, limit: int, cursor: str | None = None
    ) -> Page[PlanDomain]:
        statement = self._select()
        if status is not None:
            statement = statement.where(Plan.status == status.value)
        if created_by is not None:
            statement = statement.where(Plan.created_by == created_by)
        return await self._page(statement, limit=limit, cursor=cursor)

    async def busy(self, device_ids: Sequence[str]) -> Mapping[str, str]:
        """Of these devices, those that a plan is at work on or left with an open outcome, with its id."""
        under_way = (PlanStatus.APPLYING.value, PlanStatus.ROLLING_BACK.value)
        untold = [state.value for state in StepState if is_open(state)]
        statement = (
            select(PlanDevice.device_id, PlanDevice.plan_id)
            .join(Plan, Plan.id == PlanDevice.plan_id)
            .where(PlanDevice.device_id.in_(device_ids))
            .where(or_(Plan.status.in_(under_way), PlanDevice.state.in_(untold)))
        )
        rows = await self._session.execute(statement)
        return {row.device_id: row.plan_id for row in rows}

    async def devices_of(
        self, plan_id: str, waves: Collection[int] | None = None
    ) -> Sequence[PlanDeviceDomain]:
        """The plan's routers in the order of the rollout, or those of these waves."""
        return await _PlanDevices(self._session).of(plan_id, waves)

    async def shares_of(self, device_id: str) -> Sequence[PlanDeviceDomain]:
        """What every plan has meant for the device, the newest first."""
        return await _PlanDevices(self._session).shares(device_id)

    async def save_device(self, device: PlanDeviceDomain) -> None:
        await _PlanDevices(self._session).put(device)

    async def steps_of(self, plan_id: str, device_id: str | None = None) -> Sequence[PlanStepDomain]:
        """The plan's journal in order, of all its routers or of one."""
        return await _PlanSteps(self._session).of(plan_id, device_id)

    async def save_step(self, step: PlanStepDomain) -> None:
        await _PlanSteps(self._session).put(step)

    async def approvals_of(self, plan_ids: Sequence[str]) -> Sequence[PlanApprovalDomain]:
        """All approvals ever given to these plans, oldest first."""
        return await _PlanApprovals(self._session).of(plan_ids)

    async def save_approval(self, approval: PlanApprovalDomain) -> None:
        await _PlanApprovals(self._session).put(approval)

    async def stale(self, now: datetime, *, limit: int) -> Sequence[PlanDomain]:
        """Plans that wait although they, or the approvals they had, have run out; oldest first."""
        waiting = (PlanStatus.SUBMITTED.value, PlanStatus.APPROVED.value)
        lapsed = and_(Plan.status == PlanStatus.APPROVED.value, Plan.approval_expires_at <= now)
        statement = self._select().where(Plan.status.in_(waiting), or_(Plan.expires_at <= now, lapsed))
        return await self._all(statement.order_by(Plan.created_at, Plan.id).limit(limit))

    async def touched_since(self, moment: datetime) -> frozenset[str]:
        """Ids of the devices of all plans whose applying began after the moment.

        Other askers wait until the transaction ends, so that two applies cannot both be the last that a cap
        allows. SQLite's writers do so from their beginning.
        """
        if self._on_postgresql:
            await self._session.execute(select(func.pg_advisory_xact_lock(_APPLIES_LOCK)))
        begun = await self._session.scalars(select(Plan.device_ids).where(Plan.approval_consumed_at > moment))
        return frozenset(device_id for device_ids in begun for device_id in device_ids)

    async def transition(self, plan: PlanDomain, expected: PlanStatus) -> PlanDomain:
        """Store the plan if its stored status and version are still the expected ones.

        Raises:
            Conflict: they are not.
        """
        stored = await self._replace(plan, Plan.status == expected.value)
        if stored is not None:
            return stored
        status = await self._session.scalar(select(Plan.status).where(Plan.id == plan.id))
        if status in {None, expected.value}:
            raise self._changed_meanwhile(plan)
        raise Conflict(
            f"Plan {plan.id} is {status}, not {expected}.", fix="Read the plan again.", status=status
        )

    def _in_environment(self, environment: str) -> ColumnElement[bool]:
        return self._names_device_in(environment)


class _PlanDevices(Repository[PlanDeviceDomain]):
    row, record, noun = PlanDevice, PlanDeviceDomain, "plan device"

    async def of(self, plan_id: str, waves: Collection[int] | None) -> Sequence[PlanDeviceDomain]:
        statement = self._select().where(PlanDevice.plan_id == plan_id)
        if waves is not None:
            statement = statement.where(PlanDevice.wave.in_(waves))
        return await self._all(statement.order_by(PlanDevice.position, PlanDevice.id))

    async def shares(self, device_id: str) -> Sequence[PlanDeviceDomain]:
        statement = self._select().where(PlanDevice.device_id == device_id)
        return await self._all(statement.order_by(PlanDevice.id.desc()))


class _PlanApprovals(Repository[PlanApprovalDomain]):
    row, record, noun = PlanApproval, PlanApprovalDomain, "approval"

    async def of(self, plan_ids: Sequence[str]) -> Sequence[PlanApprovalDomain]:
        statement = self._select().where(PlanApproval.plan_id.in_(plan_ids))
        return await self._all(statement.order_by(PlanApproval.approved_at, PlanApproval.id))


class _PlanSteps(Repository[PlanStepDomain]):
    row, record, noun = PlanStep, PlanStepDomain, "plan step"

    async def of(self, plan_id: str, device_id: str | None) -> Sequence[PlanStepDomain]:
        statement = self._select().where(PlanStep.plan_id == plan_id)
        if device_id is not None:
            statement = statement.where(PlanStep.device_id == device_id)
        return await self._all(statement.order_by(PlanStep.device_id, PlanStep.sequence, PlanStep.id))


class JobRepository(Repository[JobDomain]):
    """Implements `ports.Jobs`."""

    row, record, noun = Job, JobDomain, "job"

    async def page(
        self, *, status: JobStatus | None, plan_id: str | None, limit: int, cursor: str | None = None
    ) -> Page[JobDomain]:
        statement = self._select()
        if status is not None:
            statement = statement.where(Job.status == status.value)
        if plan_id is not None:
            statement = statement.where(Job.plan_id == plan_id)
        return await self._page(statement, limit=limit, cursor=cursor)

    async def lock(self, key: str) -> JobDomain:
        """`get` for a change: other writers of the job wait. SQLite's writers do so from their beginning."""
        found = await self._first(self._select().where(Job.id == key).with_for_update())
        if found is None:
            raise NotFound(f"There is no {self.noun} {key}.")
        return found

    async def fence(self, key: str) -> int | None:
        """The number of the job's present run, locked as `lock` does; None for no such job."""
        return await self._session.scalar(select(Job.fence).where(Job.id == key).with_for_update())

    async def unfinished(self) -> Sequence[JobDomain]:
        """Jobs that wait for a process or run in one, oldest first."""
        open_words = [status.value for status in JobStatus if not status.is_at_rest]
        statement = self._select().where(Job.status.in_(open_words))
        return await self._all(statement.order_by(Job.created_at, Job.id))

    def _in_environment(self, environment: str) -> ColumnElement[bool]:
        return self._names_device_in(environment)
