"""The audit trail: who did what, to which router, and how it ended."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from pydantic import AwareDatetime, Field

from routeros_mcp.domain.models import AuditEventDomain, Scope
from routeros_mcp.domain.ports import AuditFilter
from routeros_mcp.toolkit.spec import Call, Params, Result, Toolset, Traits
from routeros_mcp.tools.shapes import counted

AUDIT = Toolset(name="audit", description="Read the audit trail.")
_READS_AUDIT = Traits(scope=Scope.AUDIT)


class AuditSearchParams(Params):
    user: str | None = Field(default=None, max_length=255)
    """Such as local:anna."""
    device: str | None = Field(default=None, max_length=255)
    """Device id or name."""
    tool: str | None = Field(default=None, max_length=128)
    """Tool name."""
    action: str | None = Field(default=None, max_length=64)
    """Such as READ, RECORD, CHANGE, WRITE (one step on a router), AUTHZ_DENIED."""
    result: Literal["SUCCESS", "FAILURE", "ATTEMPT"] | None = None
    plan_id: str | None = Field(default=None, max_length=64)
    job_id: str | None = Field(default=None, max_length=64)
    request_id: str | None = Field(default=None, max_length=64)
    since: AwareDatetime | None = None
    """ISO 8601 with zone."""
    until: AwareDatetime | None = None
    """ISO 8601 with zone, not included."""
    text: str | None = Field(default=None, max_length=200)
    """Part of a message, action or tool name."""
    limit: int = Field(default=50, ge=1, le=500)
    cursor: str | None = Field(default=None, max_length=500)


class AuditPage(Result):
    events: list[dict[str, Any]]
    next_cursor: str | None = None

    def headline(self) -> str:
        more = "; more with next_cursor" if self.next_cursor else ""
        return f"{counted(len(self.events), 'event')}, newest first{more}."


@AUDIT.tool("Search the audit trail", _READS_AUDIT)
async def audit_search(call: Call, params: AuditSearchParams) -> AuditPage:
    """Search every call and every write, denied ones too: who, what, which device, tier, outcome."""
    wanted = AuditFilter(
        user_sub=params.user,
        device_id=await _device_id(call, params.device),
        tool_name=params.tool,
        action=params.action,
        result=params.result,
        plan_id=params.plan_id,
        job_id=params.job_id,
        request_id=params.request_id,
        since=params.since,
        until=params.until,
        text=params.text,
    )
    page = await call.services.audit.page(wanted, limit=params.limit, cursor=params.cursor)
    return AuditPage(events=[event_fields(event) for event in page.items], next_cursor=page.next_cursor)


class AuditVerifyParams(Params):
    pass


class AuditVerdict(Result):
    intact: bool
    lines: int
    broken_at: int | None = None
    reason: str | None = None

    def headline(self) -> str:
        if self.intact:
            return f"The audit chain holds: {counted(self.lines, 'line')}."
        return f"The audit chain is broken at line {self.broken_at}: {self.reason}."


@AUDIT.tool("Verify the audit trail", _READS_AUDIT, timeout_s=300)
async def audit_verify(call: Call, params: AuditVerifyParams) -> AuditVerdict:
    """Recompute the chain of the audit trail and say where it does not hold."""
    verdict = await call.services.audit.verify()
    return AuditVerdict(
        intact=verdict.intact,
        lines=verdict.lines,
        broken_at=verdict.broken_at,
        reason=verdict.reason or None,
    )


def event_fields(event: AuditEventDomain) -> dict[str, Any]:
    held = {
        "at": _text(event.timestamp),
        "user": event.user_sub,
        "role": event.user_role,
        "action": event.action,
        "tool": event.tool_name,
        "tier": event.tool_tier,
        "result": str(event.result),
        "device": event.metadata.get("device") or _joined(event.metadata.get("devices")),
        "device_id": event.device_id,
        "environment": event.environment,
        "plan_id": event.plan_id,
        "job_id": event.job_id,
        "request_id": event.request_id,
        "error": event.error_message,
        "arguments": event.metadata.get("arguments"),
        "sequence": event.sequence,
    }
    return {name: value for name, value in held.items() if value not in (None, "", {})}


async def _device_id(call: Call, word: str | None) -> str | None:
    if word is None:
        return None
    found = await call.services.devices.page(call.principal, [word], limit=1, cursor=None)
    return found.items[0].id if found.items else word


def _joined(devices: object) -> str:
    if not isinstance(devices, list):
        return ""
    shown = ", ".join(str(name) for name in devices[:10])
    return shown if len(devices) <= 10 else f"{shown} and {len(devices) - 10} more"  # noqa: PLR2004


def _text(moment: datetime) -> str:
    return moment.isoformat()
