"""Approvals of plans: who agreed to exactly what, until when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanApprovalDomain:
    """One person's approval of one plan, good once and for a short time.

    `mac` covers all of it and what does not change of the plan; `consumed_at` alone is written later, and an
    approval that has one is worth nothing. `overrides` names the devices that the approver agreed to cut the
    manager off from.
    """

    id: str
    plan_id: str
    approver: str
    role: str
    digest: str
    policy_digest: str
    approved_at: datetime
    expires_at: datetime
    overrides: tuple[str, ...] = ()
    mac: str = ""
    consumed_at: datetime | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None
