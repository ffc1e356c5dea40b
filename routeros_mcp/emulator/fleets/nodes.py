"""Who is in a fleet: routers by role, and the links between them."""

import hashlib
import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import TypeVar

from routeros_mcp.emulator.boards import board

T = TypeVar("T")
_LOOPBACKS = ipaddress.IPv4Address("10.255.0.0")
_TRANSFER = ipaddress.IPv4Address("172.16.0.0")


class Role(StrEnum):
    """What a router is there for."""

    POP = "pop"
    ACCESS = "access"
    BRANCH = "branch"


def roll(*key: object) -> int:
    """Return a number that depends on the key alone, the same in every run."""
    return int.from_bytes(hashlib.blake2s(repr(key).encode(), digest_size=6).digest())


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """One router to be; `nth` counts within its role and site. Everything else about it follows from this."""

    number: int
    nth: int
    seed: int
    role: Role
    label: str
    site: str
    model: str
    version: str

    @property
    def name(self) -> str:
        return f"{self.site}-{self.label}-{self.nth:02}"

    def roll(self, *key: object) -> int:
        return roll(self.seed, self.number, *key)

    def pick(self, choices: Sequence[T], *key: object) -> T:
        return choices[self.roll(*key, "pick") % len(choices)]

    @property
    def serial(self) -> str:
        return "" if self.model == "CHR" else f"HC{self.seed:02}{self.number:06X}"

    @property
    def loopback(self) -> str:
        return str(_LOOPBACKS + self.number)

    @property
    def lan(self) -> str:
        """The first three octets of the network behind it."""
        return f"10.{20 + self.seed % 100 + self.number // 256}.{self.number % 256}"

    def mac(self, port: int) -> str:
        """Return the address of a port, from one of the vendor's blocks. Source: IEEE register."""
        prefix = self.pick(("48:A9:8A", "DC:2C:6E", "2C:C8:1B", "18:FD:74"), "oui")
        return f"{prefix}:{self.number >> 8 & 255:02X}:{self.number & 255:02X}:{port:02X}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A cable from an upper router's port to a lower one's; each end has an address of a /30."""

    number: int
    upper: int
    upper_port: int
    lower: int
    lower_port: int
    is_backup: bool = False

    @property
    def network(self) -> str:
        return f"{_TRANSFER + self.number * 4}/30"

    def address(self, node: int) -> str:
        return str(_TRANSFER + self.number * 4 + (1 if node == self.upper else 2))

    def port(self, node: int) -> int:
        """Return which port of the node the link is in, counted from 1."""
        return self.upper_port if node == self.upper else self.lower_port

    def other(self, node: int) -> int:
        return self.lower if node == self.upper else self.upper


def port_name(node: Node, port: int) -> str:
    return board(node.model).ports[port - 1]


@dataclass(frozen=True, eq=False)
class Plan:
    """A whole fleet as drawn on paper: `kind`, `count` and `seed` say it all."""

    kind: str
    seed: int
    nodes: tuple[Node, ...]
    links: tuple[Link, ...] = field(repr=False)

    @cached_property
    def _links_of(self) -> dict[int, tuple[Link, ...]]:
        found: dict[int, list[Link]] = {}
        for link in self.links:
            found.setdefault(link.upper, []).append(link)
            found.setdefault(link.lower, []).append(link)
        return {number: tuple(links) for number, links in found.items()}

    def links_of(self, node: Node) -> tuple[Link, ...]:
        return self._links_of.get(node.number, ())

    def uplinks(self, node: Node) -> list[Link]:
        """Return the links to routers above, the first in use before its backups."""
        return [link for link in self.links_of(node) if link.lower == node.number]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Plan) and self._key == other._key

    def __hash__(self) -> int:
        return hash(self._key)

    @property
    def _key(self) -> tuple[str, int, int]:
        return self.kind, len(self.nodes), self.seed
