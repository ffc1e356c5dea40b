"""The services that a tool may use, built once by the composition root."""

from __future__ import annotations

from dataclasses import dataclass

from routeros_mcp.domain.audit_service import AuditService
from routeros_mcp.domain.capabilities import Capabilities
from routeros_mcp.domain.device_service import DeviceService
from routeros_mcp.domain.diagnostics_service import DiagnosticsService
from routeros_mcp.domain.health_service import HealthService
from routeros_mcp.domain.job_service import JobService
from routeros_mcp.domain.log_service import LogService
from routeros_mcp.domain.menu_service import MenuService
from routeros_mcp.domain.plans.deciding import Approvals
from routeros_mcp.domain.plans.making import PlanService
from routeros_mcp.domain.plans.resolving import Resolutions
from routeros_mcp.domain.plans.restoring import Restoration
from routeros_mcp.domain.plans.running import Rollouts
from routeros_mcp.domain.plans.sweeping import GuardSweep
from routeros_mcp.domain.plans.sweeps import Sweeps
from routeros_mcp.domain.rate_service import RateService
from routeros_mcp.domain.snapshot_service import SnapshotService
from routeros_mcp.domain.user_service import UserService
from routeros_mcp.domain.watch_service import WatchService
from routeros_mcp.domain.wireless_service import WirelessService


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    audit: AuditService
    devices: DeviceService
    menus: MenuService
    diagnostics: DiagnosticsService
    health: HealthService
    logs: LogService
    rates: RateService
    snapshots: SnapshotService
    plans: PlanService
    approvals: Approvals
    rollouts: Rollouts
    resolutions: Resolutions
    restoration: Restoration
    sweep: GuardSweep
    sweeps: Sweeps
    jobs: JobService
    watches: WatchService
    users: UserService
    capabilities: Capabilities
    wireless: WirelessService
