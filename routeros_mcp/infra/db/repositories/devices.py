"""The device registry."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, bindparam, exists, func, insert, select, update
from sqlalchemy.orm import InstrumentedAttribute

from routeros_mcp.domain.models import DeviceDomain, DeviceStatus, HealthCheckDomain, Selector
from routeros_mcp.infra.db.mapping import to_record, to_values
from routeros_mcp.infra.db.models import Base, Device
from routeros_mcp.infra.db.repositories.base import VersionedRepository
from routeros_mcp.infra.db.repositories.selection import matches, not_retired_unless_asked

_TOLD_BY_HEALTH = (
    "status",
    "consecutive_failures",
    "routeros_version",
    "system_identity",
    "hardware_model",
    "serial_number",
    "software_id",
    "firmware_variant",
    "license_level",
    "last_seen_at",
    "last_health_status",
    "last_health_at",
    "last_cpu_usage_percent",
    "last_memory_usage_percent",
    "last_temperature_celsius",
    "last_uptime_seconds",
    "last_error_message",
)
_NEW_ID, _OWNER = "new_id", "owner_id"


class DeviceRepository(VersionedRepository[DeviceDomain]):
    """Implements `ports.Devices`. Scripts may also hand in `Device` rows."""

    row, record, noun, order = Device, DeviceDomain, "device", "name"
    taken = (("name", "A device named {0.name} exists already."),)

    async def add(self, entity: DeviceDomain | Device) -> DeviceDomain:
        if isinstance(entity, Device):
            self._session.add(entity)
            return await self._flushed(entity)
        return await super().add(entity)

    async def save(self, entity: DeviceDomain | Device) -> DeviceDomain:
        if isinstance(entity, Device):
            return await self._flushed(await self._session.merge(entity))
        return await super().save(entity)

    async def _flushed(self, row: Device) -> DeviceDomain:
        with self._conflicts(row):
            await self._session.flush()
        await self._session.refresh(row)
        return to_record(row, DeviceDomain)

    async def get_by_name(self, name: str) -> DeviceDomain | None:
        return await self._first(self._select().where(Device.name == name))

    async def select(
        self, wanted: Selector, within: Selector, *, limit: int, after: str | None = None
    ) -> Sequence[DeviceDomain]:
        """Devices that both selectors match, ordered by name, from the one after the name `after`."""
        statement = self._select().where(
            self._matches(wanted), self._matches(within), not_retired_unless_asked(wanted)
        )
        if after is not None:
            statement = statement.where(Device.name > after)
        return await self._all(statement.order_by(Device.name).limit(limit))

    async def count_by_status(self, within: Selector) -> Mapping[str, int]:
        statement = (
            select(Device.status, func.count().label("devices"))
            .where(self._matches(within))
            .group_by(Device.status)
        )
        return {row.status: row.devices for row in await self._session.execute(statement)}

    async def record_health(
        self, results: Sequence[HealthCheckDomain], devices: Sequence[DeviceDomain]
    ) -> None:
        """Insert results and bring devices up to date: one statement each, whatever their number.

        Devices that were removed or retired meanwhile are passed over; one of them must not spoil the batch.
        """
        connection = await self._session.connection()
        if results:
            await connection.execute(*_insertion(results))
        if devices:
            await connection.execute(*_refresh(devices))

    async def pin_certificate(self, device_id: str, fingerprint: str) -> bool:
        """Store the fingerprint if none is stored yet.

        It counts as an edit: a save from before would otherwise undo the pin without a word.
        """
        return await self._pin(device_id, Device.tls_fingerprint, fingerprint)

    async def pin_host_key(self, device_id: str, fingerprint: str) -> bool:
        """Store the fingerprint of the SSH host key if none is stored yet, as an edit too."""
        return await self._pin(device_id, Device.ssh_host_key, fingerprint)

    async def _pin(self, device_id: str, pin: InstrumentedAttribute[str | None], fingerprint: str) -> bool:
        statement = (
            update(Device)
            .where(Device.id == device_id, pin.is_(None))
            .values({pin: fingerprint, Device.version: Device.version + 1})
            .returning(Device.id)
        )
        return await self._session.scalar(statement) is not None

    def _in_environment(self, environment: str) -> ColumnElement[bool]:
        return Device.environment == environment

    def _matches(self, selector: Selector) -> ColumnElement[bool]:
        return matches(selector, on_postgresql=self._on_postgresql)


def _insertion(results: Sequence[HealthCheckDomain]) -> tuple[Any, list[dict[str, Any]]]:
    table = Base.metadata.tables["health_checks"]
    rows = [_without(to_values(result), "created_at", "updated_at") for result in results]
    names = list(rows[0])
    found = exists().where(Device.id == bindparam(_OWNER, type_=Device.id.type))
    values = select(*(bindparam(name, type_=table.c[name].type) for name in names)).where(found)
    statement = insert(table).from_select(names, values, include_defaults=False)
    return statement, [{**row, _OWNER: row["device_id"]} for row in rows]


def _refresh(devices: Sequence[DeviceDomain]) -> tuple[Any, list[dict[str, Any]]]:
    table = Base.metadata.tables["devices"]
    in_service = table.c.status != DeviceStatus.DECOMMISSIONED.value
    statement = (
        update(table)
        .where(table.c.id == bindparam(_NEW_ID), in_service)
        .values({name: bindparam(f"new_{name}") for name in _TOLD_BY_HEALTH})
    )
    rows = [to_values(device) for device in devices]
    return statement, [
        {_NEW_ID: row["id"], **{f"new_{name}": row[name] for name in _TOLD_BY_HEALTH}} for row in rows
    ]


def _without(values: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in values.items() if name not in names}
