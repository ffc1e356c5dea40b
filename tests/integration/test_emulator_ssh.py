"""What a person and their programs meet at an emulated router's SSH, apart from our own client."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

import asyncssh
import pytest

from routeros_mcp.emulator import Fleet, Router, RouterSpec, User

ADMIN = User(name="admin", password="admin-password")
READER = User(name="reader", password="reader-password", group="read")
COMMENT = "words " * 30


@contextlib.asynccontextmanager
async def logged_in(
    options: str = "", user: User = ADMIN, **spec: object
) -> AsyncIterator[tuple[Router, asyncssh.SSHClientConnection]]:
    async with Fleet.running([RouterSpec(name="core", users=(ADMIN, READER), **spec)]) as fleet:
        router = fleet["core"]
        host, _, port = router.ssh_address.partition(":")
        name = user.name + options
        way = asyncssh.connect(
            host,
            int(port),
            username=name,
            password=user.password,
            known_hosts=None,
            config=None,
            agent_path=None,
            client_keys=None,
        )
        async with way as connection:
            yield router, connection


@pytest.mark.parametrize(
    ("line", "printed"),
    [
        (":put [/system/identity/get name]", "core\r\n"),
        (":put one; :put two", "one\r\ntwo\r\n"),
        ("/bogus", "bad command name bogus (line 1 column 2)\r\n"),
        (":put one; /ip bogus; :put two", "one\r\nbad command name bogus (line 1 column 15)\r\n"),
        ("/ip/address/add address=192.0.2.1/24 interface=ether1", ""),
        (
            "/ip/address/add address=192.0.2.1/24 interface=none; :put done",
            "input does not match any value of interface\r\n",
        ),
        (":put one\n:put two", "one\r\n"),
        ("/system/identity/print", "  name: core\r\n"),
        ("/interface/print as-value", ""),
    ],
)
@pytest.mark.parametrize("status", [0, 1])
async def test_a_line_is_executed_without_prompt_or_echo(line: str, printed: str, status: int) -> None:
    async with logged_in(ssh_error_status=status) as (_, connection):
        done = await connection.run(line)
        has_failed = "bad command" in printed or "does not match" in printed
        assert (done.stdout, done.stderr, done.exit_status) == (printed, "", status * has_failed)


@pytest.mark.parametrize(("options", "longest"), [("", 400), ("+ct100w", 100), ("+ct511w4098h", 400)])
async def test_the_width_of_the_login_decides_where_an_export_breaks(options: str, longest: int) -> None:
    async with logged_in(options) as (router, connection):
        router.edit("/interface", "ether1", {"comment": COMMENT})
        lines = str((await connection.run("/export")).stdout).split("\r\n")
        assert max(map(len, lines)) <= longest
        assert any(line.endswith("\\") for line in lines) == (longest == 100)


async def test_a_terse_export_has_the_menu_in_each_line() -> None:
    async with logged_in() as (_, connection):
        assert "/system identity set name=core" in str((await connection.run("/export terse")).stdout)


async def test_sensitive_values_need_their_policy() -> None:
    async with logged_in() as (router, connection):
        router.add("/ppp/secret", {"name": "vpn", "password": "of-the-tunnel"})
        assert "of-the-tunnel" not in str((await connection.run("/export")).stdout)
        assert "of-the-tunnel" in str((await connection.run("/export show-sensitive")).stdout)


async def test_a_reader_changes_nothing() -> None:
    async with logged_in(user=READER) as (router, connection):
        done = await connection.run("/system/identity/set name=other")
        assert done.stdout == "not enough permissions (9)\r\n"
        assert router.rows("/system/identity") == [{"name": "core"}]


async def test_a_person_walks_through_the_menus() -> None:
    async with logged_in() as (_, connection):
        process = await connection.create_process(term_type="vt100")
        process.stdin.write("/system/identity\nset name=edge\n/\n:put hello\n/quit\n")
        shown = await process.stdout.read()
        for part in ("[admin@core] > ", "[admin@core] /system/identity> ", "[admin@edge] > ", "hello\r\n"):
            assert part in shown
        await process.wait_closed()


async def test_a_script_that_runs_on_arrival_leaves_its_log() -> None:
    async with logged_in() as (router, connection):
        async with connection.start_sftp_client() as sftp:
            async with sftp.open("x.auto.rsc", "w") as file:
                await file.write("/system/identity/set name=owned\n:put done\n")
            assert sorted(await sftp.listdir("/")) == ["x.auto.log", "x.auto.rsc"]
            async with sftp.open("x.auto.log") as log:
                assert await log.read() == "done\r\n"
            await sftp.remove("x.auto.rsc")
            with pytest.raises(asyncssh.SFTPError):
                await sftp.mkdir("folder")
        assert router.rows("/system/identity") == [{"name": "owned"}]


async def test_files_need_the_policy_ftp() -> None:
    async with logged_in(user=READER) as (_, connection), connection.start_sftp_client() as sftp:
        with pytest.raises(asyncssh.SFTPPermissionDenied):
            await sftp.listdir("/")


async def test_a_session_is_listed_while_it_lasts_and_the_log_keeps_it() -> None:
    async with logged_in() as (router, connection):
        assert [row["via"] for row in router.rows("/user/active")] == ["ssh"]
        connection.close()
        await connection.wait_closed()
        assert any("logged in from 127.0.0.1 via ssh" in row["message"] for row in router.rows("/log"))


async def test_what_is_executed_is_in_the_ledger_and_counts_as_a_write_unless_it_reads() -> None:
    async with logged_in() as (router, connection):
        await connection.run("/export")
        await connection.run("/system/identity/set name=a")
        assert [(r.method, r.user, r.executed) for r in router.ledger] == [("EXEC", "admin", True)] * 2
        assert [r.path for r in router.writes] == ["/system/identity/set name=a"]


async def test_a_pause_of_a_command_is_really_waited() -> None:
    async with logged_in(pace=0.02) as (_, connection):
        started = asyncio.get_running_loop().time()
        done = await connection.run(":delay 5s; :put [:time {:delay 2s}]")
        assert done.stdout == "00:00:02\r\n"
        assert asyncio.get_running_loop().time() - started >= 0.14


async def test_a_command_without_an_end_lasts_until_its_caller_leaves() -> None:
    async with logged_in() as (router, connection), asyncio.timeout(5):
        await connection.create_process("/ping 192.0.2.1")
        await router.until(lambda: len(router.ledger) == 1)
        connection.close()
        await connection.wait_closed()
        assert not router.ledger[0].executed


async def test_a_shell_takes_blocks_over_several_lines_and_keeps_what_it_declared() -> None:
    async with logged_in() as (router, connection):
        process = await connection.create_process(term_type="vt100")
        process.stdin.write("/ip address\n:global n 2\n:foreach i in={1;2} do={\n:put ($i * $n)\n}\nprint\n")
        process.stdin.write(":put $n\n:put [find]\n..\nbogus\n/quit\n")
        shown = await process.stdout.read()
        for part in (
            "{... ",
            "2\r\n4\r\n",
            "[admin@core] /ip/address> ",
            "[admin@core] /ip> ",
            "bad command name",
        ):
            assert part in shown
        assert [request.path for request in router.ledger][2] == ":foreach i in={1;2} do={\n:put ($i * $n)\n}"
