"""Who did what, when, to which device, and how it ended. Append only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class AuditResult(StrEnum):
    SUCCESS = "SUCCESS"
    FAILURE = "FAILURE"
    ATTEMPT = "ATTEMPT"
    """Written before a change is tried; its outcome follows under the same request id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEventDomain:
    """One line of the trail. `sequence`, `previous_mac` and `mac` chain the lines; the writer fills them."""

    id: str
    timestamp: datetime
    user_sub: str
    user_role: str
    action: str
    tool_name: str
    tool_tier: str
    result: AuditResult
    user_email: str | None = None
    device_id: str | None = None
    environment: str | None = None
    plan_id: str | None = None
    job_id: str | None = None
    request_id: str | None = None
    metadata: Mapping[str, object] = field(default_factory=dict)
    error_message: str | None = None
    sequence: int = 0
    previous_mac: str = ""
    mac: str = ""
    created_at: datetime | None = None
    updated_at: datetime | None = None
