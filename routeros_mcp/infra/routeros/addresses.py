"""Where a router may be: its address as written, what it resolves to, and the networks it must lie in."""

from __future__ import annotations

import asyncio
import re
import socket
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from routeros_mcp.domain.errors import AddressNotAllowed, DeviceUnreachable

SETTING = "ROUTEROS_MCP_MANAGEMENT_NETWORKS"
DEFAULT_PORT = 443

IpAddress = IPv4Address | IPv6Address
IpNetwork = IPv4Network | IPv6Network
Resolver = Callable[[str, int], Awaitable[Sequence[str]]]
"""Every IP address of a host name, as text."""

_NAT64 = IPv6Network("64:ff9b::/96")  # RFC 6052, the well-known prefix
_FORM = re.compile(
    r"""(?: \[ (?P<v6> [0-9A-Fa-f:.]+ (?: % [\w.-]+ )? ) \] | (?P<host> [^\s:/@\[\]\\?#\x00-\x1f\x7f]+ ) )
        (?: : (?P<port> [0-9]{1,5} ) )?""",
    re.VERBOSE | re.ASCII,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A router's address as it is written down: a name or an IP address, and a port."""

    host: str
    port: int

    @property
    def authority(self) -> str:
        """The form that belongs into a `Host` header."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"


@lru_cache(maxsize=4096)  # asked for with every request; most fleets are smaller
def parse_place(text: str) -> Place:
    """Read `host`, `host:port`, `[IPv6]` or `[IPv6]:port`; the port is 443 unless given.

    Raises:
        AddressNotAllowed: the text has another form.
    """
    if _is_ip(text):
        return Place(host=text, port=DEFAULT_PORT)
    match = _FORM.fullmatch(text)
    port = int(match["port"] or DEFAULT_PORT) if match else 0
    if match is None or not 0 < port < 2**16 or (match["v6"] and not _is_ip(match["v6"])):
        raise AddressNotAllowed(
            f"{text!r} is not the address of a router.",
            fix="Write host:port, IPv4:port or [IPv6]:port, without https:// and without a path.",
        )
    return Place(host=match["v6"] or match["host"], port=port)


async def system_resolver(host: str, port: int) -> Sequence[str]:
    """Ask the operating system, which also takes spellings such as 0177.0.0.1, 2130706433 and 127.1."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(sockaddr[0]) for *_, sockaddr in found]


async def resolve(place: Place, resolver: Resolver = system_resolver) -> Sequence[IpAddress]:
    """All addresses of the place, each once, in the resolver's order.

    Raises:
        DeviceUnreachable: the name has no address (stage dns).
    """
    if _is_ip(place.host):
        return [ip_address(place.host)]
    try:
        found = await resolver(place.host, place.port)
    except (OSError, UnicodeError) as error:
        raise _no_such_name(place.host) from error
    if not found:
        raise _no_such_name(place.host)
    return list(dict.fromkeys(ip_address(text) for text in found))


def check_allowed(place: Place, found: Sequence[IpAddress], networks: Sequence[IpNetwork]) -> None:
    """Every address must be allowed, since the next lookup may return any of them.

    Raises:
        AddressNotAllowed: one is outside all the networks.
    """
    for address in found:
        if not is_allowed(address, networks):
            raise _outside(place, address, networks)


def is_allowed(address: IpAddress, networks: Sequence[IpNetwork]) -> bool:
    """Judge the IPv4 address that packets end at when it is wrapped into an IPv6 one."""
    inner = unwrapped(address)
    return any(inner in network for network in networks if network.version == inner.version)


def unwrapped(address: IpAddress) -> IpAddress:
    """The IPv4 address inside a v4-mapped, NAT64 or 6to4 address; any other address as it is."""
    if isinstance(address, IPv4Address):
        return address
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or address


def parse_networks(texts: Sequence[str]) -> Sequence[IpNetwork]:
    return [ip_network(text) for text in texts]


def _is_ip(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def _no_such_name(host: str) -> DeviceUnreachable:
    return DeviceUnreachable(
        f"The name {host!r} has no address.",
        stage="dns",
        fix="Check the name and this server's DNS, or register the router by its IP address.",
    )


def _outside(place: Place, address: IpAddress, networks: Sequence[IpNetwork]) -> AddressNotAllowed:
    allowed = ", ".join(map(str, networks)) or "none"
    inner = unwrapped(address)
    known_as = str(address) if place.host == str(address) else f"{place.host} ({address})"
    wrapped = "" if inner == address else f", which leads to {inner},"
    return AddressNotAllowed(
        f"{known_as}{wrapped} is outside the management networks (allowed: {allowed}).",
        fix=f"Add its network to {SETTING} if routers live there; nothing was sent to it.",
        address=str(address),
        networks=[str(network) for network in networks],
    )
