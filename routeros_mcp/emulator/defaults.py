"""What a router has before anybody configured it: ports, one login, its certificate, its name."""

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence

from routeros_mcp.emulator.boards import board
from routeros_mcp.emulator.spec import RouterSpec

_WIFI_SINCE = (7, 13)
_WWW_SSL = {"name": "www-ssl", "certificate": "rest", "disabled": "false"}


def mac(spec: RouterSpec, number: int) -> str:
    """Return a stable locally administered MAC address for the numbered port of this router."""
    digest = hashlib.sha256(f"{spec.name}/{spec.seed}".encode()).hexdigest().upper()
    return ":".join(["02", digest[0:2], digest[2:4], digest[4:6], digest[6:8], f"{number:02X}"])


class PowerOn(Mapping[str, Sequence[Mapping[str, str]]]):
    """The rows of each menu at power-on, made when asked for: the spec's own over the factory's."""

    __slots__ = ("_spec",)

    def __init__(self, spec: RouterSpec) -> None:
        self._spec = spec

    def __getitem__(self, path: str) -> Sequence[Mapping[str, str]]:
        spec = self._spec
        if path == _SERVICES:
            return [_WWW_SSL, *spec.config.get(_SERVICES, ())]
        return spec.config[path] if path in spec.config else _FACTORY[path](spec)

    def __contains__(self, path: object) -> bool:
        return path in _FACTORY or path in self._spec.config

    def __iter__(self) -> Iterator[str]:
        return iter({**dict.fromkeys(_FACTORY), **dict.fromkeys(self._spec.config)})

    def __len__(self) -> int:
        return sum(1 for _ in self)


def ethernet(spec: RouterSpec) -> list[Mapping[str, str]]:
    return [
        {
            ".id": f"*{number:X}",
            "default-name": name,
            "l2mtu": "1598",
            "mac-address": mac(spec, number),
            "name": name,
            "orig-mac-address": mac(spec, number),
        }
        for number, name in enumerate(board(spec.board).ports, 1)
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


def _wifi(spec: RouterSpec, *, since: bool) -> list[Mapping[str, str]]:
    """Return the radios, in the menu that the version has them in: another one up to 7.12."""
    if spec.radio != "wifi" or (spec.release >= _WIFI_SINCE) is not since:
        return []
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
        for number in range(1, max(1, board(spec.board).radios) + 1)
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


def _switch(spec: RouterSpec) -> Sequence[Mapping[str, str]]:
    return ({"name": "switch1"},) if "routerboard" in spec.features else ()


def _switch_ports(spec: RouterSpec) -> Sequence[Mapping[str, str]]:
    ports = ethernet(spec) if "routerboard" in spec.features else ()
    return [{"name": row["name"], "switch": "switch1"} for row in ports]


_SERVICES = "/ip/service"
_FACTORY: Mapping[str, Callable[[RouterSpec], Sequence[Mapping[str, str]]]] = {
    "/system/identity": lambda spec: ({"name": spec.name},),
    "/interface/ethernet": ethernet,
    "/user": _users,
    "/certificate": lambda spec: (_certificate(spec),),
    "/interface/ethernet/switch": _switch,
    "/interface/ethernet/switch/port": _switch_ports,
    "/interface/wifi": lambda spec: _wifi(spec, since=True),
    "/interface/wifiwave2": lambda spec: _wifi(spec, since=False),
    "/interface/wireless": lambda spec: _wireless(spec) if "wlan" in spec.features else (),
    "/queue/interface": lambda spec: [{"interface": row["name"]} for row in ethernet(spec)],
    _SERVICES: lambda _spec: (),
}
