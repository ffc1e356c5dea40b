"""Records in, records out: one repository per table."""

from routeros_mcp.infra.db.repositories.audit import AuditEventRepository
from routeros_mcp.infra.db.repositories.devices import DeviceRepository
from routeros_mcp.infra.db.repositories.history import (
    CredentialRepository,
    HealthCheckRepository,
    SnapshotRepository,
)
from routeros_mcp.infra.db.repositories.plans import JobRepository, PlanRepository
from routeros_mcp.infra.db.repositories.users import UserRepository
from routeros_mcp.infra.db.repositories.work import LeaseRepository, WorkerRepository

__all__ = [
    "AuditEventRepository",
    "CredentialRepository",
    "DeviceRepository",
    "HealthCheckRepository",
    "JobRepository",
    "LeaseRepository",
    "PlanRepository",
    "SnapshotRepository",
    "UserRepository",
    "WorkerRepository",
]
