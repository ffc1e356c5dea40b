"""Transactions: all or nothing, one at a time in a task, and none writes where reading was meant."""

from __future__ import annotations

import asyncio

import pytest
from records import device, event
from sqlalchemy.exc import DBAPIError

from routeros_mcp.domain.errors import DatabaseUnavailable, NotFound
from routeros_mcp.domain.models import Selector
from routeros_mcp.domain.ports import Transaction
from routeros_mcp.infra.db.unit_of_work import SqlUnitOfWork, run_unit
from routeros_mcp.infra.transactions import transaction_is_open

ALL = Selector.everything()


async def test_a_failed_block_leaves_nothing_behind(uow: SqlUnitOfWork) -> None:
    async def fail() -> None:
        async with uow() as tx:
            await tx.devices.add(device())
            await tx.audit.append([event(1)])
            await tx.devices.get("nobody")

    with pytest.raises(NotFound):
        await fail()
    async with uow.read() as tx:
        assert await tx.devices.select(ALL, ALL, limit=5) == ()
        assert await tx.audit.head() == (0, "")


async def test_a_reading_transaction_cannot_write(uow: SqlUnitOfWork) -> None:
    with pytest.raises((DBAPIError, DatabaseUnavailable)):
        async with uow.read() as tx:
            await tx.devices.add(device())


async def test_the_task_is_marked_while_its_transaction_is_open(uow: SqlUnitOfWork) -> None:
    assert not transaction_is_open()
    async with uow():
        assert transaction_is_open()
    async with uow.read():
        assert transaction_is_open()
    with pytest.raises(NotFound):
        async with uow() as tx:
            await tx.devices.get("nobody")
    assert not transaction_is_open()


async def test_a_second_transaction_in_the_same_task_is_a_mistake(uow: SqlUnitOfWork) -> None:
    async with uow():
        with pytest.raises(RuntimeError, match="pass it along"):
            async with uow.read():
                pass


async def test_reading_first_and_writing_then_never_collides_with_other_writers(uow: SqlUnitOfWork) -> None:
    async def count_up() -> None:
        async with uow() as tx:
            found = await tx.devices.select(ALL, ALL, limit=99)
            await asyncio.sleep(0)
            await tx.devices.add(device(f"d{len(found)}-{id(asyncio.current_task())}"))

    async with asyncio.timeout(30), asyncio.TaskGroup() as tasks:
        for _ in range(20):
            tasks.create_task(count_up())
    async with uow.read() as tx:
        assert len(await tx.devices.select(ALL, ALL, limit=99)) == 20


async def test_a_cancelled_task_gives_its_connection_back(uow: SqlUnitOfWork) -> None:
    begun = asyncio.Event()

    async def linger() -> None:
        async with uow() as tx:
            await tx.devices.add(device())
            begun.set()
            await asyncio.Event().wait()

    async with asyncio.timeout(20):
        async with asyncio.TaskGroup() as tasks:
            task = tasks.create_task(linger())
            await begun.wait()
            task.cancel()
        async with uow() as tx:
            assert await tx.devices.get_by_id("id-edge-01") is None
            await tx.devices.add(device())


async def test_work_is_run_again_after_a_passing_failure(uow: SqlUnitOfWork) -> None:
    attempts: list[int] = []

    async def work(tx: Transaction) -> str:
        attempts.append(len(attempts))
        await tx.devices.add(device())
        if len(attempts) < 3:
            raise DatabaseUnavailable("locked", transient=True)
        return "done"

    async with asyncio.timeout(20):
        assert await run_unit(uow, work) == "done"
    assert len(attempts) == 3


async def test_other_failures_are_not_repeated(uow: SqlUnitOfWork) -> None:
    attempts: list[int] = []

    async def work(tx: Transaction) -> None:
        attempts.append(1)
        await tx.devices.get("nobody")

    with pytest.raises(NotFound):
        await run_unit(uow, work)
    assert len(attempts) == 1
