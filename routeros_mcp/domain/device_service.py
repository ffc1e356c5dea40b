"""The registry of devices: who sees which, how one is added, changed, retired and tested."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from routeros_mcp.domain import validation
from routeros_mcp.domain.capabilities import Capabilities
from routeros_mcp.domain.connections import Connections
from routeros_mcp.domain.errors import DeviceError, InvalidParams, NotFound, RouterRefused
from routeros_mcp.domain.models import (
    CredentialKind,
    DeviceDomain,
    DeviceStatus,
    Environment,
    Login,
    Principal,
    ProbeStage,
    Selector,
)
from routeros_mcp.domain.models.capability import Has
from routeros_mcp.domain.models.plan import Row
from routeros_mcp.domain.pagination import Page, decode_cursor, encode_cursor
from routeros_mcp.domain.ports import (
    AddressGate,
    Clock,
    Ids,
    LoginProfiles,
    Query,
    RouterReader,
    Target,
    UnitOfWork,
)

_SSH_LOGINS = (CredentialKind.ROUTEROS_SSH, CredentialKind.ROUTEROS_SSH_KEY)
_FACT_MENUS = ("/system/resource", "/system/identity", "/system/routerboard", "/system/license")


@dataclass(frozen=True, slots=True, kw_only=True)
class Registration:
    """What is needed to add a router. Either a login itself (from a terminal) or the name of a profile."""

    name: str
    management_address: str
    environment: Environment
    tags: Mapping[str, str] = field(default_factory=dict)
    allow_advanced_writes: bool = False
    allow_professional_workflows: bool = False
    ssh_port: int = 0
    login: Login | None = None
    login_profile: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceChanges:
    """What to change of a registered device; None leaves it. Given tags replace those of the same key.

    An `ssh_port` of 0 takes the router's SSH out of use.
    """

    name: str | None = None
    management_address: str | None = None
    tags: Mapping[str, str | None] = field(default_factory=dict)
    allow_advanced_writes: bool | None = None
    allow_professional_workflows: bool | None = None
    forget_certificate: bool = False
    ssh_port: int | None = None
    forget_host_key: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionTest:
    """The way to a router, stage by stage, and the device as it is known afterwards."""

    device: DeviceDomain
    stages: tuple[ProbeStage, ...]

    @property
    def passed(self) -> bool:
        return all(stage.ok for stage in self.stages)

    def of(self, transport: str) -> tuple[ProbeStage, ...]:
        """The stages over one transport, in order; none where it was not tried."""
        return tuple(stage for stage in self.stages if stage.transport == transport)


@dataclass(frozen=True, slots=True, kw_only=True)
class RegistryPorts:
    """What the registry works with."""

    uow: UnitOfWork
    router: RouterReader
    gate: AddressGate
    profiles: LoginProfiles
    clock: Clock
    ids: Ids
    capabilities: Capabilities


class DeviceService:
    def __init__(
        self,
        ports: RegistryPorts,
        connections: Connections,
        *,
        environment: Environment,
        most_devices: int,
    ) -> None:
        self._ports = ports
        self._connections = connections
        self._environment = environment
        self._most_devices = most_devices

    # -- sight -------------------------------------------------------------------------------------------

    async def find(self, principal: Principal, word: str) -> DeviceDomain:
        """The one device with this name or id.

        Raises:
            NotFound: there is none within sight.
        """
        wanted = Selector(names=frozenset({word}))
        async with self._ports.uow.read() as tx:
            found = await tx.devices.select(wanted, principal.devices, limit=2)
        if not found:
            raise _not_found([word])
        return found[0]

    async def resolve(self, principal: Principal, words: Sequence[str]) -> Sequence[DeviceDomain]:
        """The devices that the selector means, ordered by name.

        Raises:
            NotFound: a named device is not within sight, or nothing matches.
            InvalidParams: more devices than one call may take.
        """
        wanted = Selector.parse(words)
        async with self._ports.uow.read() as tx:
            found = await tx.devices.select(wanted, principal.devices, limit=self._most_devices + 1)
        if len(found) > self._most_devices:
            raise InvalidParams(
                f"The selector means more than {self._most_devices} devices.",
                fix="Narrow it, for example by tag:site=… or status:degraded.",
            )
        known = {device.id for device in found} | {device.name for device in found}
        missing = sorted(wanted.names - known)
        if missing or not found:
            raise _not_found(missing or list(words))
        return found

    async def page(
        self, principal: Principal, words: Sequence[str], *, limit: int, cursor: str | None
    ) -> Page[DeviceDomain]:
        """Devices within sight by name; an empty selector result is an empty page, not an error."""
        after = _name_in(cursor) if cursor else None
        wanted = Selector.parse(words)
        async with self._ports.uow.read() as tx:
            found = await tx.devices.select(wanted, principal.devices, limit=limit + 1, after=after)
        more = len(found) > limit
        items = tuple(found[:limit])
        return Page(items=items, next_cursor=encode_cursor([items[-1].name]) if more else None)

    async def count_by_status(self, principal: Principal) -> Mapping[str, int]:
        async with self._ports.uow.read() as tx:
            return await tx.devices.count_by_status(principal.devices)

    # -- changes -----------------------------------------------------------------------------------------

    async def register(self, wanted: Registration) -> DeviceDomain:
        """Add a router; its address is resolved and judged before anything is stored.

        Raises:
            Conflict: the name is taken. Forbidden: another environment. AddressNotAllowed, InvalidParams.
        """
        device = DeviceDomain(
            id=self._ports.ids.new(),
            name=validation.device_name(wanted.name),
            management_address=validation.management_address(wanted.management_address),
            environment=wanted.environment,
            tags=validation.tags(wanted.tags),
            allow_advanced_writes=wanted.allow_advanced_writes,
            allow_professional_workflows=wanted.allow_professional_workflows,
            ssh_port=validation.ssh_port(wanted.ssh_port),
        )
        device.validate_environment_match(self._environment)
        login = self._login(wanted)
        await self._ports.gate.check(device.management_address)
        async with self._ports.uow() as tx:
            stored = await tx.devices.add(device)
            if login is not None:
                await self._connections.store_login(tx, device.id, login)
        return stored

    async def update(self, device: DeviceDomain, changes: DeviceChanges) -> DeviceDomain:
        """Change a device. A new address voids its pins and its logins, a new SSH port those of SSH.

        Otherwise whoever may edit a device could send its password to a host of their own.
        """
        changed = _changed(device, changes)
        moved = changed.management_address != device.management_address
        moved_ssh = moved or changed.ssh_port != device.ssh_port
        if moved:
            await self._ports.gate.check(changed.management_address)
        if moved or changes.forget_certificate:
            changed = replace(changed, tls_fingerprint=None)
        if moved_ssh or changes.forget_host_key:
            changed = replace(changed, ssh_host_key=None)
        async with self._ports.uow() as tx:
            saved = await tx.devices.save(changed)
            for kind in CredentialKind if moved else _SSH_LOGINS if moved_ssh else ():
                await tx.credentials.deactivate(device.id, kind)
        if moved_ssh or changes.forget_certificate or changes.forget_host_key:
            await self._forget(device)
        return saved

    async def set_login(
        self, device: DeviceDomain, login: Login, kind: CredentialKind = CredentialKind.ROUTEROS_REST
    ) -> None:
        """Store a login of its kind; one for SSH takes the place of the other for SSH."""
        async with self._ports.uow() as tx:
            for other in _SSH_LOGINS if kind in _SSH_LOGINS else ():
                await tx.credentials.deactivate(device.id, other)
            await self._connections.store_login(tx, device.id, login, kind)
        await self._forget(device)

    async def retire(self, device: DeviceDomain) -> DeviceDomain:
        """Decommission a device: its history stays, its logins are voided."""
        async with self._ports.uow() as tx:
            saved = await tx.devices.save(
                replace(device, status=DeviceStatus.DECOMMISSIONED, tls_fingerprint=None, ssh_host_key=None)
            )
            await tx.credentials.deactivate(device.id)
        await self._forget(device)
        return saved

    async def remove(self, device: DeviceDomain) -> None:
        """Delete a device with its logins, health and snapshots; its audit lines stay."""
        async with self._ports.uow() as tx:
            await tx.devices.delete(device.id)
        await self._forget(device)

    # -- the router --------------------------------------------------------------------------------------

    async def test(self, device: DeviceDomain) -> ConnectionTest:
        """Try the way to the router stage by stage; when it is open, learn the router's facts."""
        target = await self._connections.target(device)
        stages = tuple(await self._ports.router.probe(target))
        if not all(stage.ok for stage in stages if stage.transport == "rest"):
            return ConnectionTest(device=device, stages=stages)
        known = await self._learn(device)
        return ConnectionTest(device=known, stages=stages)

    async def abilities(self, device: DeviceDomain) -> Mapping[str, Has]:
        """What the router can do; it is asked for what its version does not tell."""
        target = await self._connections.target(device)
        try:
            return await self._ports.capabilities.all_of(target)
        except DeviceError:
            return self._ports.capabilities.known(device)

    async def _learn(self, device: DeviceDomain) -> DeviceDomain:
        async with self._ports.uow.read() as tx:
            current = await tx.devices.get(device.id)
        target = await self._connections.target(current)
        answers: dict[str, Row] = {}
        for path in _FACT_MENUS:
            rows = await self._read_if_there(target, path)
            answers[path] = rows[0] if rows else {}
        known = replace(_with_facts(current, answers), last_seen_at=self._ports.clock.now())
        async with self._ports.uow() as tx:
            return await tx.devices.save(known)

    async def _read_if_there(self, target: Target, path: str) -> Sequence[Row]:
        """Boards and CHR differ in their menus: what this router lacks is no fact of it."""
        try:
            return await self._ports.router.read(target, Query(path=path))
        except RouterRefused:
            return ()

    async def _forget(self, device: DeviceDomain) -> None:
        """What answers at its address may be another router from now on."""
        self._ports.capabilities.forget(device.id)
        await self._ports.router.forget(device.id)

    def _login(self, wanted: Registration) -> Login | None:
        if wanted.login_profile is None:
            return wanted.login
        found = self._ports.profiles.get(wanted.login_profile)
        if found is None:
            names = ", ".join(self._ports.profiles.names()) or "none"
            raise InvalidParams(
                f"There is no login profile {wanted.login_profile!r} (known: {names}).",
                fix="Leave it out and let a person store the login: routeros-mcp device login NAME.",
            )
        return found


def _not_found(words: Sequence[str]) -> NotFound:
    named = ", ".join(words[:10])
    return NotFound(f"No device matches {named}.", fix="Ask device_list for the names.")


def _name_in(cursor: str) -> str:
    match decode_cursor(cursor):
        case [str() as name]:
            return name
        case _:
            raise InvalidParams("The cursor is not one of ours.", fix="Pass next_cursor back unchanged.")


def _changed(device: DeviceDomain, changes: DeviceChanges) -> DeviceDomain:
    address, name = changes.management_address, changes.name
    tags = {key: value for key, value in {**device.tags, **changes.tags}.items() if value is not None}
    advanced, professional = changes.allow_advanced_writes, changes.allow_professional_workflows
    return replace(
        device,
        name=validation.device_name(name) if name is not None else device.name,
        management_address=(
            validation.management_address(address) if address is not None else device.management_address
        ),
        tags=validation.tags(tags),
        allow_advanced_writes=device.allow_advanced_writes if advanced is None else advanced,
        allow_professional_workflows=(
            device.allow_professional_workflows if professional is None else professional
        ),
        ssh_port=device.ssh_port if changes.ssh_port is None else validation.ssh_port(changes.ssh_port),
    )


def _with_facts(device: DeviceDomain, answers: Mapping[str, Row]) -> DeviceDomain:
    resource, board = answers["/system/resource"], answers["/system/routerboard"]
    status = DeviceStatus.HEALTHY if device.status is DeviceStatus.PENDING else device.status
    return replace(
        device,
        status=DeviceStatus.HEALTHY if status is DeviceStatus.UNREACHABLE else status,
        routeros_version=resource.get("version", device.routeros_version),
        hardware_model=board.get("model") or resource.get("board-name", device.hardware_model),
        serial_number=board.get("serial-number", device.serial_number),
        firmware_variant=board.get("firmware-type", device.firmware_variant),
        system_identity=answers["/system/identity"].get("name", device.system_identity),
        software_id=answers["/system/license"].get("software-id", device.software_id),
        license_level=answers["/system/license"].get("level")
        or answers["/system/license"].get("nlevel", device.license_level),
        consecutive_failures=0,
    )
