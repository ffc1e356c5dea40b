"""Is a router well? Measures, judges by the thresholds, stores, and keeps the device's status."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from routeros_mcp.domain.connections import Connections
from routeros_mcp.domain.errors import BadAnswer, NoCredential, RouterosMcpError, RouterRefused
from routeros_mcp.domain.fanout import Outcome, fan_out
from routeros_mcp.domain.health_figures import Figures, judge, read_figures
from routeros_mcp.domain.models import (
    DeviceDomain,
    DeviceStatus,
    HealthBucket,
    HealthCheckDomain,
    HealthStatus,
    HealthThresholds,
)
from routeros_mcp.domain.models.plan import Row
from routeros_mcp.domain.pagination import Page
from routeros_mcp.domain.ports import Clock, Ids, Query, ReportProgress, RouterReader, Target, UnitOfWork
from routeros_mcp.domain.values import parse_duration

_RESOURCE = Query(path="/system/resource", insist=True)
_SENSORS = Query(path="/system/health")
_BATCH = 200
_AFTER_BOOT_S = 120
_SLACK_S = 15  # between a measurement and the moment it is stored under
_ALWAYS_THERE = frozenset({"uptime", "version", "cpu-load", "free-memory", "total-memory"})


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthPolicy:
    """How health is measured: all of it from settings."""

    thresholds: HealthThresholds
    reuse_s: float = 30.0
    unreachable_after: int = 3
    workers: int = 32
    timeout_s: float = 75.0


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthReading:
    """One device's result; `reused` when a fresh enough one was at hand."""

    device: DeviceDomain
    check: HealthCheckDomain
    reasons: tuple[str, ...] = ()
    reused: bool = False
    error: RouterosMcpError | None = None


class HealthService:
    def __init__(
        self,
        uow: UnitOfWork,
        router: RouterReader,
        connections: Connections,
        policy: HealthPolicy,
        clock: Clock,
        ids: Ids,
    ) -> None:
        self._uow = uow
        self._router = router
        self._connections = connections
        self._policy = policy
        self._clock = clock
        self._ids = ids
        self._locks: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._recent: dict[str, HealthReading] = {}

    async def check(self, devices: Sequence[DeviceDomain], progress: ReportProgress) -> list[HealthReading]:
        """Measure the devices side by side; each result is stored, one that is down costs its own time-out.

        A result younger than the reuse time is handed out again instead of asking the router twice.
        """
        targets = await self._connections.targets(devices)
        unsaved: list[HealthReading] = []
        readings: list[HealthReading] = []

        async def collect(
            outcome: Outcome[tuple[DeviceDomain, Target | NoCredential], HealthReading],
        ) -> None:
            reading = outcome.value or self._failed(outcome.item[0], outcome.error)
            readings.append(reading)
            await progress(len(readings), len(devices), f"{reading.device.name}: {reading.check.status}")
            if not reading.reused:
                unsaved.append(reading)
            if len(unsaved) >= _BATCH:
                await self._save(unsaved)

        await fan_out(
            list(zip(devices, targets, strict=True)),
            self._check_one,
            workers=self._policy.workers,
            timeout_s=self._policy.timeout_s,
            done=collect,
        )
        await self._save(unsaved)
        return sorted(readings, key=lambda reading: reading.device.name)

    async def disconnect(self, device: DeviceDomain) -> None:
        """Close the connection kept to the device; the next measurement opens a new one."""
        await self._router.forget(device.id)

    def now(self) -> datetime:
        return self._clock.now()

    async def history(self, device: DeviceDomain, *, since: datetime, span_s: int) -> Sequence[HealthBucket]:
        until = self._clock.now()
        async with self._uow.read() as tx:
            return await tx.health_checks.buckets(device.id, since=since, until=until, span_s=span_s)

    async def page(self, device: DeviceDomain, *, limit: int, cursor: str | None) -> Page[HealthCheckDomain]:
        async with self._uow.read() as tx:
            return await tx.health_checks.page(device.id, limit=limit, cursor=cursor)

    async def _check_one(self, item: tuple[DeviceDomain, Target | NoCredential]) -> HealthReading:
        device, target = item
        async with self._locks[device.id]:
            recent = self._recent.get(device.id)
            if recent and self._is_fresh(recent):
                return replace(recent, device=device, reused=True)
            reading = await self._measure(device, target)
            self._recent[device.id] = reading
            return reading

    def _is_fresh(self, reading: HealthReading) -> bool:
        age = self._clock.now() - reading.check.timestamp
        return timedelta() <= age < timedelta(seconds=self._policy.reuse_s) and reading.error is None

    async def _measure(self, device: DeviceDomain, target: Target | NoCredential) -> HealthReading:
        if isinstance(target, NoCredential):
            return self._failed(device, target)
        try:
            figures = read_figures(await self._resource(device, target), await self._sensors(target))
        except RouterosMcpError as error:
            return self._failed(device, error)
        status, reasons = judge(figures, self._policy.thresholds)
        if self._has_restarted(device, figures):
            status = HealthStatus.WARNING if status is HealthStatus.HEALTHY else status
            reasons = (*reasons, "restarted since the last check")
        check = self._checked(device, status, figures, None)
        after = self._reached(device, check, figures, "; ".join(reasons) or None)
        return HealthReading(device=after, check=check, reasons=reasons)

    async def _resource(self, device: DeviceDomain, target: Target) -> Row:
        """/system/resource, asked again once: soon after a boot a router may answer with another path's body.

        Raises:
            BadAnswer: the second answer is not to be believed either.
        """
        try:
            return _believed(device, await self._router.read(target, _RESOURCE))
        except BadAnswer:
            return _believed(device, await self._router.read(target, _RESOURCE))

    def _has_restarted(self, device: DeviceDomain, figures: Figures) -> bool:
        """It has been up for less time than passed since it was last seen, or for less than it had been."""
        before, seen_at = device.last_uptime_seconds, device.last_seen_at
        if before is None or seen_at is None or figures.uptime_s is None:
            return False
        elapsed_s = (self._clock.now() - seen_at).total_seconds()
        return figures.uptime_s < before or figures.uptime_s + _SLACK_S < elapsed_s

    async def _sensors(self, target: Target) -> Sequence[Row]:
        """Boards without sensors lack the menu: that is no failure."""
        try:
            return await self._router.read(target, _SENSORS)
        except RouterRefused:
            return ()

    def _checked(
        self, device: DeviceDomain, status: HealthStatus, figures: Figures, message: str | None
    ) -> HealthCheckDomain:
        return HealthCheckDomain(
            id=self._ids.new(),
            device_id=device.id,
            timestamp=self._clock.now(),
            status=status,
            cpu_usage_percent=figures.cpu_percent,
            memory_used_bytes=figures.memory_used,
            memory_total_bytes=figures.memory_total,
            disk_used_bytes=figures.disk_used,
            disk_total_bytes=figures.disk_total,
            temperature_celsius=figures.temperature,
            uptime_seconds=figures.uptime_s,
            error_message=message,
        )

    def _failed(self, device: DeviceDomain, error: RouterosMcpError | None) -> HealthReading:
        message = str(error) if error else "no answer"
        check = self._checked(device, HealthStatus.CRITICAL, Figures(), message)
        failures = device.consecutive_failures + 1
        down = failures >= self._policy.unreachable_after
        after = replace(
            device,
            status=DeviceStatus.UNREACHABLE if down else _worse(device.status),
            consecutive_failures=failures,
            last_health_status=HealthStatus.CRITICAL,
            last_health_at=check.timestamp,
            last_error_message=message,
        )
        return HealthReading(device=after, check=check, reasons=(message,), error=error)

    def _reached(
        self, device: DeviceDomain, check: HealthCheckDomain, figures: Figures, why: str | None
    ) -> DeviceDomain:
        well = check.status is HealthStatus.HEALTHY
        return replace(
            device,
            status=DeviceStatus.HEALTHY if well else DeviceStatus.DEGRADED,
            consecutive_failures=0,
            routeros_version=figures.version or device.routeros_version,
            last_seen_at=check.timestamp,
            last_health_status=check.status,
            last_health_at=check.timestamp,
            last_cpu_usage_percent=check.cpu_usage_percent,
            last_memory_usage_percent=check.memory_usage_percent,
            last_temperature_celsius=check.temperature_celsius,
            last_uptime_seconds=check.uptime_seconds,
            last_error_message=why,
        )

    async def _save(self, readings: list[HealthReading]) -> None:
        """Store the readings gathered so far and empty the list."""
        if not readings:
            return
        batch = list(readings)
        readings.clear()
        async with self._uow() as tx:
            await tx.devices.record_health([r.check for r in batch], [r.device for r in batch])


def _worse(status: DeviceStatus) -> DeviceStatus:
    """A first failure degrades; a device already out of reach, or never reached, stays what it is."""
    return DeviceStatus.DEGRADED if status is DeviceStatus.HEALTHY else status


def _believed(device: DeviceDomain, rows: Sequence[Row]) -> Row:
    """The row, unless it lacks what every router tells and may come from one that has just started.

    Raises:
        BadAnswer: it does.
    """
    row = rows[0] if rows else {}
    missing = sorted(_ALWAYS_THERE - row.keys())
    if missing and _is_fresh_boot(row.get("uptime", "")):
        raise BadAnswer(
            f"{device.name} gave a /system/resource without {missing[0]}.",
            fix="If it has just started, ask again in a minute; else check what answers at its address.",
        )
    return row


def _is_fresh_boot(uptime: str) -> bool:
    """Less than two minutes, or no uptime at all."""
    return not uptime or parse_duration(uptime).total_seconds() < _AFTER_BOOT_S
