"""What the SSH client promises, on an emulated router: logins, pins, the mark, limits, reuse."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import replace

import asyncssh
import pytest
from router_lab import ADMIN, READER
from ssh_lab import BLIND, LIMITS, NO_SSH, ssh_lab

from routeros_mcp.domain.errors import (
    AddressNotAllowed,
    BadAnswer,
    DeviceUnreachable,
    HostKeyChanged,
    LoginFailed,
    PinMismatch,
    PolicyDenied,
    RouterRefused,
)
from routeros_mcp.domain.models import Login, SshAccess
from routeros_mcp.domain.models.credential import Secret
from routeros_mcp.emulator import console
from routeros_mcp.emulator.access import Session
from routeros_mcp.emulator.errors import Refusal
from routeros_mcp.emulator.faults import COMMANDS
from routeros_mcp.emulator.policies import ALL
from routeros_mcp.emulator.ssh_keys import install
from routeros_mcp.infra.routeros.ssh_words import Command

# -- logins ----------------------------------------------------------------------------------------------


async def test_a_password_lets_in_and_names_the_router() -> None:
    async with ssh_lab() as place:
        assert await place.ssh.run(place.target, Command.IDENTITY) == "core\n"
        assert place.router.ssh.attempts == ["admin password"]


@pytest.mark.parametrize(("kind", "options"), [("ssh-rsa", {"key_size": 2048}), ("ssh-ed25519", {})])
async def test_a_key_lets_in_and_no_password_is_tried(kind: str, options: dict[str, int]) -> None:
    async with ssh_lab() as place:
        assert await place.ssh.run(place.with_key(kind, **options), Command.IDENTITY) == "core\n"
        assert set(place.router.ssh.attempts) == {"admin key"}
        assert [row["user"] for row in place.router.rows("/user/ssh-keys")] == ["admin"]


async def test_a_router_does_not_take_ecdsa_keys() -> None:
    async with ssh_lab() as place:
        with pytest.raises(Refusal, match="unable to load key file"):
            place.with_key("ecdsa-sha2-nistp256")
        stranger = asyncssh.generate_private_key("ecdsa-sha2-nistp256")
        with pytest.raises(LoginFailed, match="over SSH") as caught:
            await place.ssh.run(place.by_key(stranger), Command.IDENTITY)
        assert "RSA and ed25519 keys only" in caught.value.fix


async def test_an_old_router_takes_no_ed25519_key() -> None:
    async with ssh_lab(version="7.11.3") as place:
        with pytest.raises(Refusal, match="unable to load key file"):
            place.with_key("ssh-ed25519")


async def test_a_user_with_a_key_gets_in_by_no_password() -> None:
    async with ssh_lab() as place:
        place.with_key("ssh-ed25519")
        with pytest.raises(LoginFailed) as caught:
            await place.ssh.run(place.target, Command.IDENTITY)
        assert "no password from a user who has a key" in caught.value.fix
        assert place.router.ssh.attempts == []


async def test_a_wrong_password_is_tried_once() -> None:
    async with ssh_lab() as place:
        wrong = place.over(login=Login(username="admin", password=Secret("wrong")))
        with pytest.raises(LoginFailed):
            await place.ssh.run(wrong, Command.IDENTITY)
        assert place.router.ssh.attempts == ["admin password"]


async def test_the_policy_ssh_is_needed() -> None:
    async with ssh_lab() as place:
        with pytest.raises(LoginFailed) as caught:
            await place.ssh.run(place.as_user(NO_SSH), Command.IDENTITY)
        assert "policy ssh" in caught.value.fix


async def test_a_key_that_is_none_is_told_before_the_router_is_called() -> None:
    async with ssh_lab() as place:
        bad = place.over(login=Login(username="admin", password=Secret("no key")), is_key=True)
        with pytest.raises(LoginFailed, match="no private key"):
            await place.ssh.run(bad, Command.IDENTITY)
        assert place.router.ssh.attempts == []


# -- host keys -------------------------------------------------------------------------------------------


async def test_the_first_host_key_is_pinned_before_the_login() -> None:
    async with ssh_lab() as place:
        await place.ssh.run(place.over(host_key=None), Command.IDENTITY)
        assert place.pins.host_keys == {"d1": place.router.ssh_fingerprint}


async def test_another_host_key_is_refused_before_anything_secret_is_sent() -> None:
    async with ssh_lab() as place:
        pinned = place.target
        place.router.faults.wrong_host_key()
        with pytest.raises(HostKeyChanged) as caught:
            await place.ssh.run(pinned, Command.IDENTITY)
        assert isinstance(caught.value, PinMismatch)
        assert pinned.ssh is not None
        assert caught.value.data["pinned"] == pinned.ssh.host_key
        assert caught.value.data["presented"] == place.router.ssh_fingerprint
        assert (place.router.ssh.attempts, place.commands) == ([], [])


async def test_two_first_uses_with_different_keys_do_not_both_log_in() -> None:
    async with ssh_lab() as place:
        place.pins.host_keys["d1"] = "SHA256:another"
        with pytest.raises(HostKeyChanged):
            await place.ssh.run(place.over(host_key=None), Command.IDENTITY)
        assert place.router.ssh.attempts == []


async def test_an_address_outside_the_management_networks_is_not_called() -> None:
    async with ssh_lab(networks=("10.0.0.0/8",)) as place:
        with pytest.raises(AddressNotAllowed):
            await place.ssh.run(place.target, Command.IDENTITY)
        assert place.router.ssh.accepted == 0


# -- answers ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [0, 1])
async def test_an_error_on_stdout_is_an_error_whatever_the_exit_status(status: int) -> None:
    async with ssh_lab(ssh_error_status=status) as place:
        with pytest.raises(PolicyDenied, match=r"not enough permissions \(9\)"):
            await place.ssh.run(place.as_user(BLIND), Command.EXPORT_TERSE)


async def test_an_answer_without_its_mark_is_no_answer() -> None:
    async with ssh_lab() as place:
        place.router.faults.half_answer(on=COMMANDS)
        with pytest.raises(BadAnswer, match="ends before the command did"):
            await place.ssh.export(place.target)


async def test_what_is_not_of_a_console_is_refused_in_clean_words() -> None:
    async with ssh_lab() as place:
        place.router.faults.garbage(on=COMMANDS)
        with pytest.raises(RouterRefused) as caught:
            await place.ssh.run(place.target, Command.IDENTITY)
        assert caught.value.message.isprintable()


async def test_an_answer_over_the_cap_is_cut_off() -> None:
    async with ssh_lab() as place:
        place.router.faults.oversize(2_000_000, n=1, on=COMMANDS)
        with pytest.raises(BadAnswer, match="longer than 200000 bytes"):
            await place.ssh.export(place.target)
        assert (await place.ssh.export(place.target)).startswith("# ")


# -- time, reuse, one at a time --------------------------------------------------------------------------


async def test_a_command_that_hangs_ends_at_the_deadline_and_the_next_works() -> None:
    async with ssh_lab(replace(LIMITS, answer_s=1.0)) as place:
        place.router.faults.hang(on=COMMANDS)
        with pytest.raises(DeviceUnreachable, match="in time") as caught:
            await place.ssh.run(place.target, Command.IDENTITY)
        assert caught.value.stage == "answer"
        place.router.faults.clear()
        assert await place.ssh.run(place.target, Command.IDENTITY) == "core\n"


async def test_commands_share_a_connection() -> None:
    async with ssh_lab() as place:
        for _ in range(5):
            await place.ssh.run(place.target, Command.IDENTITY)
        assert place.router.ssh.accepted == 1


async def test_a_forgotten_device_is_called_anew() -> None:
    async with ssh_lab() as place:
        await place.ssh.run(place.target, Command.IDENTITY)
        await place.ssh.forget("d1")
        await place.ssh.run(place.target, Command.IDENTITY)
        assert place.router.ssh.accepted == 2


async def test_a_kept_connection_that_is_gone_is_replaced() -> None:
    async with ssh_lab() as place:
        await place.ssh.run(place.target, Command.IDENTITY)
        place.router.faults.down()
        place.router.faults.up()
        assert await place.ssh.run(place.target, Command.IDENTITY) == "core\n"


async def test_a_connection_lost_on_a_fresh_connection_is_not_tried_again() -> None:
    async with ssh_lab() as place:
        place.router.faults.drop_after(on=COMMANDS)
        with pytest.raises(DeviceUnreachable):
            await place.ssh.run(place.target, Command.IDENTITY)
        assert len(place.commands) == 1


async def test_a_router_is_asked_by_one_caller_at_a_time_for_each_user() -> None:
    async with ssh_lab() as place, asyncio.TaskGroup() as group:
        for _ in range(4):
            group.create_task(place.ssh.run(place.target, Command.IDENTITY))
            group.create_task(place.ssh.run(place.as_user(READER), Command.IDENTITY))
    assert place.router.ssh.accepted == 2


async def test_a_cancelled_caller_leaves_the_connection_in_order() -> None:
    async with ssh_lab() as place:
        place.router.faults.slow(0.05, on=COMMANDS)
        async with asyncio.TaskGroup() as group:
            caller = group.create_task(place.ssh.run(place.target, Command.IDENTITY))
            await place.router.until(lambda: len(place.commands) == 1)
            caller.cancel()
        place.router.faults.clear()
        assert await place.ssh.run(place.target, Command.IDENTITY) == "core\n"
        assert place.router.ssh.accepted == 1


async def test_a_router_that_is_down_refuses_and_says_which_service() -> None:
    async with ssh_lab() as place:
        place.router.faults.down()
        with pytest.raises(DeviceUnreachable, match="refuses connections") as caught:
            await place.ssh.run(place.target, Command.IDENTITY)
        assert "ssh" in caught.value.fix


@pytest.mark.parametrize("values", [{"disabled": "true"}, {"port": "2200"}])
async def test_a_service_that_is_off_or_elsewhere_is_not_reached(values: dict[str, str]) -> None:
    async with ssh_lab() as place:
        place.router.edit("/ip/service", "ssh", values)
        place.router.ssh.reconsider()
        with pytest.raises(DeviceUnreachable):
            await place.ssh.run(place.target, Command.IDENTITY)


async def test_a_service_that_is_not_for_this_server_cuts_the_connection() -> None:
    async with ssh_lab() as place:
        place.router.edit("/ip/service", "ssh", {"address": "192.0.2.0/24"})
        with pytest.raises(DeviceUnreachable) as caught:
            await place.ssh.run(place.target, Command.IDENTITY)
        assert caught.value.stage == "ssh"


@contextlib.asynccontextmanager
async def silent_port() -> AsyncIterator[int]:
    """Something that accepts connections and never says a word."""

    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while await reader.read(1024):
                pass
        writer.close()

    server = await asyncio.start_server(accept, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1]


async def test_a_peer_that_says_nothing_ends_at_the_login_time() -> None:
    async with silent_port() as port, ssh_lab(replace(LIMITS, ssh_login_s=0.2)) as place:
        with pytest.raises(DeviceUnreachable, match="longer than") as caught:
            await place.ssh.run(place.over(port=port), Command.IDENTITY)
        assert caught.value.stage == "ssh"


# -- connection test -------------------------------------------------------------------------------------

STAGES = ["address", "dns", "tcp", "ssh", "pin", "login", "command"]


async def test_a_working_way_passes_every_stage() -> None:
    async with ssh_lab() as place:
        stages = await place.ssh.probe(place.over(host_key=None))
        assert [stage.name for stage in stages] == STAGES
        assert all(stage.ok and stage.transport == "ssh" for stage in stages)
        assert stages[4].detail == "pinned on first use"
        assert stages[-1].detail == "answers as core"


async def test_a_way_that_fails_ends_at_its_stage() -> None:
    async with ssh_lab() as place:
        access = SshAccess(port=1, login=Login(username="admin", password=Secret(ADMIN.password)))
        for changed, last in [
            (place.over(login=Login(username="admin", password=Secret("wrong"))), "login"),
            (place.over(host_key="SHA256:other"), "pin"),
            (replace(place.target, ssh=access), "tcp"),
        ]:
            stages = await place.ssh.probe(changed)
            assert [stage.name for stage in stages] == STAGES[: STAGES.index(last) + 1]
            assert [stage.ok for stage in stages] == [True] * (len(stages) - 1) + [False]
            assert stages[-1].fix


async def test_an_imported_key_file_is_used_up() -> None:
    async with ssh_lab() as place:
        key = asyncssh.generate_private_key("ssh-ed25519")
        await place.ssh.write_file(place.target, "admin.pub", key.export_public_key())
        session = Session("admin", frozenset(ALL), 0)
        command = "/user/ssh-keys/import public-key-file=admin.pub user=admin"
        assert console.run(place.router.store, session, command) == ""
        assert place.router.rows("/file") == []
        assert await place.ssh.run(place.by_key(key), Command.IDENTITY) == "core\n"
        with pytest.raises(Refusal, match="value of user"):
            install(place.router.store, "nobody", key.export_public_key().decode())
