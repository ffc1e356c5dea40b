"""From a registered device to what is needed to talk to it: address, login, pin."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from routeros_mcp.domain.errors import HostKeyChanged, NoCredential, PinMismatch
from routeros_mcp.domain.models import (
    CredentialDomain,
    CredentialKind,
    DeviceDomain,
    Login,
    Secret,
    SshAccess,
)
from routeros_mcp.domain.ports import Ids, Target, Transaction, UnitOfWork, Vault

_REST = CredentialKind.ROUTEROS_REST
# Tried in this order; a router has no use for a password once its user has a key.
_OVER_SSH = (CredentialKind.ROUTEROS_SSH_KEY, CredentialKind.ROUTEROS_SSH, _REST)
_Held = Mapping[CredentialKind, CredentialDomain]
"""The active logins of one device by their kind."""


class Connections:
    """Opens stored logins and keeps the pins of certificates and host keys."""

    def __init__(self, uow: UnitOfWork, vault: Vault, ids: Ids) -> None:
        self._uow = uow
        self._vault = vault
        self._ids = ids

    async def target(self, device: DeviceDomain) -> Target:
        """Raises NoCredential, or WrongKey when the stored login does not open."""
        (found,) = await self.targets([device])
        if isinstance(found, NoCredential):
            raise found
        return found

    async def targets(self, devices: Sequence[DeviceDomain]) -> list[Target | NoCredential]:
        """One entry for each device, in order; a device without a login gets the error that says so."""
        async with self._uow.read() as tx:
            held = {_REST: await tx.credentials.active_many([device.id for device in devices], _REST)}
            over_ssh = [device.id for device in devices if device.ssh_port is not None]
            for kind in _OVER_SSH if over_ssh else ():
                if kind not in held:
                    held[kind] = await tx.credentials.active_many(over_ssh, kind)
        return [self._target(device, _of(device, held)) for device in devices]

    async def store_login(
        self, tx: Transaction, device_id: str, login: Login, kind: CredentialKind = _REST
    ) -> None:
        """Replace the device's login of the kind within the caller's transaction."""
        await tx.credentials.deactivate(device_id, kind)
        credential_id = self._ids.new()
        sealed = self._vault.seal(login.password.reveal(), _context(credential_id, device_id))
        await tx.credentials.add(
            CredentialDomain(
                id=credential_id,
                device_id=device_id,
                kind=kind,
                username=login.username,
                encrypted_secret=sealed,
            )
        )

    async def login_named(self, device_id: str, username: str) -> Login | None:
        """The newest REST login with this user name, in use or voided."""
        async with self._uow.read() as tx:
            held = await tx.credentials.held(device_id, _REST)
        found = next((each for each in held if each.username == username), None)
        return self._login(found) if found is not None else None

    async def adopt(self, device_id: str, login: Login) -> bool:
        """Make it the device's REST login; whether it was another. The one before is voided and kept."""
        async with self._uow() as tx:
            held = await tx.credentials.active(device_id, _REST)
            if held is not None and self._login(held) == login:
                return False
            await self.store_login(tx, device_id, login)
        return True

    async def pin(self, device_id: str, fingerprint: str) -> None:
        """Pin on first use; raises PinMismatch when another certificate has been pinned meanwhile."""
        async with self._uow() as tx:
            if await tx.devices.pin_certificate(device_id, fingerprint):
                return
            device = await tx.devices.get(device_id)
        if device.tls_fingerprint != fingerprint:
            raise PinMismatch(
                f"{device.name} presented two certificates at once.",
                fix="Make sure that only one router answers at this address, then test the device again.",
            )

    async def pin_host_key(self, device_id: str, fingerprint: str) -> None:
        """Pin on first use; raises HostKeyChanged when another key has been pinned meanwhile."""
        async with self._uow() as tx:
            if await tx.devices.pin_host_key(device_id, fingerprint):
                return
            device = await tx.devices.get(device_id)
        if device.ssh_host_key != fingerprint:
            raise HostKeyChanged(
                f"{device.name} presented two SSH host keys at once.",
                fix="Make sure that only one router answers at this address, then test the device again.",
            )

    def _target(self, device: DeviceDomain, held: _Held) -> Target | NoCredential:
        if _REST not in held:
            return NoCredential(
                f"{device.name} has no login.",
                fix=f"A person stores one in a terminal: routeros-mcp device login {device.name}.",
            )
        return Target(
            device_id=device.id,
            name=device.name,
            address=device.management_address,
            login=self._login(held[_REST]),
            fingerprint=device.tls_fingerprint,
            ssh=self._ssh_access(device, held),
        )

    def _ssh_access(self, device: DeviceDomain, held: _Held) -> SshAccess | None:
        """The login of its own that SSH has, else the one of REST."""
        if device.ssh_port is None:
            return None
        kind = next(kind for kind in _OVER_SSH if kind in held)
        return SshAccess(
            port=device.ssh_port,
            login=self._login(held[kind]),
            is_key=kind is CredentialKind.ROUTEROS_SSH_KEY,
            host_key=device.ssh_host_key,
        )

    def _login(self, held: CredentialDomain) -> Login:
        secret = self._vault.open(held.encrypted_secret, _context(held.id, held.device_id))
        return Login(username=held.username, password=Secret(secret))


def _of(device: DeviceDomain, held: Mapping[CredentialKind, Mapping[str, CredentialDomain]]) -> _Held:
    return {kind: rows[device.id] for kind, rows in held.items() if device.id in rows}


def _context(credential_id: str, device_id: str) -> str:
    """What a sealed login is bound to: moved to another row or device it does not open."""
    return f"credentials|{credential_id}|{device_id}|encrypted_secret"
