"""The registry: which routers there are, and how to reach them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import Field

from routeros_mcp.domain.device_service import ConnectionTest, DeviceChanges, Registration
from routeros_mcp.domain.models import DeviceDomain, Effect, Environment, ProbeStage, Scope
from routeros_mcp.domain.models.capability import Has
from routeros_mcp.toolkit.spec import READS, Call, DeviceParams, Params, Result, Toolset, Traits
from routeros_mcp.tools.shapes import DeviceFact, counted, device_fields

INVENTORY = Toolset(name="inventory", description="The registry of routers.")
_ADMINISTERS = Traits(scope=Scope.ADMIN, effect=Effect.RECORD, idempotent=False)
_LEARNS = Traits(effect=Effect.RECORD)


class DeviceListParams(Params):
    devices: list[str] = Field(default=["all"], min_length=1, max_length=500)
    """Selector: names, ids, `tag:site=ams`, `env:lab`, `status:degraded`, `all`."""
    limit: int = Field(default=50, ge=1, le=500)
    cursor: str | None = Field(default=None, max_length=500)
    """next_cursor of the page before."""


class DeviceList(Result):
    devices: list[DeviceFact]
    by_status: dict[str, int]
    next_cursor: str | None = None

    def headline(self) -> str:
        more = "; more with next_cursor" if self.next_cursor else ""
        counts = ", ".join(f"{count} {status}" for status, count in self.by_status.items())
        return f"{counted(len(self.devices), 'device')} here{more}. In sight: {counts or 'none'}."


@INVENTORY.tool("List devices", READS)
async def device_list(call: Call, params: DeviceListParams) -> DeviceList:
    """List registered routers with status, version and newest health, by name. Use to find device names."""
    page = await call.services.devices.page(
        call.principal, params.devices, limit=params.limit, cursor=params.cursor
    )
    counts = await call.services.devices.count_by_status(call.principal)
    return DeviceList(
        devices=[DeviceFact.of(device) for device in page.items],
        by_status=dict(counts),
        next_cursor=page.next_cursor,
    )


class DeviceDetail(DeviceFact):
    system_identity: str | None = None
    serial_number: str | None = None
    software_id: str | None = None
    license_level: str | None = None
    allow_advanced_writes: bool
    allow_professional_workflows: bool
    certificate_sha256: str | None = None
    """Pinned on first use; another certificate is refused."""
    ssh_port: int | None = None
    ssh_host_key: str | None = None
    consecutive_failures: int = 0
    can: list[str] | None = None
    """What its version and hardware are known to have."""
    cannot: list[str] | None = None

    def headline(self) -> str:
        return f"{self.name} ({self.management_address}) is {self.status}."


@INVENTORY.tool("Get a device", READS)
async def device_get(call: Call, params: DeviceParams) -> DeviceDetail:
    """Show all that the registry knows of one router. Use routeros_read for its live configuration."""
    known = call.services.capabilities.known(call.device)
    return DeviceDetail(**_detail_fields(call.device), **_abilities(known))


class DeviceRegisterParams(Params):
    name: str = Field(min_length=1, max_length=255)
    address: str = Field(min_length=1, max_length=255)
    """host:port of the router's HTTPS REST service (www-ssl); port 443 when left out."""
    environment: Environment
    """Must be the service's own environment; never changes afterwards."""
    tags: dict[str, str] = Field(default_factory=dict, max_length=50)
    """Such as {"site": "ams"}."""
    ssh_port: int = Field(default=0, ge=0, le=65535)
    """Exports then go over SSH; 0: none."""
    login_profile: str | None = Field(default=None, max_length=64)
    """Name of a login that the operator has configured. Without it a person stores one in a terminal."""


class Registered(DeviceDetail):
    stages: list[dict[str, str | bool | float]] = []
    next_step: str = ""

    def headline(self) -> str:
        return f"{self.name} is registered and {self.status}. {self.next_step}".strip()


@INVENTORY.tool("Register a device", _ADMINISTERS, timeout_s=90)
async def device_register(call: Call, params: DeviceRegisterParams) -> Registered:
    """Add a router to the registry and test the way to it. Passwords are never arguments."""
    device = await call.services.devices.register(
        Registration(
            name=params.name,
            management_address=params.address,
            environment=params.environment,
            tags=params.tags,
            ssh_port=params.ssh_port,
            login_profile=params.login_profile,
        )
    )
    if params.login_profile is None:
        step = f"A person now stores its login in a terminal: routeros-mcp device login {device.name}."
        return Registered(**_detail_fields(device), next_step=step)
    test = await call.services.devices.test(device)
    return Registered(**_detail_fields(test.device), stages=_stages(test.stages), next_step=_advice(test))


class DeviceUpdateParams(DeviceParams):
    name: str | None = Field(default=None, max_length=255)
    address: str | None = Field(default=None, max_length=255)
    """A new address voids the certificate pin and the stored login."""
    ssh_port: int | None = Field(default=None, ge=0, le=65535)
    """As in device_register."""
    tags: dict[str, str | None] = Field(default_factory=dict, max_length=50)
    """Tags to set; null removes one."""


@INVENTORY.tool("Update a device", _ADMINISTERS)
async def device_update(call: Call, params: DeviceUpdateParams) -> DeviceDetail:
    """Rename, retag or move a registered router. What it may be changed by is set in a terminal only."""
    changes = DeviceChanges(
        name=params.name, management_address=params.address, tags=params.tags, ssh_port=params.ssh_port
    )
    saved = await call.services.devices.update(call.device, changes)
    return DeviceDetail(**_detail_fields(saved))


@INVENTORY.tool("Retire a device", _ADMINISTERS)
async def device_retire(call: Call, params: DeviceParams) -> DeviceDetail:
    """Decommission a router: no more contact, its login is voided, its history stays."""
    saved = await call.services.devices.retire(call.device)
    return DeviceDetail(**_detail_fields(saved))


class Tested(Result):
    device: str
    reachable: bool
    transport: str = "rest"
    stages: list[dict[str, str | bool | float]]
    """In order: address, dns, tcp, tls, pin, login, policy, read. The last one is where it ended."""
    ssh_stages: list[dict[str, str | bool | float]] = []
    routeros_version: str | None = None
    hardware_model: str | None = None
    system_identity: str | None = None
    can: list[str] | None = None
    """As in device_get."""
    cannot: list[str] | None = None

    def headline(self) -> str:
        if not self.reachable:
            return f"{self.device} fails at {_end_of(self.stages)}"
        what = f"{self.hardware_model}, RouterOS {self.routeros_version}."
        if self.ssh_stages and not self.ssh_stages[-1]["ok"]:
            return f"{self.device} answers over REST: {what} SSH fails at {_end_of(self.ssh_stages)}"
        over = "REST and SSH" if self.ssh_stages else "REST"
        return f"{self.device} answers over {over}: {what}"


@INVENTORY.tool("Test a device", _LEARNS, timeout_s=90)
async def device_test(call: Call, params: DeviceParams) -> Tested:
    """Try the way to a router stage by stage and say what to fix. Use when a router does not answer."""
    test = await call.services.devices.test(call.device)
    reachable = all(stage.ok for stage in test.of("rest"))
    found = await call.services.devices.abilities(test.device) if reachable else {}
    return Tested(
        **_abilities(found),
        device=test.device.name,
        reachable=reachable,
        stages=_stages(test.of("rest")),
        ssh_stages=_stages(test.of("ssh")),
        routeros_version=test.device.routeros_version,
        hardware_model=test.device.hardware_model,
        system_identity=test.device.system_identity,
    )


def _detail_fields(device: DeviceDomain) -> dict[str, Any]:
    return {
        **device_fields(device),
        "system_identity": device.system_identity,
        "serial_number": device.serial_number,
        "software_id": device.software_id,
        "license_level": device.license_level,
        "allow_advanced_writes": device.allow_advanced_writes,
        "allow_professional_workflows": device.allow_professional_workflows,
        "certificate_sha256": device.tls_fingerprint,
        "ssh_port": device.ssh_port,
        "ssh_host_key": device.ssh_host_key,
        "consecutive_failures": device.consecutive_failures,
    }


def _abilities(found: Mapping[str, Has]) -> dict[str, list[str]]:
    return {
        field: names
        for field, has in (("can", Has.YES), ("cannot", Has.NO))
        if (names := [name for name, told in found.items() if told is has])
    }


def _end_of(stages: Sequence[Mapping[str, object]]) -> str:
    last = stages[-1]
    return f"{last['stage']}: {last['detail']} {last['fix']}".strip()


def _stages(stages: Sequence[ProbeStage]) -> list[dict[str, str | bool | float]]:
    return [
        {
            "stage": stage.name,
            "ok": stage.ok,
            "detail": stage.detail,
            "fix": stage.fix,
            "duration_ms": round(stage.duration_ms, 1),
        }
        for stage in stages
    ]


def _advice(test: ConnectionTest) -> str:
    failed = next((stage for stage in test.stages if not stage.ok), None)
    return "" if failed is None else f"It fails at {failed.name}: {failed.fix}"
