"""The command line as scripts use it: answers, exit codes, one-line errors."""

from __future__ import annotations

import argparse
import json
import sqlite3
import stat
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import asyncssh
import pytest
from cli_shell import ASSISTANT, PASSWORD, Shell, fleet, shell

from routeros_mcp.cli.arguments import Later, build_parser, parse
from routeros_mcp.emulator import Fleet
from routeros_mcp.emulator.ssh_keys import install

__all__ = ["fleet", "shell"]


# -- devices ---------------------------------------------------------------------------------------------


async def test_a_router_is_added_with_a_password_file_and_tested(shell: Shell, fleet: Fleet) -> None:
    words = ("device", "add", "edge-1", fleet["edge-1"].address, "--tag", "site=ams", "--username", "admin")
    added = await shell.answer(*words, "--password-file", shell.password_file)
    assert (added["name"], added["status"], added["tags"]) == ("edge-1", "healthy", {"site": "ams"})
    assert added["test"]["reachable"]
    listed = await shell.answer("device", "list", "tag:site=ams")
    assert [device["name"] for device in listed["devices"]] == ["edge-1"]
    assert (await shell.answer("device", "list", "tag:site=lis"))["devices"] == []


async def test_a_router_is_added_with_a_password_of_the_environment(
    shell: Shell, fleet: Fleet, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ROUTEROS_MCP_ROUTER_PASSWORD", PASSWORD)
    ended = await shell.run("device", "add", "edge-1", fleet["edge-1"].address, "--username", "admin")
    assert ended.code == 0
    assert "edge-1 answers over REST" in ended.out
    assert PASSWORD not in ended.everything


async def test_a_router_that_does_not_answer_stays_registered_and_the_exit_code_says_so(
    shell: Shell, fleet: Fleet
) -> None:
    address = fleet["edge-2"].address
    await fleet.stop()
    words = ("device", "add", "edge-2", address, "--username", "admin", "--password-file")
    ended = await shell.run(*words, shell.password_file)
    assert ended.code == 1
    assert "edge-2 is registered." in ended.err
    assert "fails at tcp" in ended.out
    assert (await shell.answer("device", "show", "edge-2"))["name"] == "edge-2"


async def test_a_password_file_that_others_may_read_is_refused(shell: Shell) -> None:
    file = shell.password_file
    file.chmod(0o644)
    ended = await shell.run("device", "add", "a", "127.0.0.1", "--username", "u", "--password-file", file)
    assert (ended.code, ended.out) == (3, "")
    assert ended.err == f"error: Others may read the password file {file}. chmod 600 {file}\n"


async def test_a_device_is_changed_retired_and_removed_and_the_trail_keeps_it_all(
    shell: Shell, fleet: Fleet
) -> None:
    await shell.add(fleet, "edge-1")
    update = (
        "device",
        "update",
        "edge-1",
        "--name",
        "core-1",
        "--tag",
        "site=ams",
        "--allow-advanced-writes",
    )
    updated = await shell.answer(*update, "--no-allow-professional-workflows")
    assert (updated["name"], updated["tags"]) == ("core-1", {"site": "ams"})
    assert (updated["allow_advanced_writes"], updated["allow_professional_workflows"]) == (True, False)
    assert (await shell.answer("device", "update", "core-1", "--untag", "site"))["tags"] == {}
    assert (await shell.answer("device", "retire", "core-1"))["status"] == "decommissioned"
    refused = await shell.run("device", "update", "core-1", "--tag", "a=b")
    assert (refused.code, "decommissioned" in refused.err) == (1, True)
    assert (await shell.answer("device", "remove", "core-1", "--yes"))["name"] == "core-1"
    events = (await shell.answer("audit", "list", "--since", "1h"))["events"]
    told = [(event["tool"], event["result"]) for event in events]
    for deed in ("device_add", "device_update", "device_retire", "device_remove"):
        assert (deed, "SUCCESS") in told
    assert ("device_update", "FAILURE") in told
    assert (await shell.answer("audit", "verify"))["intact"]


async def test_a_router_is_added_with_ssh_and_given_a_key(shell: Shell, fleet: Fleet) -> None:
    router = fleet["edge-1"]
    words = ("device", "add", "edge-1", router.address, "--username", "admin", "--ssh-port", router.ssh.port)
    added = await shell.answer(*words, "--password-file", shell.password_file)
    assert added["ssh_host_key"] == router.ssh_fingerprint
    key = asyncssh.generate_private_key("ssh-ed25519")
    install(router.store, "admin", key.export_public_key().decode())
    file = shell.data_dir / "id_ed25519"
    file.touch(mode=0o600)
    file.write_bytes(key.export_private_key())
    assert (await shell.run("device", "test", "edge-1")).code == 1  # a user with a key needs it
    ended = await shell.run("device", "login", "edge-1", "--username", "admin", "--ssh-key", file)
    assert (ended.code, "answers over REST and SSH" in ended.out) == (0, True)
    assert router.ssh.attempts[-1] == "admin key"
    file.chmod(0o644)
    refused = await shell.run("device", "login", "edge-1", "--username", "admin", "--ssh-key", file)
    assert f"Others may read the key file {file}" in refused.err


async def test_a_host_key_is_forgotten_on_demand(shell: Shell, fleet: Fleet) -> None:
    await shell.add(fleet, "edge-1")
    router = fleet["edge-1"]
    await shell.answer("device", "update", "edge-1", "--ssh-port", router.ssh.port)
    assert (await shell.run("device", "test", "edge-1")).code == 0
    router.faults.wrong_host_key()
    tested = await shell.run("device", "test", "edge-1")
    assert (tested.code, "SSH fails at pin" in tested.out) == (1, True)
    await shell.answer("device", "update", "edge-1", "--forget-host-key")
    assert (await shell.run("device", "test", "edge-1")).code == 0


async def test_nothing_to_change_is_not_understood(shell: Shell) -> None:
    ended = await shell.run("device", "update", "edge-1")
    assert (ended.code, ended.err.count("\n")) == (2, 1)


async def test_what_a_router_says_cannot_forge_the_table(shell: Shell, fleet: Fleet) -> None:
    await shell.add(fleet, "edge-1")
    evil = "\x1b[2J[bold]ok[/]\u202eevil"
    async with shell.app() as app:
        (device,) = await app.services.devices.resolve(ASSISTANT, ["edge-1"])
        async with app.services.users._uow() as tx:
            await tx.devices.save(replace(device, hardware_model=evil))
    for words in (("device", "list"), ("device", "show", "edge-1")):
        ended = await shell.run(*words)
        assert "\\u{001b}[2J[bold]ok[/]\\u{202e}evil" in ended.out
        assert "\x1b" not in ended.out


# -- errors ----------------------------------------------------------------------------------------------


async def test_a_refusal_is_one_line_for_people_and_an_object_for_machines(shell: Shell) -> None:
    ended = await shell.run("device", "show", "nobody")
    assert (ended.code, ended.out) == (1, "")
    assert ended.err == "error: No device matches nobody. Ask device_list for the names.\n"
    ended = await shell.run("--json", "device", "show", "nobody")
    assert (ended.code, ended.err) == (1, "")
    assert json.loads(ended.out)["error"] == {
        "code": "not_found",
        "message": "No device matches nobody.",
        "fix": "Ask device_list for the names.",
    }


async def test_another_key_than_the_one_that_sealed_is_told_in_one_line(shell: Shell, fleet: Fleet) -> None:
    await shell.add(fleet, "edge-1")
    (shell.data_dir / "master.key").unlink()
    assert (await shell.run("keys", "generate", "--file", shell.data_dir / "master.key")).code == 0
    ended = await shell.run("device", "test", "edge-1")
    assert (ended.code, ended.err.count("\n")) == (3, 1)
    assert "was sealed with key" in ended.err
    assert "Set ROUTEROS_MCP_MASTER_KEY" in ended.err


async def test_a_missing_key_is_told_in_one_line(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ROUTEROS_MCP_ENVIRONMENT", "staging")
    ended = await shell.run("device", "list")
    assert (ended.code, ended.err.count("\n")) == (3, 1)
    assert "There is no master key" in ended.err


async def test_a_schema_that_nobody_migrated_names_the_command_to_run(shell: Shell) -> None:
    with closing(sqlite3.connect(shell.data_dir / "routeros-mcp.db")) as database:
        database.execute("CREATE TABLE devices (id TEXT)")
    ended = await shell.run("device", "list")
    assert (ended.code, ended.err.count("\n")) == (3, 1)
    assert "Run `routeros-mcp db upgrade`." in ended.err


async def test_a_database_server_out_of_reach_is_told_in_one_line_without_its_password(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ROUTEROS_MCP_DATABASE_URL", "postgresql://me:hush-hush@127.0.0.1:9/none")
    for words in (("device", "list"), ("db", "current")):
        ended = await shell.run(*words)
        assert (ended.code, ended.err.count("\n")) == (3, 1)
        assert "routeros-mcp db current" in ended.err
        assert "hush-hush" not in ended.everything


@pytest.mark.parametrize(("name", "value"), [("HTTP_PORT", "abc"), ("HTTP_PROT", "1"), ("CONFIG", "/none")])
async def test_a_setting_that_cannot_be_is_named(
    shell: Shell, monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(f"ROUTEROS_MCP_{name}", value)
    ended = await shell.run("device", "list", "--json")
    assert ended.code == 3
    assert json.loads(ended.out)["error"]["code"] == "setup"


async def test_the_lab_is_its_own_installation_whatever_the_environment_names(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(shell.data_dir))
    monkeypatch.setenv("ROUTEROS_MCP_DATABASE_URL", "postgresql://127.0.0.1:9/production")
    ended = await shell.run("device", "list", "--lab")
    assert (ended.code, ended.err.count("\n")) == (3, 1)
    assert "Start one: `routeros-mcp lab`." in ended.err
    lab = shell.data_dir / "routeros-mcp" / "lab"
    lab.mkdir(parents=True)
    (lab / "routeros-mcp.db").touch()
    assert (await shell.answer("--lab", "device", "list"))["devices"] == []


async def test_an_unknown_option_is_not_understood(shell: Shell) -> None:
    assert (await shell.run("device", "list", "--unknown")).code == 2
    assert (await shell.run("device")).code == 2


# -- database and keys -----------------------------------------------------------------------------------


async def test_a_database_is_made_checked_copied_and_taken_back(shell: Shell) -> None:
    missing = await shell.run("db", "current")
    assert (missing.code, missing.err.count("\n")) == (3, 1)
    assert "Run `routeros-mcp db upgrade`." in missing.err
    made = await shell.answer("db", "upgrade")
    assert made["is_current"]
    assert stat.S_IMODE((shell.data_dir / "routeros-mcp.db").stat().st_mode) == 0o600
    assert (await shell.answer("db", "verify"))["differences"] == []
    revisions = (await shell.answer("db", "history"))["revisions"]
    assert [one["revision"] for one in revisions if one["is_head"]] == [made["head"]]
    copy = shell.data_dir / "copy.db"
    assert (await shell.answer("db", "backup", copy))["size_bytes"] == copy.stat().st_size
    again = await shell.run("db", "backup", copy)
    assert (again.code, again.err.count("\n")) == (3, 1)
    taken_back = await shell.answer("db", "downgrade", "base")
    assert (taken_back["revision"], taken_back["is_current"]) == (None, False)
    assert "db upgrade" in (await shell.run("db", "current")).out
    assert (await shell.run("db", "verify")).code == 1
    assert (await shell.answer("db", "stamp", "head"))["is_current"]


async def test_an_unknown_revision_lists_the_known_ones(shell: Shell) -> None:
    ended = await shell.run("db", "upgrade", "20990101_1")
    assert (ended.code, ended.err.count("\n")) == (2, 1)
    assert not (shell.data_dir / "routeros-mcp.db").exists()


async def test_a_key_is_printed_or_written_for_its_owner_alone_and_never_overwritten(shell: Shell) -> None:
    printed = await shell.answer("keys", "generate")
    assert len(printed["key"]) == 44
    path = shell.data_dir / "new" / "master.key"
    written = await shell.answer("keys", "generate", "--file", path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert "key" not in written
    before = path.read_text()
    refused = await shell.run("keys", "generate", "--file", path)
    assert (refused.code, path.read_text()) == (3, before)
    shown = await shell.answer("keys", "show-id", "--data-dir", path.parent)
    assert shown["key_id"] == written["key_id"]
    assert (await shell.run("keys", "show-id")).code == 3


async def test_a_broken_trail_is_found(shell: Shell) -> None:
    for _ in range(2):
        await shell.answer("device", "list")
    with closing(sqlite3.connect(shell.data_dir / "routeros-mcp.db")) as database:
        for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type='trigger'").fetchall():
            database.execute(f"DROP TRIGGER {name}")
        database.execute("UPDATE audit_events SET user_sub = 'somebody' WHERE sequence = 1")
        database.commit()
    ended = await shell.run("audit", "verify")
    assert ended.code == 1
    assert "broken at line 1" in ended.out


# -- the words -------------------------------------------------------------------------------------------


def test_every_command_runs_a_function_that_exists() -> None:
    commands = [
        run for parser in _leaves(build_parser()) if isinstance(run := parser.get_default("run"), Later)
    ]
    assert len(commands) > 30
    for command in commands:
        assert callable(command.load())


def test_global_options_may_stand_before_or_after_the_command() -> None:
    for words in (
        ["--json", "--data-dir", "/x", "job", "list"],
        ["job", "list", "--json", "--data-dir", "/x"],
    ):
        chosen = parse(words)
        assert (chosen.json, chosen.data_dir, chosen.lab) == (True, Path("/x"), False)


def _leaves(parser: argparse.ArgumentParser) -> list[argparse.ArgumentParser]:
    groups = [action for action in parser._actions if isinstance(action, argparse._SubParsersAction)]
    below = [command for group in groups for command in group.choices.values()]
    return [leaf for one in below for leaf in _leaves(one)] if below else [parser]
