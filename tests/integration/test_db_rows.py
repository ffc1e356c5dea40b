"""Rows: they mirror the records, keep their promises, and avoid the known traps."""

from __future__ import annotations

import types
from dataclasses import fields
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, Union, get_args, get_origin, get_type_hints

import pytest
from sqlalchemy import ForeignKeyConstraint, Index, UniqueConstraint, select, text
from sqlalchemy.exc import IntegrityError, StatementError

from routeros_mcp.domain import models as records
from routeros_mcp.domain.models import DeviceDomain
from routeros_mcp.infra.db import models as rows
from routeros_mcp.infra.db.mapping import attributes_of, to_record, to_values
from routeros_mcp.infra.db.models import AuditEvent, Base, Credential, Device, HealthCheck, Snapshot, User
from routeros_mcp.infra.db.repositories import DeviceRepository
from routeros_mcp.infra.db.session import DatabaseSessionManager

MIRRORS = {
    row: getattr(records, f"{row.__name__}Domain")
    for row in (
        *(rows.Device, rows.Credential, rows.HealthCheck, rows.Snapshot, rows.Plan),
        *(rows.PlanApproval, rows.PlanDevice, rows.PlanStep, rows.Job, rows.AuditEvent, rows.User),
    )
}
TABLES = Base.metadata.sorted_tables
KEPT = {"created_at", "updated_at"}


def device(**values: Any) -> Device:
    given = {"id": "d1", "name": "edge", "management_address": "192.0.2.1:443", "environment": "lab"}
    return Device(**(given | values))


async def store(manager: DatabaseSessionManager, *rows: Base) -> None:
    async with manager.session() as session:
        session.add_all(rows)


@pytest.mark.parametrize(("row", "record"), MIRRORS.items(), ids=lambda kind: kind.__name__)
def test_a_row_mirrors_its_record_by_name_and_by_what_may_be_missing(row: type[Base], record: type) -> None:
    columns = {name: attribute.columns[0] for name, attribute in row.__mapper__.column_attrs.items()}
    assert set(columns) == set(attributes_of(record))
    hints = get_type_hints(record)
    optional = {
        name
        for name, field in zip(attributes_of(record), fields(record), strict=True)
        if get_origin(hints[field.name]) in {Union, types.UnionType}
        and type(None) in get_args(hints[field.name])
    }
    assert {name for name, column in columns.items() if column.nullable} == optional - KEPT


@pytest.mark.parametrize("table", TABLES, ids=str)
def test_every_table_has_an_id_and_the_two_moments(table: Any) -> None:
    assert table.c.id.type.length == 64
    for name in KEPT:
        assert not table.c[name].nullable
        assert table.c[name].server_default is not None


@pytest.mark.parametrize("table", TABLES, ids=str)
def test_no_index_repeats_another_and_every_foreign_key_has_one(table: Any) -> None:
    keys = [tuple(index.columns.keys()) for index in table.indexes if not index.unique]
    keys += [tuple(one.columns.keys()) for one in table.constraints if isinstance(one, UniqueConstraint)]
    assert len(keys) == len(set(keys))
    leading = {index.columns.keys()[0] for index in table.indexes}
    for constraint in table.constraints:
        if isinstance(constraint, ForeignKeyConstraint):
            assert set(constraint.column_keys) <= leading


def test_names_of_constraints_follow_one_convention() -> None:
    for table in TABLES:
        for part in (*table.constraints, *table.indexes):
            prefix = "idx" if isinstance(part, Index) and not part.unique else str(part.name).split("_")[0]
            assert str(part.name).startswith(f"{prefix}_{table.name}")
            assert prefix in {"pk", "fk", "uq", "ck", "idx"}


def test_a_row_shows_its_class_and_id_and_never_a_secret() -> None:
    login = Credential(id="c1", device_id="d1", kind="routeros_rest", username="u", encrypted_secret="v1.x")
    person = User(id="u1", name="ann", role="admin", passphrase_hash="$argon2id$x")
    assert (repr(login), repr(person)) == ("Credential(id='c1')", "User(id='u1')")
    assert "encrypted_secret" not in login.to_dict()
    assert "passphrase_hash" not in person.to_dict()
    assert login.to_dict()["username"] == "u"


def test_the_reserved_name_metadata_is_a_column_with_another_attribute() -> None:
    row = Snapshot(id="s", metadata_={"a": 1})
    assert row.to_dict()["metadata"] == {"a": 1}
    assert Snapshot.__table__.c.metadata.name == "metadata"


@pytest.mark.parametrize("record", MIRRORS.values(), ids=lambda kind: kind.__name__)
def test_plain_values_read_back_as_the_record(record: type) -> None:
    required = {
        field.name: _some(get_type_hints(record)[field.name])
        for field in fields(record)
        if field.default is field.default_factory
    }
    made = record(**required)
    assert to_record(types.SimpleNamespace(**to_values(made)), record) == made


def _some(hint: Any) -> Any:
    if hint is records.Change:
        return records.Change(device_id="d", op=records.ChangeOp.ADD, path="/x", after={"a": None})
    some = {str: "x", int: 1, bytes: b"x", datetime: datetime(2026, 1, 1, tzinfo=UTC)}
    return some[hint] if hint in some else next(iter(hint))


async def test_a_naive_moment_is_an_error(manager: DatabaseSessionManager) -> None:
    with pytest.raises(StatementError, match="no time zone"):
        await store(manager, device(last_seen_at=datetime.fromisoformat("2026-01-01T00:00")))


async def test_moments_come_back_in_utc_whatever_zone_they_had(manager: DatabaseSessionManager) -> None:
    moment = datetime(2026, 1, 1, 12, 30, 0, 5, tzinfo=timezone(timedelta(hours=5)))
    async with manager.session() as session:
        session.add(device(last_seen_at=moment))
    async with manager.reader() as session:
        found = await session.scalar(select(Device.last_seen_at))
    assert found == moment
    assert found.tzinfo is UTC or found.utcoffset() == timedelta(0)


async def test_a_json_value_is_replaced_as_a_whole(manager: DatabaseSessionManager) -> None:
    async with manager.session() as session:
        session.add(device(tags={"a": "1"}))
    async with manager.session() as session:
        row = (await session.scalars(select(Device))).one()
        row.tags = {**row.tags, "b": "2"}
    async with manager.reader() as session:
        assert await session.scalar(select(Device.tags)) == {"a": "1", "b": "2"}


@pytest.mark.parametrize("values", [{"environment": "moon"}, {"status": "sad"}])
async def test_words_outside_the_list_are_refused(
    manager: DatabaseSessionManager, values: dict[str, str]
) -> None:
    with pytest.raises(IntegrityError, match="ck_devices"):
        await store(manager, device(**values))


async def test_logins_are_loaded_when_asked_for_and_large_lists_never_by_chance(
    manager: DatabaseSessionManager,
) -> None:
    async with manager.session() as session:
        session.add(device())
        session.add(
            Credential(device_id="d1", kind="routeros_ssh", username="u", encrypted_secret="v1.a.b.c")
        )
        session.add(HealthCheck(device_id="d1", timestamp=datetime(2026, 1, 1, tzinfo=UTC), status="healthy"))
    async with manager.session() as session:
        row = (await session.scalars(select(Device))).one()
        assert [login.username for login in await row.awaitable_attrs.credentials] == ["u"]
        checks = await session.scalars(row.health_checks.select())
        assert [check.status for check in checks] == ["healthy"]
        assert all(len(check.id) == 36 for check in checks)


async def test_deleting_a_device_row_keeps_its_audit_events(manager: DatabaseSessionManager) -> None:
    moment = datetime(2026, 1, 1, tzinfo=UTC)
    async with manager.session() as session:
        session.add(device())
        session.add(
            AuditEvent(
                id="e1",
                timestamp=moment,
                user_sub="ann",
                user_role="admin",
                device_id="d1",
                action="WRITE",
                tool_name="t",
                tool_tier="advanced",
                result="SUCCESS",
                sequence=1,
            )
        )
    async with manager.session() as session:
        await session.delete((await session.scalars(select(Device))).one())
    async with manager.reader() as session:
        assert (await session.execute(select(AuditEvent.id, AuditEvent.device_id))).one() == ("e1", None)


async def test_a_script_may_hand_rows_to_the_repository(manager: DatabaseSessionManager) -> None:
    async with manager.session() as session:
        added = await DeviceRepository(session).add(device(tags={"a": "b"}))
    async with manager.session() as session:
        saved = await DeviceRepository(session).save(device(status="healthy", tags={}))
    assert isinstance(added, DeviceDomain)
    assert (saved.status, saved.version, saved.created_at) == ("healthy", 2, added.created_at)


async def test_updated_at_moves_with_every_update(manager: DatabaseSessionManager) -> None:
    async with manager.session() as session:
        session.add(device())
    async with manager.session() as session:
        # Straight SQL: on PostgreSQL a trigger sees to it; SQLite's ORM statements do.
        if manager.engine.dialect.name == "postgresql":
            await session.execute(text("UPDATE devices SET name = 'x'"))
        else:
            (await session.scalars(select(Device))).one().name = "x"
    async with manager.reader() as session:
        row = (await session.scalars(select(Device))).one()
        assert row.updated_at > row.created_at
