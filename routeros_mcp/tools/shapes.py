"""Parts that the results of several tools share."""

from __future__ import annotations

from typing import Any, Self

from routeros_mcp.domain.errors import RouterosMcpError
from routeros_mcp.domain.models import DeviceDomain
from routeros_mcp.domain.values import clean_text
from routeros_mcp.toolkit.spec import Result


class DeviceFact(Result):
    """A device as lists show it."""

    id: str
    name: str
    management_address: str
    environment: str
    status: str
    tags: dict[str, str]
    routeros_version: str | None = None
    hardware_model: str | None = None
    last_seen_at: str | None = None
    health: dict[str, Any] | None = None
    """Newest result: status, checked_at, cpu, memory, temperature, uptime, error."""

    @classmethod
    def of(cls, device: DeviceDomain) -> Self:
        return cls(**device_fields(device))


class Failed(Result):
    """A device that gave no answer."""

    device: str
    code: str
    message: str
    fix: str = ""

    @classmethod
    def of(cls, device: str, error: RouterosMcpError) -> Self:
        return cls(device=device, code=error.code, message=error.message, fix=error.fix)


def device_fields(device: DeviceDomain) -> dict[str, Any]:
    return {
        "id": device.id,
        "name": device.name,
        "management_address": device.management_address,
        "environment": str(device.environment),
        "status": str(device.status),
        "tags": dict(device.tags),
        "routeros_version": device.routeros_version,
        "hardware_model": device.hardware_model,
        "last_seen_at": device.last_seen_at.isoformat() if device.last_seen_at else None,
        "health": health_fields(device),
    }


def health_fields(device: DeviceDomain) -> dict[str, Any] | None:
    if device.last_health_at is None:
        return None
    held = {
        "status": device.last_health_status,
        "checked_at": device.last_health_at.isoformat(),
        "cpu_percent": device.last_cpu_usage_percent,
        "memory_percent": device.last_memory_usage_percent,
        "temperature_celsius": device.last_temperature_celsius,
        "uptime_s": device.last_uptime_seconds,
        "error": clean_text(device.last_error_message) if device.last_error_message else None,
    }
    return {name: value for name, value in held.items() if value is not None}


def counted(count: int, noun: str) -> str:
    """`1 device`, `2 devices`."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
