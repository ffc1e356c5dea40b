"""The official conformance suite, on both revisions of the protocol."""

from __future__ import annotations

import asyncio
import re

import pytest
from mcp_peers import conformance_server, node

pytestmark = pytest.mark.external

SUITE = "@modelcontextprotocol/conformance/dist/index.js"
DEADLINE_S = 400
SCORED = {"2025-11-25": 30, "2026-07-28": 37}

BOTH = ["tools-list", "resources-list", "prompts-list", "completion-complete", "dns-rebinding-protection"]
WITHOUT_FIXTURES = {
    "2025-11-25": [
        *BOTH,
        "server-initialize",
        "ping",
        "server-sse-multiple-streams",
        "server-session-lifecycle",
    ],
    "2026-07-28": [
        *BOTH,
        "caching",
        "sep-2164-resource-not-found",
        "server-sse-multiple-streams",
        "http-header-validation",
        "input-required-result-unsupported-methods",
    ],
}


def outcomes(output: str) -> dict[str, tuple[int, int]]:
    """Passed and failed checks by scenario, of the summary."""
    summary = output.partition("=== SUMMARY ===")[2]
    found = re.findall(r"^[✓✗] ([\w-]+): (\d+) passed, (\d+) failed", summary, re.MULTILINE)
    return {name: (int(passed), int(failed)) for name, passed, failed in found}


def not_scored(output: str) -> set[str]:
    listed = output.partition("Not scored for")[2]
    return set(re.findall(r"^\s+[✓✗] ([\w-]+) \(", listed, re.MULTILINE))


@pytest.mark.parametrize("version", SCORED)
async def test_the_frozen_requirements_are_met_whole(version: str) -> None:
    async with asyncio.timeout(DEADLINE_S), conformance_server() as url:
        code, output = await node(SUITE, "server", "--url", url, "--requirements", version)
    scored = {name: both for name, both in outcomes(output).items() if name not in not_scored(output)}
    assert code == 0, output
    assert len(scored) == SCORED[version]
    assert [name for name, (passed, failed) in scored.items() if failed or not passed] == []


@pytest.mark.parametrize("version", WITHOUT_FIXTURES)
async def test_the_real_surface_passes_what_needs_no_fixtures(version: str) -> None:
    failures = {}
    async with asyncio.timeout(DEADLINE_S), conformance_server("--no-fixtures") as url:
        for scenario in WITHOUT_FIXTURES[version]:
            code, output = await node(
                SUITE, "server", "--url", url, "--scenario", scenario, "--spec-version", version
            )
            if code != 0:
                failures[scenario] = output
    assert failures == {}
