"""What a person says of a router that nobody knows about, and what is tidied up, on the command line."""

from __future__ import annotations

import json
import sqlite3

import pytest
from cli_person import person_running, program_running
from cli_shell import Shell, fleet, shell

from routeros_mcp.domain.models import Role
from routeros_mcp.domain.user_service import NewUser
from routeros_mcp.emulator import Fleet

pytestmark = pytest.mark.slow

__all__ = ["fleet", "shell"]

PASSPHRASE = "amber basalt cedar delta"


async def left_open(shell: Shell, fleet: Fleet) -> str:
    """A plan that nobody has carried out, of whose router nobody knows what it is; and an approver."""
    await shell.add(fleet, "edge-1")
    async with shell.app() as app:
        await app.services.users.create(NewUser(name="ben", role=Role.APPROVER, passphrase=PASSPHRASE))
    plan = await shell.planned("edge-1", servers="9.9.9.9")
    with sqlite3.connect(shell.data_dir / "routeros-mcp.db") as database:
        database.execute("UPDATE plan_devices SET state = 'unknown'")
        database.execute("UPDATE plans SET status = 'halted'")
    return plan


async def test_a_person_at_a_terminal_says_what_a_router_is(shell: Shell, fleet: Fleet) -> None:
    plan = await left_open(shell, fleet)
    words = ("plan", "resolve", plan, "edge-1", "--by", "ben", "--json", "--as")
    piped = await program_running(*words, "not_applied", env=shell.env, stdin=f"{PASSPHRASE}\n")
    assert (piped.code, "There is no terminal to resolve on." in piped.everything) == (1, True)
    async with person_running(*words, "confirmed", env=shell.env) as person:
        await person.answers("speak against confirmed.*insist: ", "edge-2")
        await person.answers("Passphrase of ben: ", PASSPHRASE)
        ended = await person.leaves()
    assert (ended.code, json.loads(ended.out)["error"]["code"]) == (1, "conflict")
    assert "/ip/dns servers: was '9.9.9.9', is ''" in ended.seen
    async with person_running(*words, "not_applied", env=shell.env) as person:
        await person.answers("Passphrase of ben: ", PASSPHRASE)
        ended = await person.leaves()
    assert (ended.code, json.loads(ended.out)["plan_status"]) == (0, "failed")
    assert PASSPHRASE not in ended.everything
    (event, *_) = (await shell.answer("audit", "list", "--tool", "plan_resolve"))["events"]
    assert (event["user"], event["result"]) == ("user:ben", "SUCCESS")


async def test_what_switches_have_left_is_told_and_others_are_left_alone(shell: Shell, fleet: Fleet) -> None:
    await shell.add(fleet, "edge-1", "edge-2")
    entry = {"name": "rmcp-dm-0123456789ab", "interval": "1h", "on-event": ":nothing"}
    fleet["edge-1"].add("/system/scheduler", entry)
    ended = await shell.run("device", "sweep")
    assert (ended.code, ended.err) == (0, "")
    assert "2 devices looked at: 0 removed, 1 left as they are." in ended.out
    assert "rmcp-dm-0123456789ab" in ended.out
    assert [row["name"] for row in fleet["edge-1"].rows("/system/scheduler")] == [entry["name"]]


async def test_an_older_copy_of_the_database_is_opened_when_a_person_has_agreed(
    shell: Shell, fleet: Fleet
) -> None:
    await shell.add(fleet, "edge-1")
    copy = shell.data_dir / "copy.db"
    assert (await shell.run("db", "backup", str(copy))).code == 0
    await shell.planned("edge-1", servers="9.9.9.9")
    for ending in ("", "-wal", "-shm"):
        (shell.data_dir / f"routeros-mcp.db{ending}").unlink(missing_ok=True)
    copy.rename(shell.data_dir / "routeros-mcp.db")
    refused = await shell.run("device", "list")
    assert (refused.code, "db accept-restored" in refused.err) == (3, True)
    words = ("db", "accept-restored")
    piped = await program_running(*words, env=shell.env, stdin="restored\n")
    assert (piped.code, "There is no terminal" in piped.everything) == (1, True)
    async with person_running(*words, env=shell.env) as person:
        await person.answers("Type restored to go on: ", "restored")
        ended = await person.leaves()
    assert (ended.code, "The restored database is in use" in ended.everything) == (0, True)
    assert (await shell.run("device", "list")).code == 0
    assert (await shell.answer("audit", "verify"))["intact"]
