"""Stored configuration texts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SnapshotDomain:
    """A configuration text at a moment.

    `data` is the compressed text, secrets already redacted. `metadata` holds size_bytes, checksum (of the
    normalised text: time stamps and volatile comments left out), codec, transport (rest or ssh), redacted,
    lines, and `fallback_reason` where another transport than the preferred one had to do.
    """

    id: str
    device_id: str
    timestamp: datetime
    kind: str
    data: bytes
    metadata: Mapping[str, object] = field(default_factory=dict)
    created_at: datetime | None = None
    updated_at: datetime | None = None
