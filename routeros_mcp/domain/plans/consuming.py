"""The approval is checked as if the database were not to be trusted, and spent, in one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from routeros_mcp.domain.errors import Expired, Forbidden, NotApproved
from routeros_mcp.domain.models import (
    DeviceDomain,
    JobType,
    PlanApprovalDomain,
    PlanDeviceDomain,
    PlanDomain,
    PlanStatus,
    Selector,
    StepState,
)
from routeros_mcp.domain.planning.digest import digest_of
from routeros_mcp.domain.planning.lifecycle import check_transition
from routeros_mcp.domain.planning.policies import Requirement, excesses, is_open
from routeros_mcp.domain.planning.safeguards import cut_off_by, refuse_lock_out
from routeros_mcp.domain.plans.grounds import PlanPolicy, PlanPorts
from routeros_mcp.domain.plans.judging import requirement_of
from routeros_mcp.domain.plans.records import ApprovalRecords, summed_up
from routeros_mcp.domain.plans.standing import window_text
from routeros_mcp.domain.ports import Transaction

_DAY = timedelta(hours=24)


class Consumption:
    def __init__(self, ports: PlanPorts, policy: PlanPolicy) -> None:
        self._ports = ports
        self._policy = policy
        self._records = ApprovalRecords(ports, policy)

    async def use_up(self, tx: Transaction, plan: PlanDomain, devices: Sequence[DeviceDomain]) -> PlanDomain:
        """Claim the plan, then look at it: whoever else would claim it waits until this transaction's end."""
        requirement = requirement_of(self._policy.approval, plan, devices)
        if plan.status is PlanStatus.SUBMITTED:
            self._refuse_waiting(plan, await tx.plans.approvals_of([plan.id]), requirement)
        check_transition(plan.id, plan.status, PlanStatus.APPLYING)
        now = self._ports.clock.now()
        used = replace(plan, status=PlanStatus.APPLYING, approval_consumed_at=now)
        claimed = await tx.plans.transition(used, PlanStatus.APPROVED)
        records, rows = await tx.plans.approvals_of([plan.id]), await tx.plans.devices_of(plan.id)
        refuse_altered(plan, rows)
        await self._refuse_begun(tx, plan, rows)
        given = self._given(plan, records, requirement)
        self._refuse_unnamed(plan, given)
        await self._refuse_by_policy(tx, plan, devices, requirement)
        for record in given:
            await tx.plans.save_approval(replace(record, consumed_at=now))
        return claimed

    def _refuse_waiting(
        self, plan: PlanDomain, records: Sequence[PlanApprovalDomain], requirement: Requirement
    ) -> None:
        given = self._records.counted(plan, records, requirement)
        if records and not given:
            raise _ran_out(plan)
        some = f": {len(given)} of {requirement.approvers} approvals are given" if given else ""
        raise NotApproved(f"Plan {plan.id} is not approved{some}.", fix=how_to_approve(plan.id))

    async def _refuse_begun(
        self, tx: Transaction, plan: PlanDomain, rows: Sequence[PlanDeviceDomain]
    ) -> None:
        """Old rows put back do not make a plan fresh again: its job and its devices tell that it ran."""
        jobs = await tx.jobs.page(status=None, plan_id=plan.id, limit=50)
        ran = any(job.job_type == JobType.APPLY_PLAN for job in jobs.items)
        touched = not all(map(_is_fresh, rows))
        if ran or touched or plan.approval_consumed_at is not None:
            raise NotApproved(f"Plan {plan.id} was applied before.", fix="Make a new plan.")

    def _given(
        self, plan: PlanDomain, records: Sequence[PlanApprovalDomain], requirement: Requirement
    ) -> tuple[PlanApprovalDomain, ...]:
        """The approvals that carry the plan; the plan's own words about them have to agree."""
        if not records or not all(self._records.is_genuine(plan, record) for record in records):
            raise NotApproved(f"The approval of plan {plan.id} is not valid.", fix="Make a new plan.")
        given = self._records.counted(plan, records, requirement)
        if not requirement.is_met_by(len(given)):
            raise self._lacking(plan, records, given, requirement)
        told = summed_up(plan, given)
        if (told.approved_by, told.approved_at, told.approval_expires_at) != (
            plan.approved_by,
            plan.approved_at,
            plan.approval_expires_at,
        ):
            raise NotApproved(f"The approval of plan {plan.id} is not valid.", fix="Make a new plan.")
        return given

    def _lacking(
        self,
        plan: PlanDomain,
        records: Sequence[PlanApprovalDomain],
        given: Sequence[PlanApprovalDomain],
        requirement: Requirement,
    ) -> Expired | NotApproved:
        if any(record.policy_digest != self._policy.approval.digest for record in records):
            return NotApproved(
                f"Plan {plan.id} was approved under another approval policy than the server's.",
                fix="Restart the server if its policy file has changed; then have the plan approved anew.",
            )
        if not any(self._records.is_unspent(record) for record in records):
            return _ran_out(plan)
        return NotApproved(
            f"Plan {plan.id} has {len(given)} of the {requirement.approvers} approvals that it needs now: "
            f"{'; '.join(requirement.reasons)}.",
            fix=how_to_approve(plan.id),
        )

    def _refuse_unnamed(self, plan: PlanDomain, given: Sequence[PlanApprovalDomain]) -> None:
        """Each approver has named each device that is cut off; the switch has to be there too."""
        for record in given:
            refuse_lock_out(plan, record.overrides)
            if record.overrides != cut_off_by(plan):
                raise NotApproved(f"The approval of plan {plan.id} is not valid.", fix="Make a new plan.")

    async def _refuse_by_policy(
        self,
        tx: Transaction,
        plan: PlanDomain,
        devices: Sequence[DeviceDomain],
        requirement: Requirement,
    ) -> None:
        now = self._ports.clock.now()
        if not is_open(now, requirement.windows, requirement.freezes):
            frozen = "; ".join(str(freeze) for freeze in requirement.freezes if freeze.holds(now))
            why = f"changes are frozen from {frozen}" if frozen else "it is outside its change window"
            raise Forbidden(
                f"Plan {plan.id} may not begin now: {why}.",
                fix=f"Nothing was changed, its approval stays; {window_text(requirement, now)}.",
            )
        earlier: Sequence[DeviceDomain] = ()
        if any(limit.caps.per_day is not None for limit in requirement.limits):
            touched = await tx.plans.touched_since(now - _DAY)
            wanted = Selector(names=touched)
            earlier = await tx.devices.select(wanted, Selector.everything(), limit=len(touched) or 1)
        over = list(excesses(requirement, devices, earlier))
        if over:
            raise Forbidden(
                f"Plan {plan.id} may not begin now: {'; '.join(over)}.",
                fix="Nothing was changed, and its approval stays. Wait, or plan fewer devices.",
            )


def refuse_altered(plan: PlanDomain, rows: Sequence[PlanDeviceDomain]) -> None:
    """Raises NotApproved when the stored plan is not the one that its digest was computed for."""
    images = {row.device_id: row.pre_image for row in rows}
    same = digest_of(plan.changes, images, plan.options) == plan.digest
    if not same or tuple(row.device_id for row in rows) != plan.device_ids:
        raise NotApproved(f"Plan {plan.id} was altered after it was made.", fix="Make a new plan.")


def _is_fresh(row: PlanDeviceDomain) -> bool:
    """Whether no job has written anything of the device yet; waves and measurements are jobs' to write."""
    marks = (row.job_id, row.wave, row.baseline, row.gate)
    return row.state is StepState.PLANNED and all(mark is None for mark in marks)


def how_to_approve(plan_id: str) -> str:
    return f"A second person approves it in a terminal: routeros-mcp plan approve {plan_id}."


def _ran_out(plan: PlanDomain) -> Expired:
    return Expired(f"The approval of plan {plan.id} has run out.", fix=how_to_approve(plan.id))
