"""From a registered device to what is needed to talk to it: address, login, pin."""

from __future__ import annotations

from collections.abc import Sequence

from routeros_mcp.domain.errors import NoCredential, PinMismatch
from routeros_mcp.domain.models import CredentialDomain, CredentialKind, DeviceDomain, Login, Secret
from routeros_mcp.domain.ports import Ids, Target, Transaction, UnitOfWork, Vault

_KIND = CredentialKind.ROUTEROS_REST


class Connections:
    """Opens stored logins and keeps the certificate pins."""

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
            held = await tx.credentials.active_many([device.id for device in devices], _KIND)
        return [self._target(device, held.get(device.id)) for device in devices]

    async def store_login(self, tx: Transaction, device_id: str, login: Login) -> None:
        """Replace the device's login within the caller's transaction."""
        await tx.credentials.deactivate(device_id, _KIND)
        credential_id = self._ids.new()
        sealed = self._vault.seal(login.password.reveal(), _context(credential_id, device_id))
        await tx.credentials.add(
            CredentialDomain(
                id=credential_id,
                device_id=device_id,
                kind=_KIND,
                username=login.username,
                encrypted_secret=sealed,
            )
        )

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

    def _target(self, device: DeviceDomain, held: CredentialDomain | None) -> Target | NoCredential:
        if held is None:
            return NoCredential(
                f"{device.name} has no login.",
                fix=f"A person stores one in a terminal: routeros-mcp device login {device.name}.",
            )
        password = self._vault.open(held.encrypted_secret, _context(held.id, device.id))
        return Target(
            device_id=device.id,
            name=device.name,
            address=device.management_address,
            login=Login(username=held.username, password=Secret(password)),
            fingerprint=device.tls_fingerprint,
        )


def _context(credential_id: str, device_id: str) -> str:
    """What a sealed login is bound to: moved to another row or device it does not open."""
    return f"credentials|{credential_id}|{device_id}|encrypted_secret"
