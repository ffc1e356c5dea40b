"""Who is connected: clients with host names, makers' addresses and leases in every state."""

from collections.abc import Mapping

from routeros_mcp.emulator.fleets.place import Builder, Place, Row, Rows

# Host names as they are found in offices and homes, with a block of addresses of the maker.
# Source: IEEE register of makers.
_DEVICES = (
    ("iPhone-Anna", "F0:18:98"),
    ("DESKTOP-7F3K2QD", "F8:B1:56"),
    ("HP-LaserJet-M404", "3C:D9:2B"),
    ("raspberrypi", "B8:27:EB"),
    ("ESP_4F21AC", "24:0A:C4"),
    ("Galaxy-S23", "8C:F5:A3"),
    ("SIP-T46S", "80:5E:C0"),
    ("nas", "00:11:32"),
    ("BRN008077A1B2C3", "00:80:77"),
    ("MacBook-Pro-de-Zoë", "3C:06:30"),
    ("kasa-2", "24:0A:C4"),
    ("IPCAM-HOF", "44:19:B6"),
    ("Stefans Rechner", "F8:B1:56"),
    ("", "DC:A6:32"),
)
_FEWEST, _SPREAD = 6, 45
_FIRST_ADDRESS = 50
_WAITING_ONE_OF = 7
_STATIC_ONE_OF = 6
_OFFERED = 11
_MINUTES_OF_A_LEASE = 8 * 60


def client_count(place: Place) -> int:
    return _FEWEST + place.node.roll("clients") % _SPREAD


def host(place: Place, number: int) -> tuple[str, str, str]:
    """Return a client's host name (empty when it tells none), MAC address and address."""
    name, maker = place.node.pick(_DEVICES, "device", number)
    rest = place.node.roll("client", number) & 0xFFFFFF
    mac = f"{maker}:{rest >> 16:02X}:{rest >> 8 & 255:02X}:{number:02X}"
    return name, mac, f"{place.lan}.{_FIRST_ADDRESS + number}"


def leases(place: Place) -> Rows:
    return [_lease(place, number) for number in range(client_count(place))]


def _lease(place: Place, number: int) -> Row:
    name, mac, address = host(place, number)
    row = {"address": address, "mac-address": mac, "server": "office"}
    dice = place.node.roll("lease", number)
    if dice % _STATIC_ONE_OF:
        row["dynamic"] = "true"
    else:
        row["comment"] = place.node.pick(("do not move!", "printer", "Kasse 2", "camera dvor", "???"), number)
    if dice % _WAITING_ONE_OF == 0 and "dynamic" not in row:
        return {**row, "last-seen": f"{1 + dice % 40}d{dice % 24}h", "status": "waiting"}
    left = _MINUTES_OF_A_LEASE // 2 + dice % (_MINUTES_OF_A_LEASE // 2)
    bound = {
        "active-address": address,
        "active-client-id": f"1:{mac.lower()}",
        "active-mac-address": mac,
        "active-server": "office",
        "expires-after": f"{left // 60}h{left % 60}m" if left % 60 else f"{left // 60}h",
        "last-seen": f"{1 + (_MINUTES_OF_A_LEASE - left) % 59}m{1 + dice % 59}s",
        "status": "offered" if number == _OFFERED else "bound",
    }
    return {**row, **bound, **({"host-name": name} if name else {})}


def arp(place: Place) -> Rows:
    return [
        {
            "address": address,
            "mac-address": mac,
            "interface": "bridge",
            "dynamic": "true",
            "complete": "true",
            "dhcp": "true",
            "status": place.node.pick(("reachable", "stale", "reachable", "delay"), "arp", number),
        }
        for number in range(client_count(place))
        for _, mac, address in [host(place, number)]
    ]


def stations(place: Place) -> Rows:
    """Return who is in the air at a wifi or wireless router."""
    first = place.radios[0]
    is_wifi = first.startswith("wifi")
    return [
        _wifi_station(place, number, first) if is_wifi else _wireless_station(place, number, first)
        for number in range(0, client_count(place), 3)
    ]


def _wifi_station(place: Place, number: int, radio: str) -> Row:
    dice = place.node.roll("station", number)
    return {
        "auth-type": "wpa2-psk",
        "authorized": "true",
        "band": "5ghz-ax",
        "bytes": f"{dice % 90_000_000},{dice % 700_000_000}",
        "dynamic": "true",
        "interface": radio,
        "last-activity": f"{dice % 30}s",
        "mac-address": host(place, number)[1],
        "packets": f"{dice % 90_000},{dice % 700_000}",
        "rx-rate": "866700000",
        "signal": str(-45 - dice % 40),
        "ssid": f"{place.site}-wifi",
        "tx-rate": "866700000",
        "uptime": f"{1 + dice % 8}h{dice % 59}m",
    }


def _wireless_station(place: Place, number: int, radio: str) -> Row:
    dice = place.node.roll("station", number)
    return {
        "ap": "false",
        "bytes": f"{dice % 90_000_000},{dice % 700_000_000}",
        "dynamic": "true",
        "interface": radio,
        "last-activity": f"{dice % 900}ms",
        "last-ip": host(place, number)[2],
        "mac-address": host(place, number)[1],
        "packets": f"{dice % 90_000},{dice % 700_000}",
        "rx-rate": "144.4Mbps-20MHz/2S/SGI",
        "signal-strength": f"-{48 + dice % 35}@6Mbps",
        "signal-to-noise": str(20 + dice % 40),
        "tx-ccq": str(60 + dice % 40),
        "tx-rate": "130Mbps",
        "uptime": f"{1 + dice % 8}h{dice % 59}m",
        "wds": "false",
    }


LIVED_IN: Mapping[str, Builder] = {"/ip/dhcp-server/lease": leases, "/ip/arp": arp}
WIFI: Mapping[str, Builder] = {"/interface/wifi/registration-table": stations}
WIRELESS: Mapping[str, Builder] = {"/interface/wireless/registration-table": stations}
