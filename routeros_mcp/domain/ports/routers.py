"""What reads, commands and changes routers."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from routeros_mcp.domain.models import ExportText, InspectedMenu, Login, MenuSpec, ProbeStage, SshAccess
from routeros_mcp.domain.models.plan import Row

Values = Mapping[str, str | None]
"""Properties to write; None unsets."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Everything needed to talk to one router. `fingerprint` is None until the first use pins it.

    `ssh` is None for a router that is not to be talked to over SSH.
    """

    device_id: str
    name: str
    address: str
    login: Login
    fingerprint: str | None = None
    ssh: SshAccess | None = None
    write_before: float | None = field(default=None, compare=False)
    """Monotonic seconds after which no write is begun: whoever was stopped meanwhile has lost the right."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """What to read of one menu: exact matches (AND) and the properties wanted (empty: all).

    An exact match on `false` also takes rows that lack the property, since RouterOS leaves out what was never
    set. `item` reads the one row with that id or name. `insist` asks even a router that has been failing
    and is left alone for a while: for those who want to know whether it is back.
    """

    path: str
    where: Mapping[str, str] = field(default_factory=dict)
    fields: tuple[str, ...] = ()
    item: str | None = None
    insist: bool = False


class RouterReader(Protocol):
    """Reads; repeated once after a transport failure, never after an answer."""

    async def read(self, target: Target, query: Query) -> Sequence[Row]:
        """Rows in the router's order; a singleton is a list of one.

        Raises:
            UnknownMenu, NoSuchItem, RouterRefused, LoginFailed, PolicyDenied, DeviceUnreachable, SessionCut,
            BadAnswer, PinMismatch, AddressNotAllowed: see each.
        """
        ...

    async def count(self, target: Target, query: Query) -> int: ...

    async def export(self, target: Target) -> ExportText:
        """The configuration, secrets hidden by the router; over SSH where the target has it.

        Raises:
            BadAnswer: the router could not export everything (`#error exporting`).
        """
        ...

    async def probe(self, target: Target) -> Sequence[ProbeStage]:
        """Try each way to the router stage by stage, REST first; never raises for a failing stage."""
        ...

    async def forget(self, device_id: str) -> None:
        """Close what is kept open to the device; its address, login or pin has changed."""
        ...


class MenuInspector(Protocol):
    """Asks a router what its menus look like."""

    async def inspect(self, target: Target, path: str, known: Collection[str]) -> InspectedMenu:
        """Commands, properties and menus below; help texts only of properties that are not `known`.

        A few requests, bounded in time together.

        Raises:
            UnknownMenu: the router has none such.
            Forbidden: not a menu that may be asked about: older versions hang on some.
            DeviceError: it did not answer, or does not describe itself.
        """
        ...


class RouterCommands(Protocol):
    """Runs the diagnostic commands: a closed list, none of which changes a router."""

    async def run(
        self, target: Target, path: str, command: str, arguments: Mapping[str, str], *, timeout_s: float
    ) -> Sequence[Row]:
        """Run one command to its end; rows as its last frames left them.

        One row for each echo of ping, each hop of traceroute, each interface of the monitors; one for a
        bandwidth test. RouterOS cuts a request after 60 s: longer work is for the caller to divide.

        Raises:
            Forbidden: not a command of the list, an argument it does not take, or none that makes it end.
            RouterRefused, DeviceUnreachable, SessionCut and the others of `RouterReader`.
        """
        ...


class RouterWriter(Protocol):
    """Writes; each is sent once, on a fresh connection.

    Raises:
        OutcomeUnknown: sent, and the answer was lost. Any other DeviceError means that nothing was changed.
    """

    async def add(self, target: Target, path: str, values: Values, *, before: str | None = None) -> str:
        """Add a row, before the row with id `before` where the menu is ordered; returns the new id."""
        ...

    async def set(self, target: Target, path: str, item_id: str | None, values: Values) -> None: ...

    async def remove(self, target: Target, path: str, item_id: str) -> None: ...

    async def move(self, target: Target, path: str, item_id: str, before: str | None) -> None:
        """Move a row of an ordered menu before the row with id `before`, or to the end of the table.

        RouterOS moves to the end, without a word, when it knows no such row: look before and read back after.
        """
        ...

    async def command(self, target: Target, path: str, item_id: str | None) -> None:
        """Send the command of this whole path, for the row with the id where it is about one."""
        ...


class RouterBackups(Protocol):
    """Saves the whole configuration on the router itself. Loading it back is for the router alone."""

    async def save_backup(self, target: Target, name: str, password: str) -> None:
        """Write the file `name`.backup, encrypted with the password; sent once, on a fresh connection.

        Raises:
            OutcomeUnknown: sent, and the answer was lost. Any other DeviceError: no such file was written.
        """
        ...


class Pins(Protocol):
    """Where fingerprints live. The router client calls it between the handshake and the login."""

    async def pin(self, device_id: str, fingerprint: str) -> None:
        """Store the fingerprint of a certificate at its first use.

        Raises:
            PinMismatch: another one has been stored meanwhile.
        """
        ...

    async def pin_host_key(self, device_id: str, fingerprint: str) -> None:
        """As `pin`, for the host key of SSH; raises HostKeyChanged."""
        ...


class MenuSchema(Protocol):
    """What is known of RouterOS menus. Never complete: an unknown path is a warning, not an error."""

    def menu(self, path: str) -> MenuSpec | None: ...

    def near(self, path: str, limit: int = 5) -> Sequence[str]:
        """Known paths that look like this one, nearest first."""
        ...

    def search(self, text: str, limit: int = 20) -> Sequence[MenuSpec]:
        """Menus whose path, properties or values hold all the words, best first."""
        ...

    def secrets_of(self, path: str) -> frozenset[str]:
        """Names of secret properties of the menu, by the vendor's list and by name patterns."""
        ...

    def children(self, path: str) -> Sequence[str]: ...


class AddressGate(Protocol):
    """Says whether a device address may be connected to at all."""

    async def check(self, address: str) -> None:
        """Resolve the address and judge every answer.

        Raises:
            AddressNotAllowed: an answer lies outside the management networks.
            DeviceUnreachable: the name does not resolve.
        """
        ...


class LoginProfiles(Protocol):
    """Logins that the operator provides by environment or file, named so that secrets are never arguments."""

    def names(self) -> Sequence[str]: ...

    def get(self, name: str) -> Login | None: ...
