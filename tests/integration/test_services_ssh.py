"""Routers with SSH through the whole program: registry, pins, logins, connection tests, snapshots."""

from __future__ import annotations

from typing import Any

import asyncssh
from world import World, world

from routeros_mcp.domain.device_service import DeviceChanges
from routeros_mcp.domain.models import CredentialKind, DeviceDomain, Login, Secret
from routeros_mcp.emulator.faults import COMMANDS
from routeros_mcp.emulator.ssh_keys import install


async def over_ssh(w: World) -> DeviceDomain:
    """The device with its SSH in use."""
    await w.call("device_update", device=w.names[0], ssh_port=w.router().ssh.port)
    return await w.device()


async def captured(w: World) -> dict[str, Any]:
    (row,) = (await w.call("snapshot_capture", devices=["all"]))["captured"]
    async with w.ports.uow.read() as tx:
        return dict((await tx.snapshots.get(row["snapshot_id"])).metadata)


async def logins(w: World, kind: CredentialKind) -> bool:
    device = await w.device()
    async with w.ports.uow.read() as tx:
        return await tx.credentials.active(device.id, kind) is not None


async def refused(w: World) -> str:
    (row,) = (await w.call("snapshot_capture", devices=["all"]))["failed"]
    return str(row["code"])


async def test_a_router_is_first_exported_over_rest_then_over_ssh_and_nothing_has_changed() -> None:
    async with world(1) as w:
        assert (await captured(w))["transport"] == "rest"
        await over_ssh(w)
        (row,) = (await w.call("snapshot_capture", devices=["all"]))["captured"]
        assert row["changed"] is False
        assert (await captured(w))["transport"] == "ssh"
        assert (await w.device()).ssh_host_key == w.router().ssh_fingerprint


async def test_a_snapshot_says_why_rest_stood_in() -> None:
    async with world(1) as w:
        await over_ssh(w)
        w.router().faults.drop_before(on=COMMANDS)
        metadata = await captured(w)
        assert metadata["transport"] == "rest"
        assert metadata["fallback_reason"].startswith("ssh: ")


async def test_a_changed_host_key_stops_exports_until_it_is_forgotten() -> None:
    async with world(1) as w:
        await over_ssh(w)
        await captured(w)
        w.router().faults.wrong_host_key()
        await w.ports.reader.forget((await w.device()).id)
        assert await refused(w) == "host_key_changed"
        device = await w.device()
        await w.app.services.devices.update(device, DeviceChanges(forget_host_key=True))
        assert (await captured(w))["transport"] == "ssh"


async def test_a_connection_test_tells_of_both_ways() -> None:
    async with world(1) as w:
        await over_ssh(w)
        tested = await w.call("device_test", device=w.names[0])
        assert [stage["stage"] for stage in tested["ssh_stages"]][-1] == "command"
        assert "answers over REST and SSH" in tested["summary"]
        w.router().edit("/ip/service", "ssh", {"disabled": "true"})
        w.router().ssh.reconsider()
        await w.ports.reader.forget((await w.device()).id)
        tested = await w.call("device_test", device=w.names[0])
        assert tested["reachable"]
        assert "SSH fails at tcp" in tested["summary"]


async def test_a_router_is_registered_with_its_ssh_port() -> None:
    async with world(1) as w:
        device = await w.device()
        await w.app.services.devices.remove(device)
        registered = await w.call(
            "device_register",
            name="again",
            address=w.router().address,
            environment="lab",
            ssh_port=w.router().ssh.port,
        )
        assert registered["ssh_port"] == w.router().ssh.port


async def test_a_new_address_voids_both_pins_and_all_logins() -> None:
    async with world(1) as w:
        device = await over_ssh(w)
        secret = Login(username=w.router().username, password=Secret(w.router().password))
        await w.app.services.devices.set_login(device, secret, CredentialKind.ROUTEROS_SSH)
        await captured(w)
        await w.call("device_update", device=w.names[0], address="127.0.0.2:443")
        moved = await w.device()
        assert (moved.tls_fingerprint, moved.ssh_host_key) == (None, None)
        assert not any([await logins(w, kind) for kind in CredentialKind])


async def test_a_new_ssh_port_voids_the_host_key_and_the_logins_of_ssh_alone() -> None:
    async with world(1) as w:
        device = await over_ssh(w)
        secret = Login(username=w.router().username, password=Secret(w.router().password))
        await w.app.services.devices.set_login(device, secret, CredentialKind.ROUTEROS_SSH)
        await captured(w)
        await w.call("device_update", device=w.names[0], ssh_port=2200)
        moved = await w.device()
        assert (moved.ssh_port, moved.ssh_host_key) == (2200, None)
        assert moved.tls_fingerprint is not None
        assert await logins(w, CredentialKind.ROUTEROS_REST)
        assert not await logins(w, CredentialKind.ROUTEROS_SSH)
        await w.call("device_update", device=w.names[0], ssh_port=0)
        assert (await w.device()).ssh_port is None


async def test_a_stored_key_is_used_instead_of_a_password() -> None:
    async with world(1) as w:
        device = await over_ssh(w)
        key = asyncssh.generate_private_key("ssh-ed25519")
        install(w.router().store, w.router().username, key.export_public_key().decode())
        assert await refused(w) == "login_failed"
        login = Login(username=w.router().username, password=Secret(key.export_private_key().decode()))
        await w.app.services.devices.set_login(device, login, CredentialKind.ROUTEROS_SSH_KEY)
        assert (await captured(w))["transport"] == "ssh"
        assert set(w.router().ssh.attempts) == {f"{w.router().username} key"}
