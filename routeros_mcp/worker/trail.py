"""What the audit trail says of the writes of plans."""

from __future__ import annotations

from routeros_mcp.domain.audit_service import AuditEntry
from routeros_mcp.domain.errors import RouterosMcpError
from routeros_mcp.domain.models import AuditResult, PlanStepDomain
from routeros_mcp.domain.plans.trail import step_entry
from routeros_mcp.worker.context import DeviceRun


def audit_entry(
    run: DeviceRun, step: PlanStepDomain, result: AuditResult, error: RouterosMcpError | None = None
) -> AuditEntry:
    """What the audit trail says of a step: its intent, or what became of it."""
    return step_entry(run.principal, run.device, step, result, job_id=run.job.id, error=error)
