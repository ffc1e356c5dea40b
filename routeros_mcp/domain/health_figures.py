"""From a router's own words to figures, and from figures to a verdict."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from routeros_mcp.domain.errors import WireError
from routeros_mcp.domain.models import HealthStatus, HealthThresholds
from routeros_mcp.domain.models.plan import Row
from routeros_mcp.domain.values import parse_duration

_TEMPERATURE_NAMES = ("cpu-temperature", "temperature", "board-temperature1", "switch-temperature")

_UNITS = {
    "temperature": "C", "voltage": "V", "current": "A", "power": "W", "fan-on": "", "fan-switch": "",
    "state": "", "fan": "RPM",
}  # fmt: skip
"""By a part of the sensor's name, the first that fits. Source: vendor's manual, health."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What a router says of itself; None where it does not. Bytes, percent, degrees Celsius, seconds."""

    cpu_percent: float | None = None
    memory_total: int | None = None
    memory_free: int | None = None
    disk_total: int | None = None
    disk_free: int | None = None
    temperature: float | None = None
    uptime_s: int | None = None
    version: str | None = None

    @property
    def memory_used(self) -> int | None:
        return _used(self.memory_total, self.memory_free)

    @property
    def disk_used(self) -> int | None:
        return _used(self.disk_total, self.disk_free)


def read_figures(resource: Row, sensors: Sequence[Row]) -> Figures:
    """Read /system/resource and /system/health.

    The health menu is one object on x86 and a list of name, type and value on boards; values may be words.

    Raises:
        WireError: a figure of /system/resource that does not read as one.
    """
    uptime = resource.get("uptime")
    return Figures(
        cpu_percent=_number(resource, "cpu-load"),
        memory_total=_integer(resource, "total-memory"),
        memory_free=_integer(resource, "free-memory"),
        disk_total=_integer(resource, "total-hdd-space"),
        disk_free=_integer(resource, "free-hdd-space"),
        temperature=_temperature(sensors),
        uptime_s=int(parse_duration(uptime).total_seconds()) if uptime else None,
        version=resource.get("version"),
    )


def judge(figures: Figures, limits: HealthThresholds) -> tuple[HealthStatus, tuple[str, ...]]:
    """The verdict and what led to it, worst first."""
    findings = [
        *_above("cpu", figures.cpu_percent, limits.cpu_warning, limits.cpu_critical, "%"),
        *_above("memory", _percent(figures.memory_used, figures.memory_total),
                limits.memory_warning, limits.memory_critical, "%"),
        *_above("disk", _percent(figures.disk_used, figures.disk_total),
                limits.disk_warning, limits.disk_critical, "%"),
        *_above("temperature", figures.temperature,
                limits.temperature_warning, limits.temperature_critical, " °C"),
    ]  # fmt: skip
    if figures.uptime_s is not None and figures.uptime_s < limits.uptime_warning_s:
        findings.append((HealthStatus.WARNING, f"up for only {figures.uptime_s} s"))
    findings.sort(key=lambda finding: finding[0] is not HealthStatus.CRITICAL)
    worst = findings[0][0] if findings else HealthStatus.HEALTHY
    return worst, tuple(text for _, text in findings)


def _above(
    name: str, value: float | None, warning: float, critical: float, unit: str
) -> list[tuple[HealthStatus, str]]:
    if value is None or value < warning:
        return []
    if value >= critical:
        return [(HealthStatus.CRITICAL, f"{name} at {value:g}{unit} (critical from {critical:g}{unit})")]
    return [(HealthStatus.WARNING, f"{name} at {value:g}{unit} (warning from {warning:g}{unit})")]


def sensor_rows(rows: Sequence[Row]) -> list[dict[str, str]]:
    """Sensors as rows of name, type and value, also of a router that shows one object.

    `type` is the unit: C, V, A, W, RPM, or "" for a state in words.
    """
    listed = [dict(row) for row in rows if "name" in row]
    single = [(name, value) for row in rows if "name" not in row for name, value in row.items()]
    return listed + [
        {"name": name, "type": _unit_of(name), "value": value}
        for name, value in single
        if not name.startswith(".")
    ]


def _unit_of(name: str) -> str:
    return next((unit for part, unit in _UNITS.items() if part in name), "")


def _temperature(sensors: Sequence[Row]) -> float | None:
    values = {row["name"]: row.get("value", "") for row in sensor_rows(sensors)}
    for name in _TEMPERATURE_NAMES:
        try:
            return _finite(values[name])
        except (KeyError, ValueError):
            continue
    return None


def _finite(text: str) -> float:
    """A number that can be counted with: `nan` and `inf` are words like any other."""
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(text)
    return value


def _integer(row: Row, name: str) -> int | None:
    value = _number(row, name)
    return None if value is None else int(value)


def _number(row: Row, name: str) -> float | None:
    text = row.get(name)
    if text is None:
        return None
    try:
        return _finite(text.removesuffix("%"))
    except ValueError as error:
        raise WireError(
            f"/system/resource says {name}={text[:40]!r}, which is no number.",
            fix="Read the menu with routeros_read; report the value if it is right on the router.",
        ) from error


def _used(total: int | None, free: int | None) -> int | None:
    return total - free if total is not None and free is not None else None


def _percent(used: int | None, total: int | None) -> float | None:
    return round(100.0 * used / total, 1) if used is not None and total else None
