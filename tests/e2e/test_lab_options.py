"""The lab's switches through the real command line: faults, fidelity, kinds of fleets."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

import pytest
from cli_person import Ended
from cli_shell import Shell, shell
from mcp import Client, StdioServerParameters
from mcp.client.stdio import stdio_client

from routeros_mcp.emulator import FAULTS, fidelity

__all__ = ["shell"]


async def lab(shell: Shell, *words: str) -> Ended:
    return await shell.run("lab", *words)


async def test_the_faults_are_listed_with_what_is_right(shell: Shell) -> None:
    ended = await lab(shell, "--faults", "list")
    assert ended.code == 0
    assert all(f"{name}:routers" in ended.out for name in FAULTS)
    told = json.loads((await lab(shell, "--faults", "list", "--json")).out)
    assert [fault["name"] for fault in told["faults"]] == list(FAULTS)


async def test_fidelity_counts_what_is_observed_documented_and_assumed(shell: Shell) -> None:
    told = json.loads((await lab(shell, "--fidelity", "--json")).out)
    assert told["counts"] == fidelity()
    assert sum(told["counts"].values()) == told["total"] == len(told["behaviours"])
    shown = (await lab(shell, "--fidelity")).out
    assert all(one["behaviour"] in shown for one in told["behaviours"])
    assert not (shell.data_dir / "lab").exists()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--faults", "slwo"), "There is no fault 'slwo'. Did you mean slow?"),
        (("--faults", "slow::long"), "'long' is no number of seconds"),
        (("--faults", "slow:berlin-*"), "No router is named like 'berlin-*'"),
        (("--routers", "20000"), "A fleet has 1 to 10,000 routers"),
    ],
)
async def test_what_cannot_be_is_one_clear_error_before_anything_starts(
    shell: Shell, words: tuple[str, ...], said: str
) -> None:
    ended = await lab(shell, *words, "--stdio")
    assert (ended.code, ended.err.count("\n")) == (2, 1)
    assert said in ended.err


@pytest.mark.slow
async def test_a_lab_of_a_mixed_fleet_breaks_the_routers_it_was_asked_to(tmp_path: Path) -> None:
    words = ("lab", "--stdio", "--fleet", "mixed", "--routers", "6", "--faults", "down:*-access-*")
    where = ("-m", "routeros_mcp", "--data-dir", str(tmp_path / "lab"))
    async with asyncio.timeout(60):
        with (tmp_path / "screen").open("w") as screen:
            server = StdioServerParameters(command=sys.executable, args=[*where, *words])
            async with Client(stdio_client(server, errlog=screen)) as client:
                arguments = {"devices": ["all"], "path": "/system/identity"}
                result = await client.call_tool("routeros_read", arguments)
                told: dict[str, Any] = result.structured_content or {}
    read = {device for group in told["groups"] for device in group["devices"]}
    assert (len(read), len(told["failed"])) == (5, 1)
    (failed,) = told["failed"]
    assert ("-access-" in failed["device"], failed["code"]) == (True, "device_unreachable")
    assert "Fault: down:*-access-*" in (tmp_path / "screen").read_text()
