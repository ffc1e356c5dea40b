"""What the audit trail says of the steps of plans."""

from __future__ import annotations

from routeros_mcp.domain.audit_service import AuditEntry
from routeros_mcp.domain.errors import RouterosMcpError
from routeros_mcp.domain.models import AuditResult, DeviceDomain, PlanStepDomain, Principal, StepDirection
from routeros_mcp.domain.planning.commands import shown_path, spec_of


def step_entry(
    principal: Principal,
    device: DeviceDomain,
    step: PlanStepDomain,
    result: AuditResult,
    *,
    job_id: str | None,
    error: RouterosMcpError | None = None,
) -> AuditEntry:
    """Its intent, or what became of it."""
    return AuditEntry(
        principal=principal,
        action="WRITE",
        tool_name="plan_apply" if step.direction is StepDirection.APPLY else "plan_rollback",
        tool_tier="professional",
        result=result,
        device_id=device.id,
        environment=str(device.environment),
        plan_id=step.plan_id,
        job_id=job_id,
        metadata={
            "device": device.name,
            "step": step.sequence,
            "op": str(step.change.op),
            "path": shown_path(step.change),
            "state": str(step.state),
            **({"command": spec.name} if (spec := spec_of(step.change)) else {}),
        },
        error_message=str(error) if error else None,
    )
