"""What administrators set up on every router: names, ports, clocks, logs, scripts and who is next door."""

from collections.abc import Mapping

from routeros_mcp.emulator.fleets.nodes import Node, port_name
from routeros_mcp.emulator.fleets.oddities import Oddity, identity, oddity, uptime_s
from routeros_mcp.emulator.fleets.office import provider
from routeros_mcp.emulator.fleets.place import Builder, Place, Row, Rows
from routeros_mcp.emulator.values import show_duration

_ZONES = {"lis": ("Europe/Lisbon", "+00:00"), "rix": ("Europe/Riga", "+02:00")}
_ZONE_NAMES = {"ams": "Amsterdam", "waw": "Warsaw", "osl": "Oslo", "vie": "Vienna"}
_BUILT = {"7.6": "2022-10-17 10:55:40", "7.12.1": "2023-11-17 11:38:45", "7.16.2": "2024-11-26 12:09:40"}
_USUALLY_BUILT = "2025-11-27 08:17:04"
_NTP = ("0.pool.ntp.org,1.pool.ntp.org", "ntp.nic.cz", "10.255.0.0")
_COMMENTS = ("uplink", "zum Keller", "UPLINK - do not touch", "ap hall", "free?", "kamera", "to rack B")
_FOREIGN = ("Główne łącze — nie ruszać!", "Küche, links neben der Tür", "резерв", "ligação ao armazém")
_PLUGGED_OF = 5


def ethernet(place: Place) -> Rows:
    """Return the ports with what people wrote beside them; some have nothing plugged in."""
    linked: dict[str, Node | None] = {port: other for _, port, other in place.links()}
    linked = linked or {"ether1": None}
    return [_port(place, number, name, linked) for number, name in enumerate(place.ports, 1)]


def _port(place: Place, number: int, name: str, linked: Mapping[str, Node | None]) -> Row:
    node = place.node
    mac = node.mac(number)
    row = {".id": f"*{number:X}", "default-name": name, "l2mtu": "1598", "mac-address": mac}
    row |= {"name": name, "orig-mac-address": mac}
    if name in linked:
        other = linked[name]
        row["comment"] = f"to {other.name}" if other is not None else "uplink"
        if oddity(node) is Oddity.FLAPPING and number == 1:
            row |= {"link-downs": "47", "comment": "uplink, flaps since the storm"}
    else:
        if node.roll("plugged", number) % _PLUGGED_OF == 0:
            row["running"] = "false"
        if node.roll("note", number) % 3 == 0:
            words = _FOREIGN if oddity(node) is Oddity.FOREIGN_COMMENTS else _COMMENTS
            row["comment"] = node.pick(words, "words", number)
    return row


def neighbours(place: Place) -> Rows:
    """Return the routers at the other ends of the cables: each sees the other as the other is."""
    if not place.plan.links:
        return (provider(place),)
    return [neighbour(place, link.number, port) for link, port, _ in place.links()]


def neighbour(place: Place, link_number: int, port: str) -> Row:
    link = place.plan.links[link_number]
    other = place.plan.nodes[link.other(place.number)]
    address = link.address(other.number)
    return {
        "address": address,
        "address4": address,
        "age": f"{link_number % 30}s",
        "board": other.model,
        "discovered-by": "cdp,lldp,mndp",
        "identity": identity(other),
        "interface": port,
        "interface-name": port_name(other, link.port(other.number)),
        "mac-address": other.mac(link.port(other.number)),
        "platform": "MikroTik",
        "system-caps": "bridge,router",
        "system-caps-enabled": "bridge,router",
        "unpack": "none",
        "uptime": show_duration(int(uptime_s(other)) * 1_000_000),
        "version": f"{other.version} (stable) {_BUILT.get(other.version, _USUALLY_BUILT)}",
    }


def _clock(place: Place) -> Rows:
    site = place.site
    name, offset = _ZONES.get(site) or (f"Europe/{_ZONE_NAMES.get(site, 'Amsterdam')}", "+01:00")
    return ({"time-zone-name": name, "time-zone-autodetect": "false", "gmt-offset": offset},)


def _ntp(place: Place) -> Rows:
    if oddity(place.node) is Oddity.DRIFTED_CLOCK:
        return ({"enabled": "true", "servers": "192.0.2.123", "freq-drift": "-412.7", "status": "waiting"},)
    return ({"enabled": "true", "servers": place.choose(_NTP)},)


def _logging(_place: Place) -> Rows:
    return (
        {"topics": "info", "action": "remote", "prefix": ""},
        {"topics": "firewall", "action": "memory", "disabled": "true"},
    )


def _actions(_place: Place) -> Rows:
    return ({"name": "syslog", "target": "remote", "remote": "10.255.0.9", "remote-port": "514"},)


def _scripts(place: Place) -> Rows:
    backup = ':local n [/system identity get name]\r\n/export file=$n\r\n:log info "backup done"\r\n'
    rows: list[Row] = [{"name": "nightly-backup", "owner": "admin", "source": backup, "run-count": "212"}]
    if place.node.roll("script") % 4 == 0:
        rows.append({"name": "test1", "owner": "admin", "source": ":put hello", "comment": "delete me"})
    return rows


def _scheduler(place: Place) -> Rows:
    at = f"03:{place.number % 60:02}:00"
    common = {"owner": "admin", "start-date": "2024-03-01"}
    rows: list[Row] = [
        {"name": "backup", "interval": "1d", "on-event": "nightly-backup", "start-time": at, **common},
    ]
    if place.node.roll("weekly") % 3 == 0:
        weekly = {"name": "weekly reboot", "interval": "1w", "on-event": "/system reboot", "disabled": "true"}
        rows.append({**weekly, "start-time": "04:00:00", "comment": "not needed since 7.12?", **common})
    return rows


def _note(place: Place) -> Rows:
    text = f"{place.node.label} router of {place.site}. Changes: noc@example.com"
    return ({"note": text, "show-at-login": "true"},)


EVERYWHERE: Mapping[str, Builder] = {
    "/system/identity": lambda place: ({"name": identity(place.node)},),
    "/interface/ethernet": ethernet,
    "/ip/neighbor": neighbours,
    "/system/clock": _clock,
    "/system/ntp/client": _ntp,
    "/system/logging": _logging,
    "/system/logging/action": _actions,
    "/system/script": _scripts,
    "/system/scheduler": _scheduler,
    "/system/note": _note,
    "/snmp": lambda place: (
        {"enabled": "true", "location": place.site, "contact": "noc@example.com", "trap-version": "2"},
    ),
}
