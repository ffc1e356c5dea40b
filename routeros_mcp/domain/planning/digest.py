"""One number for all that an approver sees: whatever changes it voids the approval."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime

from routeros_mcp.domain.models import Change, PlanApprovalDomain, PlanDomain

_SIGNED_OF_PLAN = (
    *(
        "id",
        "created_by",
        "tool_name",
        "summary",
        "device_ids",
        "risk",
        "risk_reasons",
        "digest",
        "expires_at",
    ),
)
_SIGNED_OF_APPROVAL = (
    *("id", "plan_id", "approver", "role", "digest", "policy_digest", "overrides"),
    *("approved_at", "expires_at"),
)


def canonical_json(value: object) -> bytes:
    """JSON with sorted keys and no spaces; dates in ISO 8601, mappings as objects, tuples as arrays."""
    return json.dumps(
        value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=_plain
    ).encode()


def digest_of(
    changes: Sequence[Change],
    pre_images: Mapping[str, Sequence[Mapping[str, object]]],
    options: Mapping[str, object],
) -> str:
    """SHA-256 in hex over changes, pre-images (whose keys are the targets) and options."""
    held = {
        "changes": [asdict(change) for change in changes],
        "pre_images": {device: list(images) for device, images in pre_images.items()},
        "options": options,
    }
    return hashlib.sha256(canonical_json(held)).hexdigest()


def approval_message(plan: PlanDomain, approval: PlanApprovalDomain) -> bytes:
    """What an approval's mac covers: altered in the database, or beside another plan, it is worth nothing.

    Of the plan all that never changes, of the approval all but its use. Its id is good for one approval only.
    """
    return canonical_json(
        {
            "v": 2,
            "plan": {name: getattr(plan, name) for name in _SIGNED_OF_PLAN},
            "approval": {name: getattr(approval, name) for name in _SIGNED_OF_APPROVAL},
        }
    )


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"no canonical form for {type(value).__name__}")
