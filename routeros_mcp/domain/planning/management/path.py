"""The way by which the manager's own connections come in, and the words for what becomes of it."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from routeros_mcp.domain.models.plan import Row

Tables = Mapping[str, Sequence[Row]]


class Reach(StrEnum):
    """Whether the manager's next connection gets in: certainly, perhaps, certainly not."""

    SAFE = "safe"
    AT_RISK = "at_risk"
    CUT = "cut"

    @property
    def rank(self) -> int:
        return list(Reach).index(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class ManagementPath:
    """One way in: from where, to which address and service of the router, with which login.

    `source` and `destination` are addresses as the router sees them; `destination` is empty when the router
    does not tell. `port` is the port of the service, `service` its name in /ip/service.
    """

    source: str
    user: str
    destination: str = ""
    service: str = "www-ssl"
    port: int = 443

    @property
    def family(self) -> str:
        """`/ipv6` or `/ip`: where addresses, routes and rules of this way stand."""
        return "/ipv6" if ":" in self.source else "/ip"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that stands in the way, in words; `cause` names what decides, whatever its place."""

    reach: Reach
    reason: str
    cause: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """The verdict with its reasons, worst first; without reasons when it is safe."""

    reach: Reach
    reasons: tuple[str, ...] = ()

    @classmethod
    def of(cls, findings: Sequence[Finding]) -> Judgement:
        ordered = sorted(dict.fromkeys(findings), key=lambda finding: -finding.reach.rank)
        worst = ordered[0].reach if ordered else Reach.SAFE
        return cls(reach=worst, reasons=tuple(finding.reason for finding in ordered))


def discover(tables: Tables, user: str, service: str = "www-ssl") -> tuple[ManagementPath, ...]:
    """Find the ways by which this login is connected now, from the router's own account of it.

    Reads the connections that /ip/service lists and the logins of /user/active; a router that tells of
    neither gives an empty result, and nobody can say whether a change is safe.
    """
    logins = {
        row["address"]
        for row in tables.get("/user/active", ())
        if row.get("name") == user and "address" in row
    }
    port = _port_of(tables, service)
    found = {
        (remote, local) for remote, local in _connections(tables, service) if not logins or remote in logins
    } or {(address, "") for address in logins}
    return tuple(
        ManagementPath(source=remote, destination=local, user=user, service=service, port=port)
        for remote, local in sorted(found)
        if _is_address(remote)
    )


def _connections(tables: Tables, service: str) -> Iterator[tuple[str, str]]:
    for row in tables.get("/ip/service", ()):
        if row.get("connection") == "true" and row.get("name") == service:
            yield _host(row.get("remote", "")), _own(row.get("local", ""))


def _port_of(tables: Tables, service: str) -> int:
    rows = (row for row in tables.get("/ip/service", ()) if row.get("dynamic") != "true")
    text = next((row.get("port", "") for row in rows if row.get("name") == service), "")
    return int(text) if text.isdecimal() else {"ssh": 22}.get(service, 443)


def _host(text: str) -> str:
    """`192.0.2.1:443`, `[2001:db8::1]:443` or `2001:db8::1:443` without the port."""
    return text.rpartition(":")[0].strip("[]")


def _own(text: str) -> str:
    """The router's own end of a connection; no row of /ip/address says anything about a loopback address."""
    host = _host(text)
    return "" if _is_address(host) and ipaddress.ip_address(host).is_loopback else host


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True
