"""What the audit trail keeps of one call."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from routeros_mcp.domain.audit_service import AuditEntry
from routeros_mcp.domain.errors import RouterosMcpError
from routeros_mcp.domain.models import AuditResult, DeviceDomain, Principal
from routeros_mcp.domain.redaction import redact_mapping
from routeros_mcp.toolkit.spec import AnyTool

_MOST_DEVICES = 100


@dataclass(slots=True, kw_only=True)
class CallRecord:
    """A call on its way through the pipeline: what is known of it so far."""

    principal: Principal
    tool_name: str
    arguments: Mapping[str, Any]
    request_id: str
    tool: AnyTool | None = None
    devices: tuple[DeviceDomain, ...] = ()

    @property
    def declared(self) -> AnyTool:
        if self.tool is None:
            raise RuntimeError("the tool is not resolved yet")
        return self.tool

    def entry(self, result: AuditResult, *, error: RouterosMcpError | None = None) -> AuditEntry:
        single = self.devices[0] if len(self.devices) == 1 else None
        return AuditEntry(
            principal=self.principal,
            action=self._action(),
            tool_name=self.tool_name[:128],
            tool_tier=str(self.tool.tier) if self.tool else "unknown",
            result=result,
            device_id=single.id if single else None,
            environment=str(single.environment) if single else None,
            plan_id=self._named("plan_id"),
            job_id=self._named("job_id"),
            request_id=self.request_id,
            metadata=self._metadata(error),
            error_message=f"{error.code}: {error.message}" if error else None,
        )

    def _action(self) -> str:
        return self.tool.effect.upper() if self.tool else "UNKNOWN_TOOL"

    def _named(self, argument: str) -> str | None:
        value = self.arguments.get(argument)
        return value[:64] if isinstance(value, str) else None

    def _metadata(self, error: RouterosMcpError | None) -> dict[str, object]:
        held: dict[str, object] = {"arguments": redact_mapping(self.arguments)}
        if self.devices:
            held["devices"] = [device.name for device in self.devices[:_MOST_DEVICES]]
            held["device_ids"] = [device.id for device in self.devices[:_MOST_DEVICES]]
            held["device_count"] = len(self.devices)
        if error is not None:
            held["error_code"] = error.code
        return held
