"""What the audit trail says of the writes of plans."""

from __future__ import annotations

from routeros_mcp.domain.audit_service import AuditEntry
from routeros_mcp.domain.errors import RouterosMcpError
from routeros_mcp.domain.models import AuditResult, PlanStepDomain, StepDirection
from routeros_mcp.worker.context import DeviceRun


def audit_entry(
    run: DeviceRun, step: PlanStepDomain, result: AuditResult, error: RouterosMcpError | None = None
) -> AuditEntry:
    """What the audit trail says of a step: its intent, or what became of it."""
    return AuditEntry(
        principal=run.principal,
        action="WRITE",
        tool_name="plan_apply" if step.direction is StepDirection.APPLY else "plan_rollback",
        tool_tier="professional",
        result=result,
        device_id=run.device.id,
        environment=str(run.device.environment),
        plan_id=run.plan.id,
        job_id=run.job.id,
        metadata={
            "device": run.device.name,
            "step": step.sequence,
            "op": str(step.change.op),
            "path": step.change.path,
            "state": str(step.state),
        },
        error_message=str(error) if error else None,
    )
