"""A branch office after some years: guests, tunnels, queues, radios, and what nobody remembers."""

import base64
from collections.abc import Mapping

from routeros_mcp.emulator.fleets import firewall, people, upkeep
from routeros_mcp.emulator.fleets.nodes import roll
from routeros_mcp.emulator.fleets.oddities import Oddity, oddity
from routeros_mcp.emulator.fleets.office import OFFICE, network
from routeros_mcp.emulator.fleets.place import Builder, Place, Row, Rows

_PEERS = ("anna laptop", "Bartek (tel)", "NOC", "dodavatel kamer", "old office")
_FIRST_RADIO = 0x20


def key(*words: object) -> str:
    """Return what looks like a WireGuard key and opens nothing."""
    parts = [roll(*words, part).to_bytes(6, "big") for part in range(6)]
    return base64.b64encode(b"".join(parts)[:32]).decode()


def _addresses(place: Place) -> Rows:
    backups = [
        {"address": f"{link.address(place.number)}/30", "interface": port, "comment": "backup uplink"}
        for link, port, _ in place.links()
        if link.is_backup
    ]
    guests = {"address": "192.168.30.1/24", "interface": "vlan30-guest", "network": "192.168.30.0"}
    own = OFFICE["/ip/address"](place)
    return [*own, *({**row, "network": network(row["address"])} for row in backups), guests]


def _routes(place: Place) -> Rows:
    backups = [
        {"gateway": link.address(link.upper), "distance": "2", "comment": "backup, check-gateway"}
        for link, _, _ in place.links()
        if link.is_backup
    ]
    return [*OFFICE["/ip/route"](place), *backups]


def _wireguard(place: Place) -> Rows:
    return (
        {
            "name": "wg-hub",
            "listen-port": "13231",
            "private-key": key(place.seed, place.number),
            "public-key": key("public", place.seed, place.number),
            "comment": "to the hub",
        },
    )


def _peers(place: Place) -> Rows:
    rows: list[Row] = []
    for number, name in enumerate(_PEERS[: 1 + place.node.roll("peers") % len(_PEERS)]):
        dice = place.node.roll("peer", number)
        row = {
            "name": f"peer{number + 1}",
            "comment": name,
            "interface": "wg-hub",
            "public-key": key("peer", place.seed, place.number, number),
            "allowed-address": f"10.{200 + place.number // 256}.{place.number % 256}.{number + 2}/32",
        }
        if dice % 3:
            row |= {"last-handshake": f"{dice % 3}m{dice % 59}s", "rx": str(dice), "tx": str(dice // 3)}
            row |= {"current-endpoint-address": f"198.51.100.{dice % 254 + 1}"}
        rows.append(row)
    return rows


def _queues(place: Place) -> Rows:
    rows = [
        {
            "name": "guests",
            "target": "192.168.30.0/24",
            "max-limit": "5000000/20000000",
            "comment": "fair use",
        },
        {"name": "voice first", "target": f"{place.lan}.0/24", "priority": "1/1", "disabled": "true"},
    ]
    return rows if place.node.roll("queue") % 2 else rows[:1]


def _bridge_ports(place: Place) -> Rows:
    radios = [{"bridge": "bridge", "interface": name, "comment": "defconf"} for name in place.radios]
    return [*OFFICE["/interface/bridge/port"](place), *radios]


def _wifi(place: Place) -> Rows:
    return [
        {
            **_radio(place, number, name),
            "bound": "true",
            "configuration.mode": "ap",
            "configuration.ssid": f"{place.site}-wifi",
            "radio-mac": place.node.mac(_FIRST_RADIO + number),
            "security.authentication-types": "wpa2-psk,wpa3-psk",
            "security.passphrase": f"wifi-secret-{place.number}",
        }
        for number, name in enumerate(place.radios, 1)
    ]


def _wireless(place: Place) -> Rows:
    return [
        {**_radio(place, number, name), "ssid": f"{place.site}-wifi", "disabled": "false", "band": band}
        for number, (name, band) in enumerate(
            zip(place.radios, ("2ghz-b/g/n", "5ghz-a/n/ac"), strict=False), 1
        )
    ]


def _radio(place: Place, number: int, name: str) -> Row:
    row = {
        ".id": f"*{_FIRST_RADIO + number:X}",
        "default-name": name,
        "mac-address": place.node.mac(_FIRST_RADIO + number),
        "name": name,
    }
    if oddity(place.node) is Oddity.FOREIGN_COMMENTS:
        row["comment"] = "Réseau du personnel, accès limité"
    return row


def _dns(place: Place) -> Rows:
    old = {"name": "intranet.example.com", "address": f"{place.lan}.12", "disabled": "true", "comment": "old"}
    return [*OFFICE["/ip/dns/static"](place), old]


BRANCH: Mapping[str, Builder] = {
    **{path: build for path, build in OFFICE.items() if path != "/log"},
    **firewall.LIVED_IN,
    **people.LIVED_IN,
    **upkeep.EVERYWHERE,
    "/ip/address": _addresses,
    "/ip/dns/static": _dns,
    "/ip/route": _routes,
    "/interface/bridge/port": _bridge_ports,
    "/interface/wireguard": _wireguard,
    "/interface/wireguard/peers": _peers,
    "/queue/simple": _queues,
}
RADIOS: Mapping[str, Mapping[str, Builder]] = {
    "": {},
    "wifi": {**people.WIFI, "/interface/wifi": _wifi},
    "wireless": {**people.WIRELESS, "/interface/wireless": _wireless},
}
