"""A router in its surroundings: its networks, who is above it, and what people call things there."""

import ipaddress
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from routeros_mcp.emulator.boards import board
from routeros_mcp.emulator.fleets.nodes import Link, Node, Plan, Role, T, port_name

Row = Mapping[str, str]
Rows = Sequence[Row]
Builder = Callable[["Place"], Rows]

_PROVIDERS = ipaddress.IPv4Address("203.0.113.0")
_MORE_PROVIDERS = ipaddress.IPv4Address("198.18.0.0")
_FEW = 63


@dataclass(frozen=True, slots=True)
class Place:
    """One router of a plan, and what its rows are made from."""

    plan: Plan
    node: Node

    @property
    def number(self) -> int:
        return self.node.number

    @property
    def seed(self) -> int:
        return self.node.seed

    @property
    def site(self) -> str:
        return self.node.site

    @property
    def lan(self) -> str:
        return self.node.lan

    @property
    def uplinks(self) -> list[Link]:
        return self.plan.uplinks(self.node)

    @property
    def wan(self) -> str:
        """The address towards the provider, or towards the router above."""
        return self.uplinks[0].address(self.number) if self.uplinks else str(self._transfer + 2)

    @property
    def gateway(self) -> str:
        return self.uplinks[0].address(self.uplinks[0].upper) if self.uplinks else str(self._transfer + 1)

    @property
    def _transfer(self) -> ipaddress.IPv4Address:
        """The /30 to a provider outside the fleet; the two networks are for documentation and for tests."""
        if self.number < _FEW:
            return _PROVIDERS + self.number * 4
        return _MORE_PROVIDERS + self.number * 4

    @property
    def ports(self) -> tuple[str, ...]:
        return board(self.node.model).ports

    @property
    def radios(self) -> tuple[str, ...]:
        """Default names of the radios: wifi1, … or wlan1, …, after the driver."""
        made = board(self.node.model)
        stem = "wlan" if made.radio == "wireless" else made.radio
        return tuple(f"{stem}{number}" for number in range(1, made.radios + 1))

    @property
    def free_ports(self) -> list[str]:
        """Ports for the router's own network: all but those of links and, without links, the first."""
        taken = {port_name(self.node, link.port(self.number)) for link in self.plan.links_of(self.node)}
        return [name for name in self.ports if name not in (taken or {"ether1"})]

    def links(self, *roles: Role) -> Iterator[tuple[Link, str, Node]]:
        """Yield each link with the port it is in and the router at its other end."""
        for link in self.plan.links_of(self.node):
            other = self.plan.nodes[link.other(self.number)]
            if not roles or other.role in roles:
                yield link, port_name(self.node, link.port(self.number)), other

    def choose(self, choices: Sequence[T], step: int = 1) -> T:
        """Take the choices in turn over the fleet."""
        return choices[(self.number * step + self.seed) % len(choices)]

    def client_mac(self, number: int) -> str:
        high, low = divmod(self.number, 256)
        return f"0A:00:{self.seed % 256:02X}:{low:02X}:{high:02X}:{number:02X}"


class Config(Mapping[str, Rows]):
    """The configuration of one router: the rows of a menu are made when somebody asks for that menu."""

    __slots__ = ("_menus", "_place")

    def __init__(self, menus: Mapping[str, Builder], place: Place) -> None:
        self._menus = menus
        self._place = place

    def __getitem__(self, path: str) -> Rows:
        return self._menus[path](self._place)

    def __contains__(self, path: object) -> bool:
        return path in self._menus

    def __iter__(self) -> Iterator[str]:
        return iter(self._menus)

    def __len__(self) -> int:
        return len(self._menus)
