"""`conformance-router` as somebody with a router uses it: page, exit code, the question before writes."""

from __future__ import annotations

import asyncio
import json
import signal
import sqlite3
import sys
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import pytest
from cli_person import ROOT, person_running, program_running
from cli_shell import PASSWORD, Shell, shell

from routeros_mcp.emulator import Fleet, RouterSpec

__all__ = ["shell"]

COMMAND = ("conformance-router", "--device", "edge-1")


@pytest.fixture
async def edge(shell: Shell) -> AsyncIterator[Fleet]:
    """A router of the registry, with SSH."""
    async with Fleet.running([RouterSpec(name="edge-1", version="7.23.2", pace=0)]) as fleet:
        await shell.add(fleet, "edge-1")
        await shell.answer("device", "update", "edge-1", "--ssh-port", fleet["edge-1"].ssh.port)
        yield fleet


def scratch(fleet: Fleet) -> list[dict[str, str]]:
    menus = ("/ip/firewall/address-list", "/ip/firewall/filter", "/system/scheduler", "/file")
    return [row for menu in menus for row in fleet["edge-1"].rows(menu)]


def pages(folder: Path) -> list[str]:
    return [page.read_text("utf-8") for page in folder.glob("conformance-edge-1-*.md")]


async def test_a_router_that_agrees_leaves_a_page_and_exit_code_0(
    shell: Shell, edge: Fleet, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(shell.data_dir)
    ended = await shell.run(*COMMAND)
    assert ended.code == 0, ended.everything
    (text,) = pages(shell.data_dir)
    assert "0 differ" in ended.out
    assert "| `http.head` | HEAD is 501 |" in text
    assert PASSWORD not in text + ended.everything
    assert (await shell.run(*COMMAND)).code == 0
    assert len(pages(shell.data_dir)) == 2


async def test_a_router_that_differs_is_exit_code_1_and_the_report_may_be_named(
    shell: Shell, edge: Fleet
) -> None:
    edge["edge-1"].faults.garbage(n=1000, on="/ip/address")
    report = shell.data_dir / "report.md"
    ended = await shell.run(*COMMAND, "--report", report, "--json")
    assert ended.code == 1, ended.everything
    told = json.loads(ended.out)
    assert (told["report"], told["wrote"]) == (str(report), False)
    assert "read.list-menu" in {one["id"] for one in told["findings"] if one["verdict"] == "differs"}
    again = await shell.run(*COMMAND, "--report", report)
    assert f"{report} is replaced." in " ".join(again.err.split())


async def test_a_router_that_is_not_there_is_exit_code_2(shell: Shell, edge: Fleet) -> None:
    edge["edge-1"].faults.down()
    ended = await shell.run(*COMMAND)
    assert (ended.code, ended.err.count("\n")) == (2, 1), ended.everything
    assert "refuses connections" in ended.err
    assert (await shell.run("conformance-router", "--device", "edge-9")).code == 2
    nowhere = shell.data_dir / "none" / "report.md"
    assert (await shell.run(*COMMAND, "--report", nowhere)).code == 2


async def test_writes_need_a_device_that_allows_them(shell: Shell, edge: Fleet) -> None:
    ended = await shell.run(*COMMAND, "--allow-writes", "--yes")
    assert ended.code == 2
    assert "--allow-advanced-writes" in ended.err
    assert edge["edge-1"].writes == []


async def test_writes_are_announced_recorded_and_cleaned_up(shell: Shell, edge: Fleet) -> None:
    await shell.answer("device", "update", "edge-1", "--allow-advanced-writes")
    ended = await shell.run(*COMMAND, "--allow-writes", "--yes", "--report", shell.data_dir / "r.md")
    assert ended.code == 0, ended.everything
    assert "routeros-mcp-conformance-" in ended.err
    assert edge["edge-1"].writes
    assert scratch(edge) == []
    with closing(sqlite3.connect(shell.data_dir / "routeros-mcp.db")) as database:
        query = "select result, action from audit_events where tool_name = ? order by timestamp"
        recorded = database.execute(query, ["conformance_router"]).fetchall()
    assert recorded == [("ATTEMPT", "CHANGE"), ("SUCCESS", "CHANGE")]


@pytest.mark.slow
async def test_writes_are_confirmed_on_a_terminal(shell: Shell, edge: Fleet) -> None:
    await shell.answer("device", "update", "edge-1", "--allow-advanced-writes")
    words = (*COMMAND, "--allow-writes", "--report", str(shell.data_dir / "r.md"))
    async with person_running(*words, env=shell.env) as person:
        await person.answers("Type yes", "no")
        ended = await person.leaves()
    assert (ended.code, edge["edge-1"].writes) == (2, [])
    async with person_running(*words, env=shell.env) as person:
        await person.answers("Type yes", "yes")
        ended = await person.leaves()
    assert ended.code == 0, ended.everything
    assert edge["edge-1"].writes
    refused = await program_running(*words, env=shell.env, stdin="yes\n")
    assert refused.code == 2
    assert "--yes" in refused.err


@pytest.mark.slow
async def test_an_interrupted_run_cleans_up_before_it_leaves(shell: Shell, edge: Fleet) -> None:
    await shell.answer("device", "update", "edge-1", "--allow-advanced-writes")
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "routeros_mcp", *COMMAND, "--allow-writes", "--yes"),
        stderr=asyncio.subprocess.PIPE,
        cwd=shell.data_dir,
        env={**shell.env, "PYTHONPATH": str(ROOT)},
    )
    router = edge["edge-1"]
    async with asyncio.timeout(30):
        await router.until(lambda: len([one for one in router.writes if one.method == "PUT"]) > 4)
        process.send_signal(signal.SIGINT)
        _, err = await process.communicate()
    assert process.returncode == 130, err.decode()
    assert scratch(edge) == []
    assert pages(shell.data_dir) == []
