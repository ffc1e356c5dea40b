"""Plans on the command line: decided on by a person at a terminal, and by nothing else."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from cli_person import Ended, person_running, program_running
from cli_shell import PASSWORD, Shell, fleet, shell

from routeros_mcp.domain.models import Role
from routeros_mcp.domain.user_service import NewUser
from routeros_mcp.emulator import Fleet, Request

__all__ = ["fleet", "shell"]

PASSPHRASE = "amber basalt cedar delta"


@pytest.fixture
async def site(shell: Shell, fleet: Fleet) -> Shell:
    """Two routers, and an approver."""
    await shell.add(fleet, "edge-1", "edge-2")
    async with shell.app() as app:
        await app.services.users.create(NewUser(name="ben", role=Role.APPROVER, passphrase=PASSPHRASE))
    return shell


async def status_of(shell: Shell, plan: str) -> dict[str, Any]:
    return await shell.answer("plan", "show", plan)


async def approved(shell: Shell, plan: str, *, user: str = "ben", passphrase: str = PASSPHRASE) -> Ended:
    digest = (await status_of(shell, plan))["digest"]
    async with person_running("plan", "approve", plan, "--as", user, "--json", env=shell.env) as person:
        await person.answers(r"start of the digest\) or yes.*: ", digest[:8])
        await person.answers(f"Passphrase of {user}: ", passphrase)
        return await person.leaves()


async def test_a_plan_is_approved_on_a_terminal_applied_and_undone(site: Shell, fleet: Fleet) -> None:
    plan = await site.planned("edge-1", "edge-2", servers="9.9.9.9")
    waiting = await site.answer("plan", "list", "--status", "submitted")
    assert [one["plan_id"] for one in waiting["plans"]] == [plan]

    ended = await approved(site, plan)
    assert (ended.code, ended.err) == (0, "")
    told = json.loads(ended.out)
    assert (told["status"], told["approved_by"]) == ("approved", "user:ben")
    for shown in ("2 device(s): edge-1, edge-2", "~ /ip/dns set", "-> 9.9.9.9", "as agreed", told["digest"]):
        assert shown in ended.seen
    assert PASSPHRASE not in ended.everything

    applied = await site.answer("plan", "apply", plan)
    assert (applied["status"], applied["done"]) == ("success", 2)
    assert [device["state"] for device in applied["devices"]] == ["confirmed", "confirmed"]
    jobs = (await site.answer("job", "list", "--plan", plan))["jobs"]
    assert [job["job_id"] for job in jobs] == [applied["job_id"]]
    assert (await site.answer("job", "show", applied["job_id"]))["plan_id"] == plan
    undone = await site.run("plan", "rollback", plan)
    assert undone.code == 0
    assert "rolled_back" in undone.out
    assert (await status_of(site, plan))["status"] == "rolled_back"


async def test_a_wrong_passphrase_approves_nothing_and_is_recorded(site: Shell) -> None:
    plan = await site.planned("edge-1", servers="9.9.9.9")
    ended = await approved(site, plan, passphrase="a guess, quite long")
    assert (ended.code, json.loads(ended.out)["error"]["code"]) == (1, "forbidden")
    assert "a guess" not in ended.everything
    assert (await status_of(site, plan))["status"] == "submitted"
    (event,) = (await site.answer("audit", "list", "--tool", "plan_approve_sign_in"))["events"]
    assert (event["action"], event["result"]) == ("AUTHZ_DENIED", "FAILURE")
    assert event["arguments"] == {"user": "ben", "plan_id": plan}
    assert (await site.run("plan", "apply", plan)).code == 1


async def test_without_a_terminal_nothing_is_decided_whatever_is_piped_in(site: Shell) -> None:
    plan = await site.planned("edge-1", servers="9.9.9.9")
    for word in ("approve", "reject"):
        prepared = f"yes\n{PASSPHRASE}\n"
        ended = await program_running("plan", word, plan, "--as", "ben", env=site.env, stdin=prepared)
        assert (ended.code, ended.out, ended.err.count("\n")) == (1, "", 1)
        assert f"There is no terminal to {word} on." in ended.err
    assert (await status_of(site, plan))["status"] == "submitted"


@pytest.mark.slow
async def test_a_plan_that_is_not_confirmed_is_not_approved(site: Shell) -> None:
    plan = await site.planned("edge-1", servers="9.9.9.9")
    async with person_running("plan", "approve", plan, env=site.env) as person:
        await person.answers("or yes", "no")
        ended = await person.leaves()
    assert (ended.code, ended.err) == (1, "error: The plan was not confirmed. Nothing was approved.\n")
    assert (await status_of(site, plan))["status"] == "submitted"


@pytest.mark.slow
async def test_an_interrupt_at_the_passphrase_approves_nothing(site: Shell) -> None:
    plan = await site.planned("edge-1", servers="9.9.9.9")
    async with person_running("plan", "reject", plan, "--as", "ben", env=site.env) as person:
        await person.answers("Passphrase of ben: ", "\x03")
        ended = await person.leaves()
    assert (ended.code, ended.err) == (130, "error: Interrupted.\n")
    assert (await status_of(site, plan))["status"] == "submitted"


@pytest.mark.slow
async def test_a_rejected_plan_tells_its_approver_and_cannot_be_applied(site: Shell) -> None:
    plan = await site.planned("edge-1", servers="9.9.9.9")
    async with person_running("plan", "reject", plan, "--reason", "not now", env=site.env) as person:
        await person.answers("Your name: ", "ben")
        await person.answers("Passphrase of ben: ", PASSPHRASE)
        ended = await person.leaves()
    assert (ended.code, "rejected" in ended.out) == (0, True)
    assert (await status_of(site, plan))["status"] == "rejected"
    refused = await site.run("plan", "cancel", plan)
    assert (refused.code, refused.err.count("\n")) == (1, 1)


@pytest.mark.slow
async def test_an_approver_sees_the_end_of_a_long_value_and_every_hidden_character(site: Shell) -> None:
    end = "THE-END-OF-IT\u202e\x1b[2J"
    plan = await site.planned("edge-1", path="/system/note", note="x" * 900 + end)
    ended = await site.run("plan", "show", plan)
    assert ended.code == 0
    assert "THE-END-OF-IT\\u{202e}\\u{001b}[2J" in ended.out
    assert "\x1b" not in ended.out


async def test_a_plan_is_withdrawn(site: Shell) -> None:
    plan = await site.planned("edge-1", servers="9.9.9.9")
    ended = await site.run("plan", "cancel", plan, "--reason", "changed my mind")
    assert (ended.code, "cancelled" in ended.out) == (0, True)
    assert "cancelled" in (await site.run("plan", "list")).out


# -- people and logins -----------------------------------------------------------------------------------


@pytest.mark.slow
async def test_a_person_is_added_with_a_passphrase_typed_twice(shell: Shell) -> None:
    async with person_running("user", "create", "ben", "--role", "approver", env=shell.env) as person:
        await person.answers("Passphrase of ben: ", PASSPHRASE)
        await person.answers("Once more: ", PASSPHRASE)
        ended = await person.leaves()
    assert (ended.code, ended.out) == (0, "ben is added as approver.\n")
    assert PASSPHRASE not in ended.everything
    (user,) = (await shell.answer("user", "list"))["users"]
    assert (user["name"], user["role"], user["status"]) == ("ben", "approver", "active")
    (event,) = (await shell.answer("audit", "list", "--tool", "user_create"))["events"]
    assert "passphrase" not in event["arguments"]


async def test_an_approver_vouches_for_the_next_user(site: Shell) -> None:
    async with person_running("user", "create", "eve", "--role", "approver", env=site.env) as person:
        await person.answers("Which approver or admin vouches\\? ", "ben")
        await person.answers("Passphrase of ben: ", PASSPHRASE)
        await person.answers("Passphrase of eve: ", "another long passphrase")
        await person.answers("Once more: ", "another long passphrase")
        ended = await person.leaves()
    assert (ended.code, ended.out) == (0, "eve is added as approver.\n")


async def test_nobody_with_a_shell_alone_makes_an_approver_of_their_own(site: Shell) -> None:
    arguments = ("user", "create", "eve", "--role", "approver", "--by", "ben")
    async with person_running(*arguments, env=site.env) as person:
        await person.answers("Passphrase of ben: ", "a guess that is wrong")
        await person.answers("Passphrase of eve: ", "another long passphrase")
        await person.answers("Once more: ", "another long passphrase")
        ended = await person.leaves()
    assert (ended.code, "passphrase is wrong" in ended.err) == (1, True)
    assert [user["name"] for user in (await site.answer("user", "list"))["users"]] == ["ben"]


@pytest.mark.slow
async def test_two_passphrases_that_differ_add_nobody(shell: Shell) -> None:
    async with person_running("user", "create", "ben", "--role", "approver", env=shell.env) as person:
        await person.answers("Passphrase of ben: ", PASSPHRASE)
        await person.answers("Once more: ", PASSPHRASE + "!")
        ended = await person.leaves()
    assert (ended.code, ended.err) == (1, "error: The two passphrases differ. Nobody was added.\n")
    assert (await shell.answer("user", "list"))["users"] == []


async def test_an_unknown_role_lists_the_known_ones(shell: Shell) -> None:
    ended = await shell.run("user", "create", "ben", "--role", "king")
    assert (ended.code, "approver" in ended.err) == (2, True)


@pytest.mark.slow
async def test_a_router_login_is_asked_for_on_the_terminal_and_never_shown(
    shell: Shell, fleet: Fleet
) -> None:
    await shell.add(fleet, "edge-1")
    async with person_running("device", "login", "edge-1", env=shell.env) as person:
        await person.answers("User on edge-1: ", "admin")
        await person.answers("Password of admin on edge-1: ", PASSWORD)
        ended = await person.leaves()
    assert ended.code == 0, ended.everything
    assert "edge-1 answers over REST" in ended.out
    assert PASSWORD not in ended.everything


async def test_a_device_is_removed_only_when_its_name_is_typed(shell: Shell, fleet: Fleet) -> None:
    await shell.add(fleet, "edge-1")
    async with person_running("device", "remove", "edge-1", env=shell.env) as person:
        await person.answers("Type its name to go on: ", "yes")
        ended = await person.leaves()
    assert (ended.code, ended.err) == (1, "error: The name was not repeated. Nothing was removed.\n")
    assert (await shell.answer("device", "show", "edge-1"))["name"] == "edge-1"


@pytest.mark.slow
async def test_a_job_is_paused_looked_at_and_resumed_and_the_plan_reports(site: Shell, fleet: Fleet) -> None:
    plan = await site.planned("edge-1", "edge-2", servers="9.9.9.9")
    assert (await approved(site, plan)).code == 0
    assert (await site.run("plan", "report", plan)).code == 1

    def loaded(request: Request) -> bool:
        if request.path == "/rest/ip/dns/set":
            asyncio.get_running_loop().call_soon(lambda: fleet["edge-1"].set_resource(cpu_load=97))
        return False

    fleet["edge-1"].faults.drop_after(1, loaded)
    paused = await site.run("plan", "apply", plan)
    assert paused.code == 1
    assert "paused" in paused.out
    assert "inconclusive" in paused.out
    (job,) = (await site.answer("job", "list", "--status", "paused"))["jobs"]
    again = await site.answer("job", "pause", job["job_id"])
    assert (again["status"], again["done"]) == ("paused", 1)

    resumed = await site.answer("job", "resume", job["job_id"])
    assert (resumed["status"], resumed["done"]) == ("success", 2)
    report = await site.answer("plan", "report", plan)
    assert [(row["wave"], row["accepted"], row["read_back"]) for row in report["devices"]] == [
        (1, 1, "as planned"),
        (2, 1, "as planned"),
    ]
    shown = await site.run("plan", "report", plan)
    assert "READ BACK" in shown.out
    assert "as planned" in shown.out
    assert (await site.run("job", "cancel", job["job_id"])).code == 1

    part = await site.answer("plan", "rollback", plan, "--device", "edge-2")
    assert (part["status"], [row["device"] for row in part["devices"]]) == ("success", ["edge-2"])
    assert (await status_of(site, plan))["status"] == "partially_applied"
    followed = await site.answer("job", "show", part["job_id"], "--follow")
    assert followed["status"] == "success"
