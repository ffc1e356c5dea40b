"""Safe mode and undo on an emulated router, as people and programs meet them over SSH."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

import asyncssh
import pytest
from timed_router import ADMIN, OTHER, http, logged_in, post, powered

from routeros_mcp.emulator import Router, User

CTRL_D, CTRL_X = "\x04", "\x18"
LISTS = "/ip/firewall/address-list"
TAKEN = "Taking Safe Mode session... Success!"


class Person:
    """Somebody at a shell: types, and reads until they see what they wait for."""

    def __init__(self, process: asyncssh.SSHClientProcess[str]) -> None:
        self.process = process
        self.seen = ""

    async def see(self, text: str) -> str:
        """Read up to and with this text, and return what came before it."""
        async with asyncio.timeout(5):
            while text not in self.seen:
                read = await self.process.stdout.read(4096)
                assert read, f"the end came before {text!r}: {self.seen!r}"
                self.seen += read
        before, _, self.seen = self.seen.partition(text)
        return before

    async def type(self, keys: str, then: str) -> str:
        self.process.stdin.write(keys)
        return await self.see(then)

    async def end(self) -> None:
        async with asyncio.timeout(5):
            await self.process.wait_closed()


@contextlib.asynccontextmanager
async def person(router: Router, user: User = ADMIN, terminal: str | None = "vt100") -> AsyncIterator[Person]:
    async with logged_in(router, user) as connection:
        process = await connection.create_process(term_type=terminal)
        somebody = Person(process)
        await somebody.see(f"[{user.name}@core] > ")
        yield somebody


def names(router: Router) -> list[str]:
    return [row["address"] for row in router.rows(LISTS)]


async def listed(router: Router, address: str) -> None:
    assert (await post(router, f"{LISTS}/add", list="a", address=address)).status_code == 200


@pytest.mark.parametrize("terminal", ["vt100", None])
async def test_ctrl_x_takes_and_releases(terminal: str | None) -> None:
    async with powered() as router, person(router, terminal=terminal) as somebody:
        await somebody.type(CTRL_X, TAKEN)
        await somebody.see("[admin@core] <SAFE> ")
        await somebody.type(f"{LISTS}/add list=a address=192.0.2.1\n", "<SAFE> ")
        await somebody.type(CTRL_X, "[Safe Mode released]")
        await somebody.see("[admin@core] > ")
        assert names(router) == ["192.0.2.1"]


async def test_older_versions_say_it_in_their_words() -> None:
    async with powered(version="7.16.2") as router, person(router) as somebody:
        await somebody.type("/ip/route\n", "[admin@core] /ip/route> ")
        await somebody.type(CTRL_X, "[Safe Mode taken]")
        await somebody.see("[admin@core] /ip/route<SAFE> ")


async def test_ctrl_d_undoes_what_anybody_did_and_leaves() -> None:
    async with powered() as router:
        router.add(LISTS, {"list": "a", "address": "192.0.2.9"})
        async with person(router) as somebody:
            await somebody.type(CTRL_X, "<SAFE> ")
            await listed(router, "192.0.2.1")
            await somebody.type("/system/identity/set name=mine\n", "<SAFE> ")
            async with http(router, OTHER) as client:
                await client.delete(f"{LISTS}/{router.rows(LISTS)[0]['.id']}")
            assert names(router) == ["192.0.2.1"]
            somebody.process.stdin.write(CTRL_D)
            await somebody.end()
        assert names(router) == ["192.0.2.9"]
        assert router.rows("/system/identity") == [{"name": "core"}]


async def test_quit_keeps() -> None:
    async with powered() as router:
        async with person(router) as somebody:
            await somebody.type(CTRL_X, "<SAFE> ")
            await listed(router, "192.0.2.1")
            somebody.process.stdin.write("/quit\n")
            await somebody.end()
        assert names(router) == ["192.0.2.1"]
        assert "floating-undo" not in router.rows("/system/history")[0]


async def test_closing_the_channel_or_the_connection_undoes_at_once() -> None:
    async with powered() as router:
        for address in ("192.0.2.1", "192.0.2.2"):
            async with person(router) as somebody:
                await somebody.type(CTRL_X, "<SAFE> ")
                await listed(router, address)
                if address == "192.0.2.1":
                    somebody.process.close()
                    await router.until(lambda: names(router) == [])
            await router.until(lambda: names(router) == [])


async def test_a_cut_session_undoes_when_it_has_timed_out() -> None:
    async with powered() as router, person(router) as somebody:
        await somebody.type(CTRL_X, "<SAFE> ")
        await listed(router, "192.0.2.1")
        router.faults.down()
        await somebody.end()
        router.faults.up()
        await router.advance(539)
        assert names(router) == ["192.0.2.1"]
        await router.advance(1)
        assert names(router) == []


async def test_somebody_else_may_end_the_safe_mode_of_a_cut_session() -> None:
    async with powered(version="7.16.2") as router, person(router) as first:
        await first.type(CTRL_X, "<SAFE> ")
        await listed(router, "192.0.2.1")
        router.faults.down()
        await first.end()
        router.faults.up()
        async with person(router, OTHER) as second:
            await second.type(CTRL_X, "[u/r/d]:")
            await second.type("u", "<SAFE> ")
            assert names(router) == []
            await listed(router, "192.0.2.2")
            await router.advance(600)
            assert names(router) == ["192.0.2.2"]


async def test_what_was_done_before_or_to_files_is_not_undone() -> None:
    async with powered() as router:
        await listed(router, "192.0.2.1")
        async with person(router) as somebody:
            await somebody.type(CTRL_X, "<SAFE> ")
            async with http(router) as client:
                await client.put("/file", json={"name": "a.txt", "contents": "x"})
            somebody.process.stdin.write(CTRL_D)
            await somebody.end()
        assert names(router) == ["192.0.2.1"]
        assert len(router.rows("/file")) == 1


@pytest.mark.parametrize(
    ("key", "kept", "holds"), [("u", [], True), ("r", ["192.0.2.1"], True), ("d", ["192.0.2.1"], False)]
)
async def test_a_second_taker_is_asked(key: str, kept: list[str], holds: bool) -> None:
    async with powered(version="7.16.2") as router, person(router) as first, person(router, OTHER) as second:
        await first.type(CTRL_X, "<SAFE> ")
        await listed(router, "192.0.2.1")
        await second.type(CTRL_X, "unroll/release/don't take it [u/r/d]:")
        await second.type(key, "[other@core] <SAFE> " if holds else "[other@core] > ")
        if holds:
            await first.see("[Safe mode released by another user]")
        assert names(router) == kept
        await listed(router, "192.0.2.2")
        second.process.stdin.write(CTRL_D)
        await second.end()
        assert names(router) == (kept if holds else [*kept, "192.0.2.2"])


async def test_newer_versions_ask_in_other_words() -> None:
    async with powered(version="7.24") as router, person(router) as first, person(router) as second:
        await first.type(CTRL_X, "<SAFE> ")
        before = await second.type(CTRL_X, "Unroll, release or abort [u/r]?")
        assert "taken by current user in another session" in before


async def test_more_than_a_hundred_changes_end_safe_mode_without_a_word() -> None:
    async with powered() as router, person(router) as somebody:
        await somebody.type(CTRL_X, "<SAFE> ")
        for number in range(100):
            router.add(LISTS, {"list": "a", "address": f"192.0.2.{number}"})
        assert {"true"} == {row["floating-undo"] for row in router.rows("/system/history")}
        router.add(LISTS, {"list": "a", "address": "192.0.2.100"})
        assert not any("floating-undo" in row for row in router.rows("/system/history"))
        await somebody.type("\n", "[admin@core] > ")
        somebody.process.stdin.write(CTRL_D)
        await somebody.end()
        assert len(names(router)) == 101


async def test_a_reboot_ends_safe_mode_and_keeps_the_changes() -> None:
    async with powered() as router, person(router) as somebody:
        await somebody.type(CTRL_X, "<SAFE> ")
        await listed(router, "192.0.2.1")
        router.reboot()
        await router.advance(10)
        await somebody.end()
        await router.advance(600)
        assert names(router) == ["192.0.2.1"]


async def test_sessions_have_commands_for_it_since_7_18() -> None:
    async with powered() as router, person(router) as first, person(router, OTHER) as second:
        await first.type("/safe-mode/take\n", "<SAFE> ")
        await first.type("/safe-mode/get\n", "current=true;enabled=true;owner=admin;user=admin")
        await second.type("/safe-mode/get\n", "current=false;enabled=true;owner=admin;user=admin")
        await second.type("/safe-mode/take on-error=abort\n", "[other@core] > ")
        assert (await post(router, "/safe-mode/print")).json()[0]["enabled"] == "true"
        await listed(router, "192.0.2.1")
        await first.type("/safe-mode/unroll\n", "[admin@core] > ")
        assert names(router) == []
        await second.type("/safe-mode/take on-error=unroll\n", "<SAFE> ")
        await second.type("/safe-mode/release\n", "[other@core] > ")


@pytest.mark.parametrize(("version", "status"), [("7.23.2", 400), ("7.17.2", 400)])
async def test_rest_cannot_hold_safe_mode(version: str, status: int) -> None:
    async with powered(version=version) as router:
        for command in ("take", "release", "unroll"):
            answer = await post(router, f"/safe-mode/{command}")
            assert answer.status_code == status
        assert "no such command" in answer.json()["detail"] or "session" in answer.json()["detail"]


# History.


async def test_the_history_tells_what_was_done_and_undo_and_redo_walk_through_it() -> None:
    async with powered() as router:
        router.edit("/ip/dns", None, {"servers": "192.0.2.53"})
        await listed(router, "192.0.2.1")
        await post(router, f"{LISTS}/set", OTHER, numbers=router.rows(LISTS)[0][".id"], address="192.0.2.2")
        rows = router.rows("/system/history")
        assert [(row["action"], row["by"]) for row in rows] == [
            ("firewall address list changed", "other"),
            ("firewall address list added", "admin"),
            ("dns changed", "admin"),
        ]
        assert {row["undoable"] for row in rows} == {"true"}
        await post(router, "/undo")
        assert names(router) == ["192.0.2.1"]
        await post(router, "/undo")
        assert names(router) == []
        assert [row.get("redoable") for row in router.rows("/system/history")] == ["true", "true", None]
        await post(router, "/redo")
        assert names(router) == ["192.0.2.1"]
        await listed(router, "192.0.2.3")
        assert (await post(router, "/redo")).status_code == 400


async def test_undo_puts_rows_back_where_they_stood_with_their_ids_and_who_referred_to_them() -> None:
    config = {
        "/interface/list": [{"name": "LAN"}],
        "/interface/list/member": [{"interface": "ether2", "list": "LAN"}],
        "/ip/firewall/filter": [{"chain": "input", "comment": name} for name in "abc"],
    }
    async with powered(config=config) as router:
        before = {path: router.rows(path) for path in config}
        router.remove("/ip/firewall/filter", before["/ip/firewall/filter"][1][".id"])
        await post(router, "/ip/firewall/filter/move", numbers="*3", destination="*1")
        router.edit("/interface/list", "LAN", {"name": "office"})
        router.remove("/interface/list", "office")
        assert {path: router.rows(path) for path in config} != before
        for _ in range(4):
            await post(router, "/undo")
        assert {path: router.rows(path) for path in config} == before


async def test_the_history_ends_with_a_hundred_actions() -> None:
    async with powered() as router:
        for number in range(105):
            router.edit("/system/identity", None, {"name": f"n{number}"})
        async with http(router) as client:
            for _ in range(100):
                assert (await client.post("/undo", json={})).status_code == 200
            assert (await client.post("/undo", json={})).status_code == 400
        assert router.rows("/system/identity") == [{"name": "n4"}]
