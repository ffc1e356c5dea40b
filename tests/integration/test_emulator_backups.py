"""Binary backups of an emulated router: what they hold, what they undo, and when they fail."""

from __future__ import annotations

import pytest
from timed_router import (
    ADMIN,
    OTHER,
    SCHEDULER,
    WRITER,
    answers,
    http,
    logged_in,
    messages,
    only,
    post,
    powered,
    schedule,
)

from routeros_mcp.emulator import Router, User

SAVE, LOAD = "/system/backup/save", "/system/backup/load"
LISTS = "/ip/firewall/address-list"


async def save(router: Router, name: str = "x", password: str = "") -> None:
    answer = await post(router, SAVE, name=name, password=password, dont_encrypt="no")
    assert (answer.status_code, answer.json()) == (200, [])


async def load(router: Router, name: str = "x", password: str = "") -> None:
    answer = await post(router, LOAD, name=name, password=password)
    assert (answer.status_code, answer.json()) == (200, [])
    await router.advance(10)


async def refusal(router: Router, path: str, user: User = ADMIN, **arguments: str) -> str:
    answer = await post(router, path, user, **arguments)
    assert answer.status_code >= 400
    return str(answer.json()["detail"])


async def test_a_backup_is_a_file_with_a_size_and_no_readable_contents() -> None:
    async with powered() as router, http(router) as client:
        await save(router)
        (row,) = (await client.get("/file")).json()
        assert (row["name"], row["type"], "contents" in row) == ("x.backup", "backup", False)
        assert int(row["size"]) > 100
        await post(router, SAVE)
        assert only(router, "/file", name="core-20261119-1200.backup")


@pytest.mark.parametrize("password", ["", "sesame-open"])
async def test_a_load_brings_back_the_moment_of_the_save(password: str) -> None:
    async with powered() as router:
        kept = router.add(LISTS, {"list": "a", "address": "192.0.2.1"})
        await save(router, password=password)
        router.edit("/system/identity", None, {"name": "changed"})
        router.remove(LISTS, kept)
        router.add(LISTS, {"list": "b", "address": "192.0.2.2"})
        router.add("/ip/dns/static", {"name": "later.lan", "address": "192.0.2.3"})
        router.edit("/user", OTHER.name, {"password": "another-password"})
        schedule(router)
        await load(router, password=password)
        assert [(row[".id"], row["address"]) for row in router.rows(LISTS)] == [(kept, "192.0.2.1")]
        assert (router.rows("/ip/dns/static"), router.rows(SCHEDULER)) == ([], [])
        assert router.rows("/system/identity") == [{"name": "core"}]
        assert (await post(router, "/system/identity/print", OTHER)).status_code == 200
        assert only(router, "/file", name="x.backup")


async def test_a_load_leaves_no_evidence_but_a_short_uptime() -> None:
    async with powered() as router:
        await save(router)
        schedule(router, on_event=':log warning "about to load"')
        await router.advance(120)
        await load(router)
        assert messages(router) == ["router rebooted by admin"]
        assert router.rows("/system/resource")[0]["uptime"] == "10s"


async def test_rows_keep_their_ids_whether_or_not_they_were_looked_at_before_the_save() -> None:
    config = {"/ip/dns/static": [{"name": "a.lan", "address": "192.0.2.1"}]}
    async with powered(config=config) as router:
        await save(router)
        before = router.rows("/ip/dns/static")
        router.add("/ip/route", {"dst-address": "10.0.0.0/8", "gateway": "192.0.2.9"})
        await load(router)
        assert router.rows("/ip/dns/static") == before
        assert router.rows("/ip/route") == []
        assert [row["name"] for row in router.rows("/interface")] == ["ether1", "ether2"]


@pytest.mark.parametrize("given", [{"password": "wrong"}, {"password": ""}])
async def test_a_wrong_password_changes_nothing(given: dict[str, str]) -> None:
    async with powered() as router:
        await save(router, password="right-password")
        router.edit("/system/identity", None, {"name": "changed"})
        assert "wrong password" in await refusal(router, LOAD, name="x", **given)
        await router.advance(10)
        assert router.rows("/system/identity") == [{"name": "changed"}]
        assert await answers(router)


async def test_what_is_missing_or_no_backup_is_refused() -> None:
    async with powered() as router:
        router.add("/file", {"name": "x.backup", "contents": "not one"})
        assert await refusal(router, LOAD, password="") == "missing =name="
        assert "not found" in await refusal(router, LOAD, name="other", password="")
        assert "corrupt" in await refusal(router, LOAD, name="x", password="")
        assert await refusal(router, SAVE, file="x") == "unknown parameter file"


async def test_a_full_disk_refuses_the_save() -> None:
    async with powered() as router:
        router.set_resource(free_hdd_space=100)
        assert "not enough" in await refusal(router, SAVE, name="x")
        assert router.rows("/file") == []


async def test_saving_needs_ftp_and_loading_more() -> None:
    async with powered() as router:
        await save(router)
        assert await refusal(router, SAVE, WRITER, name="y") == "not enough permissions (9)"
        assert await refusal(router, LOAD, WRITER, name="x") == "not enough permissions (9)"


async def test_a_downloaded_backup_restores_after_it_was_uploaded_again() -> None:
    async with powered() as router, logged_in(router) as connection:
        await save(router, password="sesame-open")
        async with connection.start_sftp_client() as sftp:
            async with sftp.open("x.backup", "rb") as file:
                content = await file.read()
            async with sftp.open("copy.backup", "wb") as file:
                await file.write(content)
        assert len(content) == int(only(router, "/file", name="x.backup")["size"])
        router.remove("/file", "x.backup")
        router.edit("/system/identity", None, {"name": "changed"})
        await load(router, "copy.backup", "sesame-open")
        assert router.rows("/system/identity") == [{"name": "core"}]


@pytest.mark.parametrize(
    ("command", "name", "complaint"),
    [
        ('/system/backup/load name=x password=""', "core", None),
        ("/system/backup/load name=x", "changed", None),
        ('/system/backup/load name=y password=""', "changed", "backup file not found"),
        ("/system/backup/load name=x password=wrong", "core", None),
        ("/system/backup/load name=sealed password=wrong", "changed", "wrong password"),
    ],
)
async def test_a_script_must_name_the_password_and_hears_of_failure_in_the_log_only(
    command: str, name: str, complaint: str | None
) -> None:
    async with powered() as router:
        await save(router)
        await save(router, "sealed", "right-password")
        router.edit("/system/identity", None, {"name": "changed"})
        schedule(router, on_event=command)
        await router.advance(130)
        assert router.rows("/system/identity") == [{"name": name}]
        found = " ".join(messages(router, "script,error"))
        assert (complaint is None) == (found == "")
        assert (complaint or "") in found
