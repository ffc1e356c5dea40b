"""What a router has before anybody configured it: ports, one login, its certificate, its name."""

import hashlib
from collections.abc import Mapping, Sequence

from routeros_mcp.emulator.spec import RouterSpec

_PORTS = {"CHR": 2, "RB5009UG+S+": 8, "RB4011iGS+": 10, "CCR2004-16G-2S+": 16}
_USUAL_PORTS = 5
_WIFI_RADIOS = 2
_WIFI_SINCE = (7, 13)

Config = Mapping[str, Sequence[Mapping[str, str]]]


_WWW_SSL = {"name": "www-ssl", "certificate": "rest", "disabled": "false"}


def mac(spec: RouterSpec, number: int) -> str:
    """Return a stable locally administered MAC address for the numbered port of this router."""
    digest = hashlib.sha256(f"{spec.name}/{spec.seed}".encode()).hexdigest().upper()
    return ":".join(["02", digest[0:2], digest[2:4], digest[4:6], digest[6:8], f"{number:02X}"])


def configuration(spec: RouterSpec) -> Config:
    """Return the rows of each menu at power-on: the spec's own over the factory's."""
    base: dict[str, Sequence[Mapping[str, str]]] = {
        "/system/identity": ({"name": spec.name},),
        "/interface/ethernet": _ethernet(spec),
        "/queue/interface": [{"interface": row["name"]} for row in _ethernet(spec)],
        "/user": _users(spec),
        "/certificate": (_certificate(spec),),
    }
    if "routerboard" in spec.features:
        base["/interface/ethernet/switch"] = [{"name": "switch1"}]
        base["/interface/ethernet/switch/port"] = [
            {"name": row["name"], "switch": "switch1"} for row in _ethernet(spec)
        ]
    if "wifi" in spec.features:
        base["/interface/wifi" if spec.release >= _WIFI_SINCE else "/interface/wifiwave2"] = _wifi(spec)
    if "wlan" in spec.features:
        base["/interface/wireless"] = _wireless(spec)
    return {**base, **spec.config, "/ip/service": [_WWW_SSL, *spec.config.get("/ip/service", ())]}


def _ethernet(spec: RouterSpec) -> list[Mapping[str, str]]:
    count = _PORTS.get(spec.board, _USUAL_PORTS)
    return [
        {
            ".id": f"*{number:X}",
            "default-name": f"ether{number}",
            "l2mtu": "1598",
            "mac-address": mac(spec, number),
            "name": f"ether{number}",
            "orig-mac-address": mac(spec, number),
        }
        for number in range(1, count + 1)
    ]


def _users(spec: RouterSpec) -> list[Mapping[str, str]]:
    rows: list[Mapping[str, str]] = []
    for number, user in enumerate(spec.users, 1):
        row = {".id": f"*{number:X}", "group": user.group, "name": user.name, "password": user.password}
        if user.address:
            row["address"] = user.address
        if user.is_disabled:
            row["disabled"] = "true"
        if user.name == "admin":
            row["comment"] = "system default user"
        rows.append(row)
    return rows


def _certificate(spec: RouterSpec) -> Mapping[str, str]:
    return {
        ".id": "*1",
        "common-name": spec.name,
        "days-valid": "3650",
        "digest-algorithm": "sha256",
        "expires-after": "519w4d15h28m25s",
        "invalid-after": "2045-01-01 00:00:00",
        "invalid-before": "2025-01-01 00:00:00",
        "key-size": "prime256v1",
        "key-type": "ec",
        "key-usage": "digital-signature,tls-server",
        "name": "rest",
        "private-key": "true",
        "trusted": "true",
    }


def _wifi(spec: RouterSpec) -> list[Mapping[str, str]]:
    return [
        {
            ".id": f"*{0x20 + number:X}",
            "bound": "true",
            "configuration.mode": "ap",
            "configuration.ssid": f"{spec.site or 'office'}-wifi",
            "default-name": f"wifi{number}",
            "mac-address": mac(spec, 0x20 + number),
            "name": f"wifi{number}",
            "radio-mac": mac(spec, 0x20 + number),
            "security.authentication-types": "wpa2-psk,wpa3-psk",
            "security.passphrase": f"wifi-secret-{spec.seed}",
        }
        for number in range(1, _WIFI_RADIOS + 1)
    ]


def _wireless(spec: RouterSpec) -> list[Mapping[str, str]]:
    return [
        {
            ".id": "*20",
            "default-name": "wlan1",
            "mac-address": mac(spec, 0x20),
            "name": "wlan1",
            "ssid": f"{spec.site or 'office'}-legacy",
        }
    ]
