"""The audit trail: appended to, never changed, pruned through one door."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest
from records import device, event, minutes, whole_event
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from routeros_mcp.domain.errors import Conflict
from routeros_mcp.domain.models import AuditResult
from routeros_mcp.domain.ports import AuditFilter
from routeros_mcp.infra.db.session import DatabaseSessionManager
from routeros_mcp.infra.db.unit_of_work import SqlUnitOfWork

APPEND_ONLY = "append only"


async def test_every_field_of_a_line_comes_back(uow: SqlUnitOfWork) -> None:
    async with uow() as tx:
        await tx.devices.add(device())
        await tx.audit.append([whole_event()])
        (found,) = (await tx.audit.page(AuditFilter(), limit=5)).items
    assert replace(found, created_at=None, updated_at=None) == whole_event()


async def test_the_head_is_the_newest_line(uow: SqlUnitOfWork) -> None:
    async with uow() as tx:
        assert await tx.audit.head() == (0, "")
        await tx.audit.append([event(1), event(2)])
        await tx.audit.append([])
        assert await tx.audit.head() == (2, "mac2")


async def test_writers_of_the_chain_wait_for_each_other(uow: SqlUnitOfWork) -> None:
    async def append() -> None:
        async with uow() as tx:
            sequence, _ = await tx.audit.head()
            await tx.audit.append([event(sequence + 1)])

    async with asyncio.timeout(30), asyncio.TaskGroup() as tasks:
        for _ in range(12):
            tasks.create_task(append())
    async with uow.read() as tx:
        assert [line.sequence async for line in tx.audit.chain()] == list(range(1, 13))


async def test_the_chain_is_read_in_order_from_any_line(uow: SqlUnitOfWork) -> None:
    async with uow() as tx:
        await tx.audit.append([event(number) for number in range(1, 2051)])
    async with uow.read() as tx:
        assert [line.sequence async for line in tx.audit.chain(after=40)] == list(range(41, 2051))


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (AuditFilter(), [4, 3, 2, 1]),
        (AuditFilter(user_sub="bob"), [2]),
        (AuditFilter(result=AuditResult.FAILURE, tool_name="plan_apply"), [3]),
        (AuditFilter(since=minutes(2), until=minutes(4)), [3, 2]),
        (AuditFilter(text="100%"), [3]),
        (AuditFilter(text="LOGIN"), [4]),
        (AuditFilter(text="_"), [4, 3, 2, 1]),
        (AuditFilter(request_id="r2", device_id=None), [2]),
        (AuditFilter(plan_id="p", job_id="nope"), []),
    ],
)
async def test_filters_narrow_each_other(uow: SqlUnitOfWork, wanted: AuditFilter, found: list[int]) -> None:
    async with uow() as tx:
        await tx.audit.append(
            [
                event(1),
                event(2, user_sub="bob", request_id="r2"),
                event(3, result=AuditResult.FAILURE, error_message="disk 100% full"),
                event(4, tool_name="device_login", action="AUTHZ_DENIED"),
            ]
        )
    async with uow.read() as tx:
        page = await tx.audit.page(wanted, limit=9)
    assert [line.sequence for line in page.items] == found


async def test_a_line_is_written_once(uow: SqlUnitOfWork) -> None:
    async with uow() as tx:
        assert (await tx.audit.save(event(1))).sequence == 1
    with pytest.raises(Conflict, match=APPEND_ONLY):
        async with uow() as tx:
            await tx.audit.save(event(1, user_sub="eve"))


FORBIDDEN = [
    "UPDATE audit_events SET user_sub = 'eve'",
    "UPDATE audit_events SET device_id = 'id-edge-02'",
    "UPDATE audit_events SET device_id = NULL, action = 'READ'",
    "UPDATE audit_events SET metadata = '{}'",
    "DELETE FROM audit_events",
]


@pytest.mark.parametrize("statement", FORBIDDEN)
async def test_the_database_refuses_to_change_a_line(
    uow: SqlUnitOfWork, manager: DatabaseSessionManager, statement: str
) -> None:
    async with uow() as tx:
        await tx.devices.add(device())
        await tx.devices.add(device("edge-02"))
        await tx.audit.append([whole_event()])
    with pytest.raises(DBAPIError, match=APPEND_ONLY):
        async with manager.session() as session:
            await session.execute(text(statement))


async def test_replacing_or_truncating_is_no_way_around(
    uow: SqlUnitOfWork, manager: DatabaseSessionManager
) -> None:
    async with uow() as tx:
        await tx.audit.append([event(1)])
    around = {
        "sqlite": "INSERT OR REPLACE INTO audit_events SELECT * FROM audit_events",
        "postgresql": "TRUNCATE audit_events",
    }
    with pytest.raises(DBAPIError, match=APPEND_ONLY):
        async with manager.session() as session:
            await session.execute(text(around[manager.engine.dialect.name]))


async def test_a_removed_device_leaves_its_lines(uow: SqlUnitOfWork) -> None:
    async with uow() as tx:
        await tx.devices.add(device())
        await tx.audit.append([whole_event()])
    async with uow() as tx:
        assert await tx.devices.delete("id-edge-01")
    async with uow.read() as tx:
        (line,) = (await tx.audit.page(AuditFilter(), limit=5)).items
    assert replace(line, created_at=None, updated_at=None) == replace(whole_event(), device_id=None)


async def test_pruning_takes_old_lines_in_batches_and_closes_the_door(
    uow: SqlUnitOfWork, manager: DatabaseSessionManager
) -> None:
    async with uow() as tx:
        await tx.audit.append([event(number) for number in range(1, 6)])
    async with uow() as tx:
        assert await tx.audit.prune(minutes(4), limit=2) == 2
        assert await tx.audit.prune(minutes(4), limit=2) == 1
        assert await tx.audit.prune(minutes(4), limit=2) == 0
        assert await tx.audit.head() == (5, "mac5")
    async with uow.read() as tx:
        assert [line.sequence async for line in tx.audit.chain()] == [4, 5]
    with pytest.raises(DBAPIError, match=APPEND_ONLY):
        async with manager.session() as session:
            await session.execute(text("DELETE FROM audit_events"))


async def test_lines_are_listed_by_environment_in_order(uow: SqlUnitOfWork) -> None:
    async with uow() as tx:
        await tx.audit.append([event(1, environment="lab"), event(2, environment="prod"), event(3)])
        assert [line.sequence for line in await tx.audit.list_by_environment("prod")] == [2]
        assert [line.sequence for line in (await tx.audit.list_paginated())[0]] == [1, 2, 3]
