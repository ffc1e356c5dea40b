"""An older copy of the database: nothing in it is carried on as if no time had passed."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
from world import World, add_address, principal, set_dns, settings_in, world

from routeros_mcp.app import App, open_app
from routeros_mcp.config import Settings
from routeros_mcp.domain.errors import DatabaseRestored
from routeros_mcp.infra.db import backups
from routeros_mcp.infra.jobs.durable import Role
from routeros_mcp.toolkit.pipeline import Failure, Success

pytestmark = pytest.mark.slow

OTHER = "the-copy"


async def copied(w: World) -> Settings:
    """The settings of an installation whose database is a copy of this one as it is now."""
    settings = settings_in(w.settings.data_dir / OTHER)
    settings.data_dir.mkdir(mode=0o700)
    shutil.copy2(w.settings.data_dir / "master.key", settings.data_dir)
    await backups.backup(w.settings.async_database_url, settings.data_dir / w.database.name)
    return settings


def keep_checkpoints(w: World) -> None:
    shutil.copy2(w.settings.data_dir / "audit-checkpoints.jsonl", w.settings.data_dir / OTHER)


async def asked(app: App, tool: str, **arguments: Any) -> dict[str, Any]:
    answer = await app.pipeline.call(principal(), tool, arguments)
    assert isinstance(answer, Success), answer
    return answer.result.payload()


async def accepted(settings: Settings) -> dict[str, int]:
    async with open_app(settings, role=Role.CLIENT, may_be_restored=True) as app:
        restored = await app.services.restoration.accept(principal())
        assert await app.services.restoration.accept(principal()) is None
    assert restored is not None
    return {"jobs": restored.jobs, "cancelled": restored.cancelled, "halted": restored.halted}


async def under_way(w: World) -> tuple[str, str, str, Settings]:
    """A plan under way, one approved, a copy of the database; then both end. Plans, job and the copy."""
    first, second = [
        (await w.plan(set_dns(f"192.0.2.{n}"), add_address(f"192.0.2.{n}/24")))["plan_id"] for n in (1, 2)
    ]
    w.router().faults.hang("/ip/dns/set")
    for plan_id in (first, second):
        await w.approve(plan_id)
    job_id = (await w.call("plan_apply", plan_id=first))["job_id"]
    await w.router().until(lambda: "/ip/dns/set" in w.sent())
    settings = await copied(w)
    w.router().faults.clear()
    await w.ended(job_id)
    if (await w.call("plan_get", plan_id=first))["status"] == "applied":
        await w.roll_back_and_wait(first)
    assert (await w.apply_and_wait(second))["status"] == "success"
    keep_checkpoints(w)
    return first, second, job_id, settings


async def test_what_the_copy_held_of_plans_and_jobs_is_never_carried_on(tmp_path: Path) -> None:
    async with world(2, directory=tmp_path) as w:
        first, second, job_id, settings = await under_way(w)
        with pytest.raises(DatabaseRestored, match="db accept-restored"):
            async with open_app(settings):
                pass
        for router in w.fleet:
            router.ledger_clear()
        assert await accepted(settings) == {"jobs": 1, "cancelled": 1, "halted": 1}
        async with open_app(settings) as app:
            plan = await asked(app, "plan_get", plan_id=first)
            assert (plan["status"], w.states(plan)) == ("halted", ["unknown", "unknown"])
            assert (await asked(app, "plan_get", plan_id=second))["status"] == "cancelled"
            assert (await asked(app, "job_get", job_id=job_id))["status"] == "interrupted"
            for plan_id in (first, second):
                answer = await app.pipeline.call(principal(), "plan_apply", {"plan_id": plan_id})
                assert isinstance(answer, Failure)
            assert (await asked(app, "audit_verify"))["intact"]
            (line,) = (await asked(app, "audit_search", action="RESTORED"))["events"]
            assert line["user"] == principal().subject
        assert [w.sent(name) for name in w.names] == [[], []]


async def test_the_database_that_was_used_last_is_opened(tmp_path: Path) -> None:
    async with world(1, directory=tmp_path) as w:
        await w.change(set_dns("192.0.2.53"))
        settings = await copied(w)
        keep_checkpoints(w)
        async with open_app(settings) as app:
            assert await app.services.restoration.accept(principal()) is None
            assert (await asked(app, "audit_verify"))["intact"]


async def test_a_copy_that_has_gone_on_by_itself_is_told_from_the_original(tmp_path: Path) -> None:
    async with world(1, directory=tmp_path) as w:
        settings = await copied(w)
        await w.change(set_dns("192.0.2.53"))
        async with open_app(settings) as app:
            for _ in range(40):
                await asked(app, "device_list")
        keep_checkpoints(w)
        with pytest.raises(DatabaseRestored):
            async with open_app(settings):
                pass
