"""Approval policies on the command line: shown, tried, enforced, and refused before anything is served."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from cli_person import Ended, person_running
from cli_shell import ASSISTANT, Shell, fleet, shell

from routeros_mcp.domain.models import Principal, Role, Scope, Selector
from routeros_mcp.domain.user_service import NewUser
from routeros_mcp.emulator import Fleet
from routeros_mcp.toolkit.pipeline import Success

pytestmark = pytest.mark.slow

__all__ = ["fleet", "shell"]

PASSPHRASE = "amber basalt cedar delta"
GUIDE = Path(__file__).parents[2] / "docs/guide/approvals.md"
VOUCHER = Principal(
    subject="user:voucher", role=Role.APPROVER, scopes=frozenset(Scope), devices=Selector.everything()
)


def policy_of(shell: Shell, text: str) -> Path:
    path = shell.data_dir / "policy.yaml"
    path.write_text(text)
    path.chmod(0o644)
    return path


@pytest.fixture
async def site(shell: Shell, fleet: Fleet) -> Shell:
    await shell.add(fleet, "edge-1")
    async with shell.app() as app:
        for name in ("ben", "carla"):
            wanted = NewUser(name=name, role=Role.APPROVER, passphrase=PASSPHRASE)
            await app.services.users.create(wanted, VOUCHER)
    return shell


async def approved(shell: Shell, plan: str, user: str, *, typing: str | None = None) -> Ended:
    async with person_running("plan", "approve", plan, "--as", user, "--json", env=shell.env) as person:
        if typing is not None:
            await person.answers("Type its name to do it all the same: ", typing)
            if typing != "edge-1":
                return await person.leaves()
        await person.answers(r"start of the digest\) or yes.*: ", "yes")
        await person.answers(f"Passphrase of {user}: ", PASSPHRASE)
        return await person.leaves()


async def test_a_policy_is_tried_and_shown_as_a_table(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    (example,) = re.findall(r"```yaml\n(.*?)```", GUIDE.read_text(), re.DOTALL)
    path = policy_of(shell, example)
    checked = await shell.run("policy", "check", path)
    assert (checked.code, checked.err) == (0, "")
    for words in (
        "one low-risk change on one device needs no other person in the lab",
        "production",
        "tue,wed,thu 22:00-05:00 Europe/Amsterdam",
        "at most 1 devices of one site in a plan",
        "is valid: 4 rule(s) of its own and 2 built-in ones.",
    ):
        assert words in checked.out
    assert (await shell.answer("policy", "show"))["source"] == "built in"
    monkeypatch.setenv("ROUTEROS_MCP_POLICY_FILE", str(path))
    shown = await shell.answer("policy", "show")
    assert (shown["source"], len(shown["rules"])) == (str(path), 6)


async def test_nothing_starts_without_the_policy_that_the_settings_name(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = policy_of(shell, "rules:\n  - name: x\n    require: {aprovers: 2}\n")
    monkeypatch.setenv("ROUTEROS_MCP_POLICY_FILE", str(path))
    for words in (("serve",), ("serve", "--http", "--port", "0"), ("plan", "list"), ("policy", "show")):
        ended = await shell.run(*words)
        assert (ended.code, ended.out, ended.err.count("\n")) == (3, "", 1)
        assert "line 3: rules.0.require.aprovers: no such field; did you mean approvers?" in ended.err
    path.unlink()
    assert "cannot be read: No such file" in (await shell.run("serve")).err


async def test_two_people_approve_one_after_the_other_and_see_who_has(
    site: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = policy_of(site, "rules:\n  - name: four eyes\n    require: {approvers: 2}\n")
    monkeypatch.setenv("ROUTEROS_MCP_POLICY_FILE", str(path))
    plan = await site.planned("edge-1", servers="9.9.9.9")
    first = await approved(site, plan, "ben")
    assert (first.code, json.loads(first.out)["status"]) == (0, "submitted")
    for words in ("0 of 2", "four eyes: 2 approvers", "any approver but assistant"):
        assert words in first.seen
    assert "1 of 2" in (await site.run("plan", "list")).out
    second = await approved(site, plan, "carla")
    assert "user:ben until " in second.seen
    assert json.loads(second.out)["approved_by"] == "user:ben, user:carla"
    assert (await site.answer("plan", "apply", plan))["status"] == "success"


async def test_an_approver_types_the_name_of_each_device_that_is_cut_off(site: Shell) -> None:
    operation = {
        "op": "set",
        "path": "/ip/service",
        "match": {"name": "www-ssl"},
        "values": {"disabled": True},
    }
    async with site.app() as app:
        made = await app.pipeline.call(
            ASSISTANT, "plan_create", {"devices": ["edge-1"], "operations": [operation]}
        )
    assert isinstance(made, Success), made
    plan = str(made.result.payload()["plan_id"])
    refused = await approved(site, plan, "ben", typing="yes")
    assert (refused.code, json.loads(refused.out)["error"]["message"]) == (1, "edge-1 was not confirmed.")
    ended = await approved(site, plan, "ben", typing="edge-1")
    assert "edge-1 is CUT OFF by this plan" in ended.seen
    told = json.loads(ended.out)
    assert (told["status"], told["approval"]["given"][0]["overrides"]) == ("approved", ["edge-1"])
