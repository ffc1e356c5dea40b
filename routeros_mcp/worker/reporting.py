"""What a job tells: its progress while it runs, and afterwards what became of each device."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace

from routeros_mcp.domain.audit_service import AuditEntry
from routeros_mcp.domain.models import (
    AuditResult,
    JobDomain,
    JobStatus,
    PlanDeviceDomain,
    PlanDomain,
    PlanStepDomain,
    Principal,
    Selector,
    StepDirection,
    StepState,
)
from routeros_mcp.domain.planning.gates import GateResult
from routeros_mcp.domain.planning.progress import gates_of, has_ended, waves_of
from routeros_mcp.domain.ports import Transaction
from routeros_mcp.worker.context import WorkerPorts

_READ_BACK = {
    StepState.CONFIRMED: "as planned",
    StepState.ROLLED_BACK: "as before",
    StepState.NOT_APPLIED: "not written to",
    StepState.DRIFTED: "not written to",
    StepState.CONFLICT: "not written to",
    StepState.PLANNED: "not begun",
}


class Reporter:
    def __init__(self, ports: WorkerPorts) -> None:
        self._ports = ports

    async def begin(self, job: JobDomain, rows: Sequence[PlanDeviceDomain]) -> None:
        """Count from what an earlier run of the job has left, so that nothing is counted twice."""
        done = sum(1 for row in rows if has_ended(row, job))
        async with self._ports.uow() as tx:
            held = await tx.jobs.lock(job.id)
            if (held.progress_done, held.result_summary) != (done, None):
                await tx.jobs.save(replace(held, progress_done=done, result_summary=None))

    async def one_more(self, job: JobDomain, name: str) -> None:
        async with self._ports.uow() as tx:
            held = await tx.jobs.lock(job.id)
            done = min(held.progress_done + 1, held.progress_total)
            await tx.jobs.save(replace(held, progress_done=done, result_summary=f"last: {name}"))

    async def note(self, job: JobDomain, **facts: object) -> None:
        """Keep facts in the job's report while it runs; a restart finds them there."""
        async with self._ports.uow() as tx:
            held = await tx.jobs.lock(job.id)
            await tx.jobs.save(replace(held, report={**held.report, **facts}))

    async def gate(self, job: JobDomain, wave: int, result: GateResult) -> None:
        """Keep the verdict on a wave; who accepted an inconclusive one stays named."""
        async with self._ports.uow() as tx:
            held = await tx.jobs.lock(job.id)
            gates = gates_of(held)
            told = {**result.plain(), "at": self._ports.clock.now().isoformat()}
            accepted_by = gates.get(str(wave), {}).get("accepted_by")
            if accepted_by is not None:
                told["accepted_by"] = accepted_by
            await tx.jobs.save(replace(held, report={**held.report, "gates": {**gates, str(wave): told}}))

    async def conclude(
        self, tx: Transaction, job: JobDomain, plan: PlanDomain, rows: Sequence[PlanDeviceDomain]
    ) -> JobDomain:
        """Write the whole report into the job, within the transaction that concludes the plan."""
        held = await tx.jobs.lock(job.id)
        steps = await tx.plans.steps_of(plan.id)
        names, concerned = await _names_of(tx, rows), set(held.device_ids)
        steps_of: dict[str, list[PlanStepDomain]] = {}
        for step in steps:
            steps_of.setdefault(step.device_id, []).append(step)
        facts = {
            "plan_status": str(plan.status),
            "started_at": held.started_at.isoformat() if held.started_at else None,
            "finished_at": self._ports.clock.now().isoformat(),
            "waves": [asdict(wave) for wave in waves_of(held, rows)],
            "devices": [
                _told(names.get(row.device_id, row.device_id), row, steps_of.get(row.device_id, ()))
                for row in rows
                if row.device_id in concerned
            ],
        }
        return await tx.jobs.save(replace(held, report={**held.report, **facts}))

    async def audit(self, job: JobDomain, plan: PlanDomain, status: JobStatus, principal: Principal) -> None:
        """The report as one line of the audit trail."""
        is_well = status is JobStatus.SUCCESS
        await self._ports.audit.record(
            AuditEntry(
                principal=principal,
                action="REPORT",
                tool_name=plan.tool_name,
                tool_tier="professional",
                result=AuditResult.SUCCESS if is_well else AuditResult.FAILURE,
                plan_id=plan.id,
                job_id=job.id,
                metadata={"job_status": str(status), **job.report},
                error_message=None if is_well else _stop_words(job.report),
            )
        )


async def _names_of(tx: Transaction, rows: Sequence[PlanDeviceDomain]) -> dict[str, str]:
    """By id; a device that was deleted meanwhile has none."""
    wanted = Selector(names=frozenset(row.device_id for row in rows))
    found = await tx.devices.select(wanted, Selector.everything(), limit=len(rows))
    return {device.id: device.name for device in found}


def _told(name: str, row: PlanDeviceDomain, steps: Sequence[PlanStepDomain]) -> dict[str, object]:
    acked = [step.direction for step in steps if step.state is StepState.ACKED]
    facts = {
        "device": name,
        "wave": row.wave,
        "state": str(row.state),
        "accepted": acked.count(StepDirection.APPLY),
        "reverted": acked.count(StepDirection.ROLLBACK),
        "read_back": _READ_BACK.get(row.state, "not as planned, or not known"),
        "gate": row.gate,
        "code": row.error_code,
        "message": row.error_message,
        "started_at": row.started_at.isoformat() if row.started_at else None,
        "finished_at": row.finished_at.isoformat() if row.finished_at else None,
    }
    return {key: value for key, value in facts.items() if value is not None}


def _stop_words(report: Mapping[str, object]) -> str | None:
    stopped = report.get("stopped")
    return str(stopped["reason"]) if isinstance(stopped, Mapping) else None
