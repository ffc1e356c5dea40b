"""Health: measured now, or as it was."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Literal

from pydantic import Field

from routeros_mcp.domain.health_service import HealthReading
from routeros_mcp.domain.models import Effect, HealthBucket
from routeros_mcp.domain.values import clean_text
from routeros_mcp.toolkit.spec import READS, Call, DeviceParams, DevicesParams, Result, Toolset, Traits
from routeros_mcp.tools.shapes import counted

HEALTH = Toolset(name="health", description="Is a router well?")
_MEASURES = Traits(effect=Effect.RECORD)
_SPANS = {"minute": 60, "hour": 3_600, "day": 86_400}


class HealthRow(Result):
    device: str
    status: str
    device_status: str
    reasons: list[str] = []
    cpu_percent: float | None = None
    memory_percent: float | None = None
    disk_percent: float | None = None
    temperature_celsius: float | None = None
    uptime_s: int | None = None
    checked_at: str
    reused: bool | None = None
    """True when a result younger than 30 s was handed out instead of measuring again."""
    error_code: str | None = None


class HealthReport(Result):
    by_status: dict[str, int]
    devices: list[HealthRow]

    def headline(self) -> str:
        counts = ", ".join(f"{count} {status}" for status, count in self.by_status.items())
        return f"{counted(len(self.devices), 'device')} checked: {counts}."


@HEALTH.tool("Check health", _MEASURES, timeout_s=300)
async def health_check(call: Call, params: DevicesParams) -> HealthReport:
    """Measure CPU, memory, disk, temperature and uptime of routers now, judge and store. Worst first."""
    readings = await call.services.health.check(call.devices, call.progress)
    rows = [_row(reading) for reading in readings]
    order = {"critical": 0, "warning": 1, "healthy": 2}
    rows.sort(key=lambda row: (order[row.status], row.device))
    counts = {status: sum(1 for row in rows if row.status == status) for status in order}
    return HealthReport(by_status={s: c for s, c in counts.items() if c}, devices=rows)


class HistoryParams(DeviceParams):
    hours: float = Field(default=24.0, gt=0, le=24 * 90)
    """How far back."""
    bucket: Literal["minute", "hour", "day"] = "hour"
    limit: int = Field(default=100, ge=1, le=1500)
    """Newest buckets kept."""


class History(Result):
    device: str
    bucket: str
    buckets: list[dict[str, Any]]
    """Oldest first: start, checks, failures, cpu min/avg/max/p95, memory avg/max, temperature max."""
    left_out: int = 0

    def headline(self) -> str:
        shown = counted(len(self.buckets), f"{self.bucket} bucket")
        return f"{self.device}: {shown}, {self.left_out} older left out."


@HEALTH.tool("Health history", READS)
async def health_history(call: Call, params: HistoryParams) -> History:
    """Show a router's stored health over time in buckets. Use to see since when something is wrong."""
    since = call.services.health.now() - timedelta(hours=params.hours)
    buckets = await call.services.health.history(call.device, since=since, span_s=_SPANS[params.bucket])
    kept = list(buckets)[-params.limit :]
    return History(
        device=call.device.name,
        bucket=params.bucket,
        buckets=[_bucket(bucket) for bucket in kept],
        left_out=len(buckets) - len(kept),
    )


def _row(reading: HealthReading) -> HealthRow:
    check = reading.check
    return HealthRow(
        device=reading.device.name,
        status=str(check.status),
        device_status=str(reading.device.status),
        reasons=[clean_text(reason) for reason in reading.reasons],
        cpu_percent=check.cpu_usage_percent,
        memory_percent=check.memory_usage_percent,
        disk_percent=check.disk_usage_percent,
        temperature_celsius=check.temperature_celsius,
        uptime_s=check.uptime_seconds,
        checked_at=check.timestamp.isoformat(),
        reused=reading.reused or None,
        error_code=reading.error.code if reading.error else None,
    )


def _bucket(bucket: HealthBucket) -> dict[str, Any]:
    held: dict[str, Any] = {
        "start": bucket.start.isoformat(),
        "checks": bucket.checks,
        "failures": bucket.failures,
        "cpu_min": bucket.cpu_min,
        "cpu_avg": bucket.cpu_avg,
        "cpu_max": bucket.cpu_max,
        "cpu_p95": bucket.cpu_p95,
        "memory_avg": bucket.memory_avg,
        "memory_max": bucket.memory_max,
        "temperature_max": bucket.temperature_max,
    }
    return {
        name: round(value, 1) if isinstance(value, float) else value
        for name, value in held.items()
        if value is not None
    }
