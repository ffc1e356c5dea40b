"""The verdict on a device's changes: its paths before and after, and what no model of rows can tell."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from routeros_mcp.domain.models import Change, ChangeOp
from routeros_mcp.domain.planning.commands import spec_of
from routeros_mcp.domain.planning.management import access, chains, links
from routeros_mcp.domain.planning.management.afterwards import after_changes
from routeros_mcp.domain.planning.management.matching import Packet
from routeros_mcp.domain.planning.management.path import Finding, Judgement, ManagementPath, Reach, Tables
from routeros_mcp.domain.planning.rows import Schema

MENUS = (
    "/interface", "/interface/bonding", "/interface/bridge", "/interface/bridge/port",
    "/interface/bridge/vlan", "/interface/ethernet", "/interface/list", "/interface/list/member",
    "/interface/vlan", "/ip/address", "/ip/dhcp-client", "/ip/firewall/filter", "/ip/firewall/nat",
    "/ip/firewall/raw", "/ip/firewall/address-list", "/ip/route", "/ip/service", "/ip/service/webserver",
    "/user", "/user/active", "/user/group",
)  # fmt: skip
"""The menus that decide; with an IPv6 manager those below /ipv6 in place of their twins below /ip."""

_SEEN = (*MENUS, "/ipv6/address", "/ipv6/firewall", "/ipv6/route", "/ip/firewall", "/interface", "/user")
_PPP = "/ppp"
_PPP_KINDS = ("ppp", "l2tp", "pptp", "sstp", "ovpn")
_BLIND: Mapping[str, str] = {
    "/certificate": "certificates: the manager has pinned the one it knows",
    "/ip/ipsec": "IPsec policies, which decide about traffic before the firewall",
    "/ip/settings": "IP settings, such as reverse-path filtering",
    "/ip/ssh": "SSH settings",
    "/ip/vrf": "VRFs",
    "/interface/bonding": "bonds",
    "/interface/bridge/filter": "bridge filters",
    "/interface/bridge/msti": "spanning trees",
    "/interface/bridge/settings": "bridge settings",
    "/interface/dot1x": "port authentication",
    "/interface/ethernet/switch": "the switch chip",
    "/interface/wireguard": "WireGuard tunnels",
    _PPP: "PPP logins and profiles",
    "/routing": "dynamic routing and routing rules",
    "/system/device-mode": "the device mode",
    "/user/aaa": "where logins are checked",
    "/user/ssh-keys": "SSH keys of logins",
    "/ip/firewall/connection/tracking": "connection tracking",
}
_LINK_PROPERTIES = frozenset(
    {"arp", "mac-address", "admin-mac", "auto-mac", "mtu", "l2mtu", "speed", "auto-negotiation", "advertise",
     "protocol-mode", "frame-types", "ingress-filtering", "tag-stacking", "ether-type", "isolate", "hw",
     "trusted", "bpdu-guard", "use-service-tag", "loop-protect", "horizon", "master-port", "poe-out"}
)  # fmt: skip
_OWN_LOGIN = frozenset({"password", "name", "group"})
_SERVICE = frozenset({"certificate", "tls-version", "max-sessions"})


def touches(changes: Iterable[Change]) -> bool:
    """Whether any change lies where the way in is decided; if none does, nothing needs to be read."""
    return any(_is_of_interest(change) for change in changes)


def _is_of_interest(change: Change) -> bool:
    if change.op is ChangeOp.COMMAND:
        return _takes_link(change)
    return _below(change.path, (*_SEEN, *_BLIND))


def _takes_link(change: Change) -> bool:
    """Whether a command may cut off what comes in by its row; an unknown one may."""
    spec = spec_of(change)
    return spec is None or spec.takes_link


def judge(
    paths: Sequence[ManagementPath], tables: Tables, changes: Sequence[Change], schema: Schema
) -> Judgement:
    """Judge a device's changes by its management paths.

    `tables` hold the menus of `MENUS` as they are. What stands in the way after the changes and did not
    before decides. Where the model finds the way closed before already, although the manager came in by it,
    it does not know this router: then nothing that touches the way is safe.
    """
    if not touches(changes):
        return Judgement(reach=Reach.SAFE)
    seen = changes if _over_ppp(paths, tables) else [c for c in changes if not _below(c.path, (_PPP,))]
    findings = [finding for change in seen for finding in _blind(change, paths)]
    findings += _commanded(changes, paths, tables)
    if not paths:
        reason = "the router does not tell by which way the manager comes in"
        findings.append(Finding(Reach.AT_RISK, reason, "no path"))
    written = [change for change in changes if change.op is not ChangeOp.COMMAND]
    after = after_changes(tables, written, schema)
    for path in paths:
        findings += _compared(path, tables, after)
    return Judgement.of(findings)


def _over_ppp(paths: Sequence[ManagementPath], tables: Tables) -> bool:
    """Whether the manager comes in over a PPP link, or may for all that is known."""
    names = {name for path in paths for name in links.arrival(path, tables)}
    kinds = [row.get("type", "") for row in tables.get("/interface", ()) if row.get("name") in names]
    return not kinds or any(kind.startswith(_PPP_KINDS) for kind in kinds)


def _compared(path: ManagementPath, before: Tables, after: Tables) -> list[Finding]:
    interfaces = links.arrival(path, before)
    known = {finding.cause: finding.reach for finding in _findings(path, before, interfaces)}
    fresh = [
        finding
        for finding in _findings(path, after, _arrivals(before, after, interfaces))
        if known.get(finding.cause, Reach.SAFE).rank < finding.reach.rank
    ]
    lost = links.carrying_ports(interfaces, before) - links.carrying_ports(interfaces, after)
    for port in sorted(lost):
        reason = f"/interface/bridge/port: the manager may be behind {port}, which no longer carries it"
        fresh.append(Finding(Reach.AT_RISK, reason, f"port {port}"))
    if Reach.CUT in known.values():
        reason = f"the way of {path.source} in is not as its rows say: its end cannot be foreseen"
        fresh.append(Finding(Reach.AT_RISK, reason, "unlike"))
    if not interfaces:
        fresh.append(
            Finding(Reach.AT_RISK, f"nothing tells by which interface {path.source} comes in", "arrival")
        )
    return fresh


def _arrivals(before: Tables, after: Tables, interfaces: frozenset[str]) -> frozenset[str]:
    """Where packets come in afterwards: where they did, unless a port has got another master meanwhile."""
    masters = {old: new for old in interfaces for new in _masters_of(old, before, after)}
    return frozenset(masters.get(name, name) for name in interfaces)


def _masters_of(name: str, before: Tables, after: Tables) -> Iterator[str]:
    def master(tables: Tables) -> str | None:
        rows = (row for row in tables.get("/interface/bridge/port", ()) if row.get("disabled") != "true")
        return next((row.get("bridge") for row in rows if row.get("interface") == name), None)

    now = master(after)
    if now is not None and master(before) != now:
        yield now


def _findings(path: ManagementPath, tables: Tables, interfaces: frozenset[str]) -> list[Finding]:
    packet = Packet(
        path=path, tables=tables, interfaces=interfaces, ports=links.bridge_ports(interfaces, tables)
    )
    return [
        *access.closed(path, tables),
        *links.broken(path, tables, interfaces),
        *chains.filtered(packet),
        *chains.translated(packet),
    ]


def _blind(change: Change, paths: Sequence[ManagementPath]) -> Iterator[Finding]:
    """What the rows cannot tell: other machinery, the link below IP, secrets of the manager's own login."""
    touched = set(change.after or {})
    if change.op is ChangeOp.COMMAND:
        return
    for menu, what in _BLIND.items():
        if _below(change.path, (menu,)):
            yield _at_risk(change, what)
    if _below(change.path, ("/interface",)) and touched & _LINK_PROPERTIES:
        yield _at_risk(change, f"how a link works ({', '.join(sorted(touched & _LINK_PROPERTIES))})")
    if change.path == "/ip/service" and touched & _SERVICE:
        yield from _service(change, paths, touched)
    if change.path == "/user" and change.key.get("name") in {path.user for path in paths}:
        yield from _own_login(change, touched)


def _commanded(
    changes: Sequence[Change], paths: Sequence[ManagementPath], tables: Tables
) -> Iterator[Finding]:
    """Commands that take the manager's own link away, if only for a while."""
    arrivals = frozenset(name for path in paths for name in links.arrival(path, tables))
    carriers = arrivals | links.carrying_ports(arrivals, tables)
    for change in changes:
        if change.op is ChangeOp.COMMAND and _takes_link(change):
            named = {change.key.get("name"), change.key.get("interface")}
            if not carriers or named & carriers or spec_of(change) is None:
                yield _at_risk(change, "a command on the link")


def _service(change: Change, paths: Sequence[ManagementPath], touched: set[str]) -> Iterator[Finding]:
    if change.key.get("name") not in {path.service for path in paths}:
        return
    if "certificate" in touched:
        reason = "/ip/service: another certificate than the one the manager has pinned"
        yield Finding(Reach.CUT, reason, "certificate")
    if touched & _SERVICE - {"certificate"}:
        yield _at_risk(change, "how the manager's own service answers")


def _own_login(change: Change, touched: set[str]) -> Iterator[Finding]:
    if change.op is ChangeOp.SET and touched & (_OWN_LOGIN - {"group"}):
        what = ", ".join(sorted(touched & _OWN_LOGIN - {"group"}))
        yield Finding(Reach.CUT, f"/user: the manager's own login gets another {what}", "own login")


def _at_risk(change: Change, what: str) -> Finding:
    return Finding(
        Reach.AT_RISK,
        f"{change.path}: {what} may decide whether the manager gets in",
        f"{change.path} {what}",
    )


def _below(path: str, menus: Iterable[str]) -> bool:
    return any(path == menu or path.startswith(f"{menu}/") for menu in menus)
