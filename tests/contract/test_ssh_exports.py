"""Exports over SSH and REST, and which of the two the facade takes."""

from __future__ import annotations

from dataclasses import replace

import pytest
from router_lab import READER
from ssh_lab import NO_SSH, SshLab, ssh_lab

from routeros_mcp.domain.errors import BadAnswer, DeviceError, HostKeyChanged, LoginFailed
from routeros_mcp.domain.ports import Query
from routeros_mcp.domain.redaction import export_checksum, normalise_export
from routeros_mcp.emulator import branch_fleet
from routeros_mcp.emulator.faults import COMMANDS

LONG = "a comment so long that the line it stands in has to be broken: " + "lorem ipsum " * 12
SECRET = "preshared-key-of-the-tunnel"


async def exported(place: SshLab, **changes: object) -> tuple[str, str | None]:
    export = await place.facade.export(place.over(**changes) if changes else place.target)
    return export.transport, export.fallback_reason


@pytest.mark.parametrize("number", range(6))
async def test_an_export_is_the_same_over_either_transport(number: int) -> None:
    spec = branch_fleet(6)[number]
    async with ssh_lab(version=spec.version, board=spec.board, serial=spec.serial) as place:
        place.router.edit("/ip/firewall/filter", "*1", {"comment": LONG})
        over_ssh = await place.ssh.export(place.target)
        over_rest = await place.rest.export(place.target)
        assert over_ssh != over_rest  # the lines are broken elsewhere
        assert normalise_export(over_ssh) == normalise_export(over_rest)
        assert export_checksum(over_ssh) == export_checksum(over_rest)
        assert over_ssh.startswith("# ")
        assert over_ssh.endswith("\n")
        assert "OK#" not in over_ssh
        assert "\r" not in over_ssh


async def test_secrets_are_not_exported_unless_asked_for_which_nobody_does() -> None:
    async with ssh_lab() as place:
        place.router.add("/ppp/secret", {"name": "vpn", "password": SECRET})
        assert SECRET not in await place.ssh.export(place.target)
        assert not any("show-sensitive" in command for command in place.commands)


async def test_an_incomplete_export_is_no_export() -> None:
    async with ssh_lab() as place:
        comment = '#error exporting "/ip/ssh" (timeout)'
        place.router.edit("/ip/firewall/filter", "*1", {"comment": comment})
        with pytest.raises(BadAnswer, match="incomplete"):
            await place.ssh.export(place.target)


# -- the facade ------------------------------------------------------------------------------------------


async def test_exports_go_over_ssh_and_rows_over_rest() -> None:
    async with ssh_lab() as place:
        assert await exported(place) == ("ssh", None)
        await place.facade.read(place.target, Query(path="/system/identity"))
        await place.facade.set(place.target, "/system/identity", None, {"name": "edge"})
        methods = [request.method for request in place.router.ledger]
        assert methods == ["EXEC", "GET", "POST"]


async def test_a_router_without_ssh_is_exported_over_rest() -> None:
    async with ssh_lab() as place:
        export = await place.facade.export(replace(place.target, ssh=None))
        assert (export.transport, export.fallback_reason) == ("rest", None)
        assert place.router.ssh.accepted == 0


async def test_rest_stands_in_for_an_ssh_that_cannot_be_reached_and_says_so() -> None:
    async with ssh_lab() as place:
        transport, reason = await exported(place, port=1)
        assert transport == "rest"
        assert reason is not None
        assert reason.startswith("tcp: 127.0.0.1 port 1 refuses connections")


async def test_rest_stands_in_when_the_connection_is_lost() -> None:
    async with ssh_lab() as place:
        place.router.faults.drop_before(on=COMMANDS)
        transport, reason = await exported(place)
        assert (transport, (reason or "").partition(":")[0]) == ("rest", "ssh")


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"host_key": "SHA256:another"}, HostKeyChanged),
        ({"is_key": True}, LoginFailed),
    ],
)
async def test_a_refusal_is_never_asked_for_elsewhere(
    changes: dict[str, object], error: type[DeviceError]
) -> None:
    async with ssh_lab() as place:
        with pytest.raises(error):
            await exported(place, **changes)
        assert place.router.ledger == []


async def test_a_login_that_ssh_refuses_is_not_tried_over_rest() -> None:
    async with ssh_lab() as place:
        with pytest.raises(LoginFailed):
            await place.facade.export(place.as_user(NO_SSH))
        assert place.router.ledger == []


async def test_an_incomplete_export_is_not_taken_again_over_rest() -> None:
    async with ssh_lab() as place:
        place.router.faults.half_answer(on=COMMANDS)
        with pytest.raises(BadAnswer):
            await exported(place)
        assert [request.method for request in place.router.ledger] == ["EXEC"]


async def test_both_ways_are_probed() -> None:
    async with ssh_lab() as place:
        stages = await place.facade.probe(place.target)
        assert [stage.transport for stage in stages] == ["rest"] * 8 + ["ssh"] * 7
        assert all(stage.ok for stage in stages)


async def test_a_reader_may_export_over_ssh() -> None:
    async with ssh_lab() as place:
        assert (await place.facade.export(place.as_user(READER))).transport == "ssh"
