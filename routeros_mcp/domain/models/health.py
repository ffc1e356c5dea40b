"""Health results and the thresholds that judge them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class HealthStatus(StrEnum):
    HEALTHY = "healthy"
    WARNING = "warning"
    CRITICAL = "critical"


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthThresholds:
    """One set for all devices; percentages of load, degrees Celsius, seconds of uptime."""

    cpu_warning: float = 80.0
    cpu_critical: float = 95.0
    memory_warning: float = 85.0
    memory_critical: float = 95.0
    disk_warning: float = 85.0
    disk_critical: float = 95.0
    temperature_warning: float = 70.0
    temperature_critical: float = 80.0
    uptime_warning_s: float = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthCheckDomain:
    """One measurement of one device; figures are None when the router does not report them.

    `error_message` says why there was no measurement; why a measured router is not well, its figures say.
    """

    id: str
    device_id: str
    timestamp: datetime
    status: HealthStatus
    cpu_usage_percent: float | None = None
    memory_used_bytes: int | None = None
    memory_total_bytes: int | None = None
    disk_used_bytes: int | None = None
    disk_total_bytes: int | None = None
    temperature_celsius: float | None = None
    uptime_seconds: int | None = None
    error_message: str | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None

    @property
    def memory_usage_percent(self) -> float | None:
        return _percent(self.memory_used_bytes, self.memory_total_bytes)

    @property
    def disk_usage_percent(self) -> float | None:
        return _percent(self.disk_used_bytes, self.disk_total_bytes)


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthBucket:
    """Figures of one device over one span of time; `start` is the span's beginning."""

    start: datetime
    checks: int
    failures: int
    cpu_min: float | None
    cpu_avg: float | None
    cpu_max: float | None
    cpu_p95: float | None
    memory_avg: float | None
    memory_max: float | None
    temperature_max: float | None


def _percent(used: int | None, total: int | None) -> float | None:
    return round(100.0 * used / total, 1) if used is not None and total else None
