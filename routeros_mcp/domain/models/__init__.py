"""The records of the product: frozen dataclasses, one definition of each fact."""

from routeros_mcp.domain.models.access import (
    SCOPES_OF_ROLE,
    Effect,
    Principal,
    Role,
    Scope,
    UserDomain,
)
from routeros_mcp.domain.models.approval import PlanApprovalDomain
from routeros_mcp.domain.models.audit import AuditEventDomain, AuditResult
from routeros_mcp.domain.models.credential import CredentialDomain, CredentialKind, Login, Secret
from routeros_mcp.domain.models.device import (
    DeviceDomain,
    DeviceHealth,
    DeviceStatus,
    Environment,
    Tier,
)
from routeros_mcp.domain.models.health import HealthBucket, HealthCheckDomain, HealthStatus, HealthThresholds
from routeros_mcp.domain.models.job import JobDomain, JobStatus, JobType
from routeros_mcp.domain.models.menu import InspectedMenu, MenuKind, MenuSpec, PropertySpec, ValueType
from routeros_mcp.domain.models.plan import (
    Change,
    ChangeOp,
    PlanDeviceDomain,
    PlanDomain,
    PlanStatus,
    PlanStepDomain,
    Risk,
    StepDirection,
    StepState,
)
from routeros_mcp.domain.models.selector import Selector
from routeros_mcp.domain.models.snapshot import SnapshotDomain
from routeros_mcp.domain.models.transport import ExportText, ProbeStage, SshAccess

__all__ = [
    "SCOPES_OF_ROLE",
    "AuditEventDomain",
    "AuditResult",
    "Change",
    "ChangeOp",
    "CredentialDomain",
    "CredentialKind",
    "DeviceDomain",
    "DeviceHealth",
    "DeviceStatus",
    "Effect",
    "Environment",
    "ExportText",
    "HealthBucket",
    "HealthCheckDomain",
    "HealthStatus",
    "HealthThresholds",
    "InspectedMenu",
    "JobDomain",
    "JobStatus",
    "JobType",
    "Login",
    "MenuKind",
    "MenuSpec",
    "PlanApprovalDomain",
    "PlanDeviceDomain",
    "PlanDomain",
    "PlanStatus",
    "PlanStepDomain",
    "Principal",
    "ProbeStage",
    "PropertySpec",
    "Risk",
    "Role",
    "Scope",
    "Secret",
    "Selector",
    "SnapshotDomain",
    "SshAccess",
    "StepDirection",
    "StepState",
    "Tier",
    "UserDomain",
    "ValueType",
]
