"""Secrets in plans: sealed where they are stored, masked where shown, right where written."""

from __future__ import annotations

import base64
import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from world import PASSPHRASE, World, configured, reopened, set_dns, world

from routeros_mcp.emulator import RouterSpec, User

PPP_SECRET = "/ppp/secret"
WIREGUARD = "/interface/wireguard"
PASSWORD = "kumquat-Xylophone-77"
NEXT_PASSWORD = "sealed:velvet-Trombone-41"
KEY = "cHJpdmF0ZS1rZXktb2YtYS10ZXN0LTAxMjM0NTY3ODk="
ADD_USER = {
    "op": "add",
    "path": PPP_SECRET,
    "values": {"name": "anna", "service": "l2tp", "password": PASSWORD},
}
SET_PASSWORD = {
    "op": "set",
    "path": PPP_SECRET,
    "match": {"name": "anna"},
    "values": {"password": NEXT_PASSWORD},
}
ADD_TUNNEL = {"op": "add", "path": WIREGUARD, "values": {"name": "wg-test", "private-key": KEY}}


def forms(secret: str) -> list[bytes]:
    """The secret as it is, and as it would look when it is carelessly hidden."""
    raw = secret.encode()
    shifted = [base64.b64encode(b"x" * shift + raw)[4:-4] for shift in range(3)]
    return [raw, raw.hex().encode(), raw[::-1], json.dumps(secret)[1:-1].encode(), *shifted]


def assert_absent(secrets: list[str], text: bytes, where: str) -> None:
    found = [secret[:4] for secret in secrets for form in forms(secret) if form in text]
    assert found == [], where


def stored_bytes(w: World) -> bytes:
    """Everything in the data directory but the key file."""
    kept = [path for path in w.settings.data_dir.rglob("*") if path.is_file() and path.name != "master.key"]
    assert w.database in kept
    return b"\n".join(path.read_bytes() for path in kept)


@contextmanager
def captured_logs() -> Iterator[list[str]]:
    """All that any logger says at DEBUG."""
    lines: list[str] = []

    class Keep(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            lines.append(f"{self.format(record)} {record.__dict__}")

    root, handler = logging.getLogger(), Keep()
    named = [logging.getLogger(name) for name in logging.root.manager.loggerDict]
    levels = {logger: logger.level for logger in (root, *named)}
    root.addHandler(handler)
    for logger in levels:
        # Also those that the program itself keeps quiet.
        logger.setLevel(logging.DEBUG)
    try:
        yield lines
    finally:
        root.removeHandler(handler)
        for logger, level in levels.items():
            logger.setLevel(level)


@pytest.mark.parametrize(
    ("operation", "path", "name", "secret"),
    [(ADD_USER, PPP_SECRET, "password", PASSWORD), (ADD_TUNNEL, WIREGUARD, "private-key", KEY)],
    ids=["ppp", "wireguard"],
)
async def test_a_secret_is_written_right_masked_in_views_and_sealed_at_rest(
    operation: dict[str, Any], path: str, name: str, secret: str
) -> None:
    async with world(1) as w:
        plan = await w.plan(operation)
        assert f"{name}=***" in plan["diff"][0]["lines"][0]
        ended = await w.carry_out(plan["plan_id"])
        assert ended["status"] == "applied"
        assert secret in {row.get(name) for row in w.router().rows(path)}
        shown = [plan, ended, await w.call("audit_search", limit=500), await w.call("job_list")]
        assert_absent([secret], json.dumps(shown).encode(), "an answer")
        assert_absent([secret], stored_bytes(w), "the database")


async def test_of_a_script_only_the_secrets_in_it_are_sealed_and_masked(small_world: World) -> None:
    w = small_world
    old = f'/tool/fetch user=bob password="{PASSWORD} \\"x" url=old; /ppp/secret/set 0 password={KEY}'
    new = f"/tool/fetch user=bob password={NEXT_PASSWORD} url=new"
    w.router().add("/system/script", {"name": "pull", "source": old})
    values = {"source": new, "comment": "sealed: a box"}
    change = {"op": "set", "path": "/system/script", "match": {"name": "pull"}, "values": values}
    plan = await w.plan(change)
    assert "user=bob password=*** url=new" in json.dumps(plan["diff"])
    done = await w.carry_out(plan["plan_id"])
    (row,) = w.router().rows("/system/script")
    assert (done["status"], row["source"], row["comment"]) == ("applied", new, "sealed: a box")
    await w.roll_back_and_wait(plan["plan_id"])
    (row,) = w.router().rows("/system/script")
    assert row["source"] == old
    shown = [plan, done, await w.call("audit_search", limit=500)]
    assert_absent([PASSWORD, NEXT_PASSWORD, KEY], json.dumps(shown).encode(), "an answer")
    assert_absent([PASSWORD, NEXT_PASSWORD, KEY], stored_bytes(w), "the database")


async def test_a_secret_that_looks_sealed_already_is_sealed_all_the_same() -> None:
    async with world(1) as w:
        await w.change(ADD_USER)
        plan = await w.change(SET_PASSWORD)
        assert plan["status"] == "applied"
        assert w.router().rows(PPP_SECRET)[0]["password"] == NEXT_PASSWORD
        assert_absent([NEXT_PASSWORD], stored_bytes(w), "the database")


async def test_the_old_secret_comes_back_with_the_roll_back(small_world: World) -> None:
    w = small_world
    await w.change(ADD_USER)
    plan = await w.change(SET_PASSWORD)
    await w.roll_back_and_wait(plan["plan_id"])
    assert w.router().rows(PPP_SECRET)[0]["password"] == PASSWORD


async def test_drift_and_failures_tell_no_secret(small_world: World) -> None:
    w = small_world
    shown: list[object] = []
    for meanwhile in ({"password": "drifted-Bassoon-5"}, {"comment": "elsewhere"}):
        plan_id = (await w.plan(ADD_USER))["plan_id"]
        w.router().add(PPP_SECRET, {**ADD_USER["values"], "name": "anna"})
        shown.append(await w.carry_out(plan_id))
        changed = (await w.plan(SET_PASSWORD))["plan_id"]
        w.router().edit(PPP_SECRET, "anna", meanwhile)
        shown.append(await w.carry_out(changed))
        w.router().remove(PPP_SECRET, "anna")
    guess = {"op": "set", "path": PPP_SECRET, "match": {"password": PASSWORD}, "values": {"comment": "x"}}
    shown.append(str(await w.fails("plan_create", devices=["all"], operations=[guess])))
    assert all("drifted" in w.states(plan) for plan in shown[:2] if isinstance(plan, dict))
    secrets = [PASSWORD, NEXT_PASSWORD, "drifted-Bassoon-5"]
    assert_absent(secrets, json.dumps(shown).encode(), "an answer")
    assert_absent(secrets, json.dumps(await w.call("audit_search", limit=500)).encode(), "the audit trail")


async def test_a_menu_that_the_schema_does_not_know_hides_what_looks_like_a_secret(
    small_world: World,
) -> None:
    operation = {"op": "add", "path": "/no/such/menu", "values": {"name": "x", "api-token": PASSWORD}}
    failed = await small_world.fails("plan_create", devices=["all"], operations=[operation])
    assert_absent([PASSWORD], str(failed).encode(), "an answer")


async def test_a_reader_cannot_find_out_a_secret_by_guessing(small_world: World) -> None:
    w = small_world
    w.router().add(PPP_SECRET, {"name": "anna", "service": "l2tp", "password": PASSWORD})
    for where in ({"password": PASSWORD}, {"password": "~kum"}, {"password": "!=x"}):
        asked = {"devices": ["all"], "path": PPP_SECRET, "where": where, "count_only": True}
        assert (await w.fails("routeros_read", **asked)).code == "invalid_params"
    (group,) = (await w.call("routeros_read", devices=["all"], path=PPP_SECRET))["groups"]
    assert group["rows"][0]["password"] == "***"


async def test_no_secret_of_a_whole_run_is_found_anywhere() -> None:
    with captured_logs() as lines:
        async with world(2, log_level="debug") as w:
            shown = await a_day_of_work(w)
            master_key = (w.settings.data_dir / "master.key").read_text().strip()
            passwords = [user.password for router in w.fleet for user in router.spec.users]
            secrets = [PASSWORD, NEXT_PASSWORD, KEY, PASSPHRASE, master_key, *passwords]
            async with reopened(w) as again:
                shown.append(await again.call("audit_search", limit=500))
            assert_absent(secrets, stored_bytes(w), "the data directory")
    assert_absent(secrets, json.dumps(shown, default=str).encode(), "an answer")
    assert_absent(secrets, "\n".join(lines).encode(), "the log")
    assert any("sqlalchemy" in line or "asyncio" in line or "routeros_mcp" in line for line in lines)


async def a_day_of_work(w: World) -> list[object]:
    """Reads, plans with secrets, snapshots, failures; all that was answered."""
    who = await w.authenticate()
    shown: list[object] = [await w.call("device_list"), await w.call("device_test", device=w.names[0])]
    plan = await w.plan(ADD_USER, ADD_TUNNEL, set_dns("192.0.2.53"))
    await w.approve(plan["plan_id"], who=who)
    shown += [plan, await w.apply_and_wait(plan["plan_id"]), await w.change(SET_PASSWORD)]
    snapshots = await w.call("snapshot_capture", devices=["all"])
    for row in snapshots["captured"]:
        shown.append(await w.call("snapshot_get", snapshot_id=row["snapshot_id"], limit=2000))
    for path in (PPP_SECRET, WIREGUARD, "/interface/wifi", "/user"):
        shown.append(await w.app.pipeline.call(w.admin, "routeros_read", {"devices": ["all"], "path": path}))
    w.router(0).faults.drop_after(2)
    w.router(1).faults.wrong_certificate()
    shown += [await w.call("health_check", devices=["all"]), await w.call("config_diff", device=w.names[0])]
    shown.append(await w.app.pipeline.call(w.admin, "plan_create", {"password": PASSWORD}))
    shown.append(str(await w.fails("no_such_tool", secret=PASSWORD)))
    assert configured(w.router(0), PPP_SECRET)[0]["password"] == NEXT_PASSWORD
    return shown


# -- a login that may not read secrets -------------------------------------------------------------------


def blind_router() -> RouterSpec:
    """A router whose only login writes, and is shown no secrets."""
    policy = "read,write,rest-api,api,policy,test,!sensitive"
    user = User(name="writer", password="writer-password", group="blind")
    config = {
        "/user/group": [{"name": "blind", "policy": policy}],
        "/ip/route": [{"dst-address": "0.0.0.0/0", "gateway": "ether1"}],
    }
    return RouterSpec(name="blind-01", users=(user,), config=config)


async def blind_change(w: World) -> str:
    """Set a password that the login cannot read back; the plan's id."""
    w.router().add(PPP_SECRET, {"name": "anna", "service": "l2tp", "password": PASSWORD})
    plan = await w.plan(SET_PASSWORD)
    assert any("password" in gap for gap in plan["cannot_be_undone"])
    await w.approve(plan["plan_id"])
    plan_id: str = plan["plan_id"]
    return plan_id


async def test_rolling_back_does_not_unset_a_secret_that_could_not_be_read() -> None:
    async with world(specs=[blind_router()]) as w:
        plan_id = await blind_change(w)
        assert (await w.apply_and_wait(plan_id))["status"] == "success"
        await w.roll_back_and_wait(plan_id)
        plan = await w.call("plan_get", plan_id=plan_id)
        assert (plan["status"], w.states(plan)) == ("halted", ["rollback_failed"])
        assert "password" in plan["device_states"][0]["message"]
        assert w.router().rows(PPP_SECRET)[0]["password"] == NEXT_PASSWORD
        assert w.sent() == ["/ppp/secret/set"]


@pytest.mark.parametrize("fault", ["drop_before", "drop_after"])
async def test_a_lost_answer_about_a_secret_that_is_not_shown_stays_unknown(fault: str) -> None:
    async with world(specs=[blind_router()]) as w:
        plan_id = await blind_change(w)
        getattr(w.router().faults, fault)(1, lambda request: request.path == "/rest/ppp/secret/set")
        await w.apply_and_wait(plan_id)
        plan = await w.call("plan_get", plan_id=plan_id)
        assert (plan["status"], w.states(plan)) == ("halted", ["unknown"])
        assert w.sent() == ["/ppp/secret/set"]
