"""Managed routers and what may be done to them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from routeros_mcp.domain.errors import Forbidden


class Environment(StrEnum):
    LAB = "lab"
    STAGING = "staging"
    PROD = "prod"


class DeviceStatus(StrEnum):
    PENDING = "pending"
    """Registered, never reached."""
    HEALTHY = "healthy"
    DEGRADED = "degraded"
    UNREACHABLE = "unreachable"
    DECOMMISSIONED = "decommissioned"


class Tier(StrEnum):
    """Blast radius of a tool: a read, one low-risk change, or everything that needs a plan."""

    FUNDAMENTAL = "fundamental"
    ADVANCED = "advanced"
    PROFESSIONAL = "professional"


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceHealth:
    """The newest health result, kept beside the device so that lists need not ask the history."""

    status: str
    checked_at: datetime
    cpu_usage_percent: float | None = None
    memory_usage_percent: float | None = None
    temperature_celsius: float | None = None
    uptime_seconds: int | None = None
    error_message: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceDomain:
    """A managed router as the registry knows it; mirrors table `devices` column by column.

    `management_address` is `host:port` of REST; `ssh_port` is None where SSH is not to be used. `version`
    counts saves: a save from a stale read is refused.
    """

    id: str
    name: str
    management_address: str
    environment: Environment
    status: DeviceStatus = DeviceStatus.PENDING
    tags: Mapping[str, str] = field(default_factory=dict)
    allow_advanced_writes: bool = False
    allow_professional_workflows: bool = False
    routeros_version: str | None = None
    system_identity: str | None = None
    hardware_model: str | None = None
    serial_number: str | None = None
    software_id: str | None = None
    firmware_variant: str | None = None
    license_level: str | None = None
    last_seen_at: datetime | None = None
    tls_fingerprint: str | None = None
    ssh_port: int | None = None
    ssh_host_key: str | None = None
    consecutive_failures: int = 0
    last_health_status: str | None = None
    last_health_at: datetime | None = None
    last_cpu_usage_percent: float | None = None
    last_memory_usage_percent: float | None = None
    last_temperature_celsius: float | None = None
    last_uptime_seconds: int | None = None
    last_error_message: str | None = None
    version: int = 1
    created_at: datetime | None = None
    updated_at: datetime | None = None

    def is_reachable(self) -> bool:
        """Whether the last contact succeeded; a device never contacted is not reachable."""
        return self.status in {DeviceStatus.HEALTHY, DeviceStatus.DEGRADED}

    def is_retired(self) -> bool:
        return self.status is DeviceStatus.DECOMMISSIONED

    def can_execute_tier(self, tier: Tier | str) -> bool:
        """Whether the device's own flags allow calls of this tier; an unknown tier is never allowed."""
        match tier:
            case Tier.FUNDAMENTAL:
                return True
            case Tier.ADVANCED:
                return self.allow_advanced_writes
            case Tier.PROFESSIONAL:
                return self.allow_professional_workflows
            case _:
                return False

    def validate_environment_match(self, service_environment: Environment | str) -> None:
        """Refuse a device of another environment than the service's.

        Raises:
            Forbidden: the two differ.
        """
        if str(self.environment) != str(service_environment):
            msg = f"device {self.name} is {self.environment}, this service runs as {service_environment}."
            raise Forbidden(msg, fix="Use the service of the device's own environment.")
