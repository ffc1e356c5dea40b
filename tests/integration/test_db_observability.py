"""What database work leaves in the log."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable

import pytest
from structlog.testing import capture_logs

from routeros_mcp.config import Settings
from routeros_mcp.domain.models import DeviceDomain, Environment
from routeros_mcp.infra.db.observability import TracedDeviceRepository, traced_session
from routeros_mcp.infra.db.session import DatabaseSessionManager

DEVICE = DeviceDomain(id="d1", name="edge", management_address="192.0.2.1:443", environment=Environment.LAB)


@pytest.fixture
async def opened(new_url: Callable[[str], str]) -> AsyncIterator[DatabaseSessionManager]:
    manager = DatabaseSessionManager(Settings(database_url=new_url("sqlite")))
    await manager.init()
    yield manager
    await manager.close()


async def test_a_traced_session_commits_and_logs_its_operation(opened: DatabaseSessionManager) -> None:
    with capture_logs() as logs:
        async with traced_session(opened.session, "register", "req-1") as session:
            await TracedDeviceRepository(session, "req-1").save(DEVICE)
    async with opened.reader() as session:
        repository = TracedDeviceRepository(session, "req-2")
        with capture_logs() as more:
            assert (await repository.get_by_id("d1")).name == "edge"
            assert len(await repository.list_by_environment("lab")) == 1
            assert (await repository.list_paginated())[1] == 1
    shown = [(line["event"], line["operation"], line["status"], line["request_id"]) for line in logs + more]
    assert shown == [
        ("repository_operation", "save", "success", "req-1"),
        ("database_operation", "register", "success", "req-1"),
        ("repository_operation", "get_by_id", "success", "req-2"),
        ("repository_operation", "list_by_environment", "success", "req-2"),
        ("repository_operation", "list_paginated", "success", "req-2"),
    ]
    assert all(line["duration_ms"] >= 0 for line in logs)


async def test_failures_are_logged_with_their_type_and_go_on(opened: DatabaseSessionManager) -> None:
    async def fail() -> None:
        async with traced_session(opened.session, "register", "req-1") as session:
            repository = TracedDeviceRepository(session, "req-1")
            await repository.save(DEVICE)
            await repository.save("no device")

    with capture_logs() as logs, pytest.raises(TypeError):
        await fail()
    assert [(line["event"], line["status"], line.get("error_type")) for line in logs] == [
        ("repository_operation", "success", None),
        ("repository_error", "error", "TypeError"),
        ("database_operation_error", "error", "TypeError"),
    ]
    async with opened.reader() as session:
        assert await TracedDeviceRepository(session, "req-1").get_by_id("d1") is None
