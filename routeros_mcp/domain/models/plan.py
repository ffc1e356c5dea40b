"""Plans: what shall change on which router, and how far each change has got."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

Row = Mapping[str, str]
"""One RouterOS row as the router wrote it: every value a string, an unset property absent."""


class ChangeOp(StrEnum):
    ADD = "add"
    SET = "set"
    REMOVE = "remove"
    MOVE = "move"
    UNSET = "unset"
    COMMAND = "command"


class Risk(StrEnum):
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    EXTREME = "extreme"

    @property
    def rank(self) -> int:
        return list(Risk).index(self)


class PlanStatus(StrEnum):
    DRAFT = "draft"
    SUBMITTED = "submitted"
    APPROVED = "approved"
    APPLYING = "applying"
    APPLIED = "applied"
    REJECTED = "rejected"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    HALTED = "halted"
    FAILED = "failed"
    PARTIALLY_APPLIED = "partially_applied"
    ROLLING_BACK = "rolling_back"
    ROLLED_BACK = "rolled_back"


class StepState(StrEnum):
    """How far a change has got on one router; the same words for a device and for one of its steps."""

    PLANNED = "planned"
    ARMED = "armed"
    INTENT = "intent"
    SENT = "sent"
    ACKED = "acked"
    UNKNOWN = "unknown"
    VERIFIED = "verified"
    CONFIRMED = "confirmed"
    NOT_APPLIED = "not_applied"
    DRIFTED = "drifted"
    CONFLICT = "conflict"
    ROLLED_BACK = "rolled_back"
    ROLLBACK_FAILED = "rollback_failed"
    NEEDS_HUMAN = "needs_human"
    ABANDONED = "abandoned"
    """A person has given the device up: nobody says what its rows are."""


class StepDirection(StrEnum):
    APPLY = "apply"
    ROLLBACK = "rollback"


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One operation on one row of one router.

    `key` names the row: properties and values, empty for a singleton or an add. `before` and `after` hold the
    properties that change; None stands for an unset one. `before` is None for an add, `after` for a remove.
    `position` names, in an ordered menu, the row before which an added or moved row goes or a removed one
    stood (None: at the end); `origin` the row before which a moved one stood. Rows are named as they are when
    the change's turn has come, never by `.id`: routers give rows other ids after a restart.
    """

    device_id: str
    op: ChangeOp
    path: str
    key: Mapping[str, str] = field(default_factory=dict)
    before: Mapping[str, str | None] | None = None
    after: Mapping[str, str | None] | None = None
    position: Mapping[str, str] | None = None
    origin: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanDomain:
    """An immutable intent with its life around it.

    `digest` covers changes, pre-images, targets and options; approvals are bound to it. What stands here of
    the approval (`approved_*`, `approval_*`) sums up the approvals themselves, which alone count.
    """

    id: str
    created_by: str
    tool_name: str
    status: PlanStatus = PlanStatus.DRAFT
    device_ids: tuple[str, ...] = ()
    summary: str = ""
    changes: tuple[Change, ...] = ()
    risk: Risk = Risk.LOW
    risk_reasons: tuple[str, ...] = ()
    digest: str = ""
    options: Mapping[str, object] = field(default_factory=dict)
    expires_at: datetime | None = None
    approved_by: str | None = None
    approved_at: datetime | None = None
    approval_expires_at: datetime | None = None
    approval_consumed_at: datetime | None = None
    decision_reason: str | None = None
    error_message: str | None = None
    version: int = 1
    created_at: datetime | None = None
    updated_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanDeviceDomain:
    """One router's share of a plan.

    `pre_image` holds, per touched row, what the router had when the plan was made: the drift check compares
    against it and the rollback restores it. `wave` counts from one and is told when the plan is first carried
    out; `baseline` is what the router was measured by before its first write, `gate` how it compared
    afterwards (None: not measured).
    """

    id: str
    plan_id: str
    device_id: str
    position: int
    state: StepState = StepState.PLANNED
    pre_image: tuple[Mapping[str, object], ...] = ()
    wave: int | None = None
    baseline: Mapping[str, object] | None = None
    gate: Mapping[str, object] | None = None
    job_id: str | None = None
    error_code: str | None = None
    error_message: str | None = None
    started_at: datetime | None = None
    finished_at: datetime | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanStepDomain:
    """The journal of one change on one router: the intent is stored before the first byte is sent.

    `item_id` is the id that the router gave then, for people who look; nothing is found by it.
    """

    id: str
    plan_id: str
    device_id: str
    sequence: int
    direction: StepDirection
    change: Change
    state: StepState
    item_id: str | None = None
    intent_at: datetime | None = None
    settled_at: datetime | None = None
    error_code: str | None = None
    error_message: str | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None
