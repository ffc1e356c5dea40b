"""Every list costs the same number of statements, however long it is."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from databases import Statements

from routeros_mcp.domain.models import (
    AuditEventDomain,
    AuditResult,
    CredentialDomain,
    CredentialKind,
    DeviceDomain,
    Environment,
    HealthCheckDomain,
    HealthStatus,
    JobDomain,
    JobType,
    PlanDeviceDomain,
    PlanDomain,
    Selector,
    SnapshotDomain,
)
from routeros_mcp.domain.ports import AuditFilter, Transaction
from routeros_mcp.infra.db.unit_of_work import SqlUnitOfWork

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
ALL = Selector.everything()
TAGGED = Selector.parse(["tag:site=ams", "env:lab"])

LISTS: dict[str, tuple[int, Callable[[Transaction], Awaitable[object]]]] = {
    "devices by selector": (1, lambda tx: tx.devices.select(TAGGED, ALL, limit=500)),
    "devices by page": (2, lambda tx: tx.devices.list_paginated(environment="lab", page_size=100)),
    "devices by environment": (1, lambda tx: tx.devices.list_by_environment("lab")),
    "devices by status": (1, lambda tx: tx.devices.count_by_status(ALL)),
    "health": (1, lambda tx: tx.health_checks.page("d0", limit=100)),
    "health buckets": (
        1,
        lambda tx: tx.health_checks.buckets("d0", since=NOON, until=NOON + timedelta(days=1), span_s=60),
    ),
    "snapshots": (1, lambda tx: tx.snapshots.page(None, kind=None, limit=100)),
    "plans": (1, lambda tx: tx.plans.page(status=None, created_by=None, limit=100)),
    "plan devices": (1, lambda tx: tx.plans.devices_of("p0")),
    "plan steps": (1, lambda tx: tx.plans.steps_of("p0")),
    "plan shares": (1, lambda tx: tx.plans.shares_of("d0")),
    "logins held": (1, lambda tx: tx.credentials.held("d0", CredentialKind.ROUTEROS_REST)),
    "jobs": (1, lambda tx: tx.jobs.page(status=None, plan_id=None, limit=100)),
    "audit": (1, lambda tx: tx.audit.page(AuditFilter(), limit=100)),
}


async def fill(tx: Transaction) -> None:
    for number in range(40):
        key = f"d{number}"
        await tx.devices.add(
            DeviceDomain(
                id=key,
                name=key,
                management_address="192.0.2.1:443",
                environment=Environment.LAB,
                tags={"site": "ams"},
            )
        )
        at = NOON + timedelta(minutes=number)
        await tx.snapshots.add(SnapshotDomain(id=key, device_id=key, timestamp=at, kind="config", data=b"x"))
        await tx.plans.add(PlanDomain(id=f"p{number}", created_by="ann", tool_name="t"))
        await tx.plans.save_device(PlanDeviceDomain(id=key, plan_id="p0", device_id=key, position=number))
        await tx.jobs.add(JobDomain(id=key, job_type=JobType.HEALTH_CHECK))
        await tx.credentials.add(
            CredentialDomain(
                id=key, device_id=key, kind=CredentialKind.ROUTEROS_REST, username="u", encrypted_secret="s"
            )
        )
    await tx.audit.append([line(number) for number in range(1, 41)])
    await tx.devices.record_health([result(number) for number in range(40)], [])


def line(number: int) -> AuditEventDomain:
    return AuditEventDomain(
        id=f"e{number}",
        timestamp=NOON,
        user_sub="ann",
        user_role="admin",
        action="WRITE",
        tool_name="t",
        tool_tier="advanced",
        result=AuditResult.SUCCESS,
        sequence=number,
    )


def result(number: int, device_id: str = "d0") -> HealthCheckDomain:
    at = NOON + timedelta(minutes=number)
    return HealthCheckDomain(
        id=f"h{number}{device_id}", device_id=device_id, timestamp=at, status=HealthStatus.HEALTHY
    )


async def test_no_list_asks_once_per_row(uow: SqlUnitOfWork, statements: Statements) -> None:
    async with uow() as tx:
        await fill(tx)
    counted = {}
    for name, (_, ask) in LISTS.items():
        async with uow.read() as tx:
            statements.clear()
            await ask(tx)
            counted[name] = len(statements)
    assert counted == {name: count for name, (count, _) in LISTS.items()}


@pytest.mark.parametrize("size", [1, 60])
async def test_a_sweep_is_written_with_two_statements(
    uow: SqlUnitOfWork, statements: Statements, size: int
) -> None:
    async with uow() as tx:
        devices = [
            await tx.devices.add(
                DeviceDomain(
                    id=f"d{number}",
                    name=f"d{number}",
                    management_address="192.0.2.1:443",
                    environment=Environment.LAB,
                )
            )
            for number in range(size)
        ]
        statements.clear()
        await tx.devices.record_health(
            [result(0, device.id) for device in devices],
            [replace(device, last_health_status="healthy") for device in devices],
        )
        assert [statement.split()[0] for statement in statements] == ["INSERT", "UPDATE"]


async def test_snapshot_lists_do_not_name_the_data_column(uow: SqlUnitOfWork, statements: Statements) -> None:
    async with uow.read() as tx:
        await tx.snapshots.page(None, kind=None, limit=5)
    assert "snapshots.data" not in statements[0]
