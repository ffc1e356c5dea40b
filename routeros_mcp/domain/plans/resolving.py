"""Devices whose outcome only a person can tell: the router is read, the person says, the plan follows."""

from __future__ import annotations

from dataclasses import dataclass, replace

from routeros_mcp.domain.audit_service import AuditService
from routeros_mcp.domain.connections import Connections
from routeros_mcp.domain.errors import Conflict, InvalidParams, NotFound, RouterosMcpError
from routeros_mcp.domain.models import (
    AuditResult,
    DeviceDomain,
    JobType,
    PlanDeviceDomain,
    PlanDomain,
    PlanStatus,
    Principal,
    StepState,
)
from routeros_mcp.domain.planning import deadman
from routeros_mcp.domain.planning.evidence import RESOLVED_AS, Evidence, evidence_of
from routeros_mcp.domain.planning.gates import is_worse_off
from routeros_mcp.domain.planning.lifecycle import (
    check_transition,
    derive,
    is_in_flight,
    is_open,
)
from routeros_mcp.domain.planning.scope import scope_of_changes
from routeros_mcp.domain.plans.computation import PlanComputer
from routeros_mcp.domain.plans.grounds import PlanPorts, visible_plan
from routeros_mcp.domain.plans.secrets import PlanSecrets
from routeros_mcp.domain.plans.trail import step_entry
from routeros_mcp.domain.ports import Query, RouterReader, Target, Transaction

_BECAME = {
    StepState.CONFIRMED: StepState.ACKED,
    StepState.NOT_APPLIED: StepState.NOT_APPLIED,
    StepState.ROLLED_BACK: StepState.NOT_APPLIED,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """A device of a plan, how the plan left it, and what its rows say now."""

    plan: PlanDomain
    row: PlanDeviceDomain
    evidence: Evidence


class Resolutions:
    def __init__(
        self,
        ports: PlanPorts,
        reader: RouterReader,
        connections: Connections,
        computer: PlanComputer,
        secrets: PlanSecrets,
        audit: AuditService,
    ) -> None:
        self._ports = ports
        self._reader = reader
        self._connections = connections
        self._computer = computer
        self._secrets = secrets
        self._audit = audit

    async def look(self, principal: Principal, plan_id: str, device: DeviceDomain) -> Sighting:
        """Read the router on a new connection and hold it against both sides of the plan.

        Raises:
            NotFound: the plan does not concern the device. Conflict: its outcome is not open.
        """
        async with self._ports.uow.read() as tx:
            plan, row = await self._open_row(tx, principal, plan_id, device)
        return Sighting(plan=plan, row=row, evidence=await self._evidence(plan, row, device))

    async def resolve(
        self, principal: Principal, plan_id: str, device: DeviceDomain, claim: StepState, typed: str = ""
    ) -> Sighting:
        """Store what the person says, derive the plan's state anew; the device may be changed again.

        A claim that the rows speak against is taken only from somebody who has `typed` the device's name.

        Raises:
            InvalidParams: no such claim. Conflict: the rows speak against it, or the outcome is not open.
        """
        if claim not in RESOLVED_AS:
            raise InvalidParams(
                f"A device cannot be resolved as {claim}.", fix=f"Say one of: {', '.join(RESOLVED_AS)}."
            )
        seen = await self.look(principal, plan_id, device)
        against = seen.evidence.against(claim)
        if against and typed != device.name:
            raise Conflict(
                f"{device.name} does not look {claim}: {'; '.join(against)}.",
                fix="Say what the rows show, or type the device's name to insist.",
            )
        said = f"{principal.subject} resolved it as {claim}"
        async with self._ports.uow() as tx:
            plan, row = await self._open_row(tx, principal, plan_id, device)
            if row != seen.row:
                raise Conflict(f"{device.name} has been worked on meanwhile.", fix="Look at it again.")
            row = replace(
                row,
                state=claim,
                error_code=None,
                error_message=f"{said}, against: {'; '.join(against)}" if against else said,
                finished_at=self._ports.clock.now(),
            )
            await tx.plans.save_device(row)
            became = StepState.UNKNOWN if against else _BECAME.get(claim, StepState.UNKNOWN)
            await self._close_steps(tx, principal, device, row, became)
            plan = await self._concluded(tx, plan)
        return Sighting(plan=plan, row=row, evidence=seen.evidence)

    # -- parts -------------------------------------------------------------------------------------------

    async def _close_steps(
        self,
        tx: Transaction,
        principal: Principal,
        device: DeviceDomain,
        row: PlanDeviceDomain,
        became: StepState,
    ) -> None:
        """What the rows and a person agree on holds for its steps too: a roll back goes by them."""
        result = AuditResult.SUCCESS if became is StepState.ACKED else AuditResult.FAILURE
        for step in await tx.plans.steps_of(row.plan_id, device.id):
            if is_in_flight(step.state):
                closed = replace(step, state=became, settled_at=self._ports.clock.now())
                await tx.plans.save_step(replace(closed, error_message=row.error_message))
                entry = step_entry(principal, device, closed, result, job_id=row.job_id)
                await self._audit.record_in(tx, entry)

    async def _open_row(
        self, tx: Transaction, principal: Principal, plan_id: str, device: DeviceDomain
    ) -> tuple[PlanDomain, PlanDeviceDomain]:
        plan, _ = await visible_plan(tx, principal, plan_id)
        rows = {row.device_id: row for row in await tx.plans.devices_of(plan_id)}
        if device.id not in rows:
            raise NotFound(f"Plan {plan_id} does not concern {device.name}.", fix="See plan_get.")
        row = rows[device.id]
        jobs = (await tx.jobs.page(status=None, plan_id=plan_id, limit=20)).items
        if any(not job.status.is_final for job in jobs):
            raise Conflict(f"A job of plan {plan_id} is not over.", fix="Wait for it, or cancel it.")
        if not is_open(row.state):
            raise Conflict(
                f"{device.name} is {row.state} in plan {plan_id}: there is nothing to resolve.",
                fix="Only devices whose outcome is open can be resolved.",
            )
        return plan, row

    async def _evidence(self, plan: PlanDomain, row: PlanDeviceDomain, device: DeviceDomain) -> Evidence:
        try:
            target = await self._connections.target(device)
            await self._reader.forget(device.id)
            return await self._read(plan, row, target)
        except RouterosMcpError as error:
            return Evidence(unread=f"the router cannot be read: {error.message}")

    async def _read(self, plan: PlanDomain, row: PlanDeviceDomain, target: Target) -> Evidence:
        own = [change for change in plan.changes if change.device_id == row.device_id]
        changes = [self._secrets.open_change(plan.id, change) for change in own]
        images = self._secrets.open_images(plan.id, row.pre_image)
        menus = self._computer.menus_of([change.path for change in changes])
        scope = scope_of_changes(changes, menus)
        tables = await self._computer.read_tables(target, list(menus), scope)
        nonce = deadman.nonce_for(plan.id, row.device_id)
        entries = await self._reader.read(target, Query(path=deadman.MENU, fields=("name",)))
        names = [e["name"] for e in entries if e.get("name", "").startswith(deadman.PREFIX + nonce)]
        return evidence_of(changes, images, tables, menus, names)

    async def _concluded(self, tx: Transaction, plan: PlanDomain) -> PlanDomain:
        """The plan in the state that its devices add up to, by the job that was the last to work on it."""
        rows = await tx.plans.devices_of(plan.id)
        last = (await tx.jobs.page(status=None, plan_id=plan.id, limit=1)).items
        undoing = bool(last) and last[0].job_type is JobType.ROLLBACK_PLAN
        work = PlanStatus.ROLLING_BACK if undoing else PlanStatus.APPLYING
        status = derive(work, [row.state for row in rows], is_unwell=any(map(is_worse_off, rows)))
        if status is plan.status:
            return plan
        check_transition(plan.id, plan.status, status)
        return await tx.plans.transition(replace(plan, status=status), plan.status)
