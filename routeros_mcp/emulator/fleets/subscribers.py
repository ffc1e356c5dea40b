"""Subscribers of an access site: logins, who is online, and what they pay for."""

from collections.abc import Iterator, Mapping

from routeros_mcp.emulator.fleets import people
from routeros_mcp.emulator.fleets.place import Builder, Place, Rows

_FEWEST, _SPREAD = 8, 60
_BLOCK = 1024
_RATES = ("10M/50M", "20M/100M", "50M/300M")
_LIMITS = ("10000000/50000000", "20000000/100000000", "50000000/300000000")
_DEBTOR_ONE_OF = 19
_OFFLINE_ONE_OF = 8


def subscriber_count(place: Place) -> int:
    return _FEWEST + place.node.roll("subscribers") % _SPREAD


def subscriber(place: Place, number: int) -> tuple[str, str, str]:
    """Return the login of a subscriber, the address of their router, and its MAC address."""
    block = place.number * _BLOCK + number + 10
    address = f"100.{64 + block // 65_536}.{block // 256 % 256}.{block % 256}"
    return f"{place.site}{place.number:04}-{number:03}@net", address, people.host(place, number)[1]


def _owes(number: int) -> bool:
    return number % _DEBTOR_ONE_OF == _DEBTOR_ONE_OF - 1


def _secrets(place: Place) -> Rows:
    return [
        {
            "name": login,
            "password": f"pppoe-secret-{place.number}-{number}",
            "profile": f"plan-{number % len(_RATES) + 1}",
            "service": "pppoe",
            "remote-address": address,
            **({"disabled": "true", "comment": "DOES NOT PAY"} if _owes(number) else {}),
        }
        for number in range(subscriber_count(place))
        for login, address, _ in [subscriber(place, number)]
    ]


def _profiles(place: Place) -> Rows:
    first = subscriber(place, 0)[1].rpartition(".")[0]
    return [
        {"name": f"plan-{number}", "rate-limit": rate, "local-address": f"{first}.1", "only-one": "yes"}
        for number, rate in enumerate(_RATES, 1)
    ]


def _online(place: Place) -> Iterator[tuple[int, str, str, str]]:
    for number in range(subscriber_count(place)):
        if not _owes(number) and place.node.roll("online", number) % _OFFLINE_ONE_OF:
            yield number, *subscriber(place, number)


def _active(place: Place) -> Rows:
    return [
        {
            "address": address,
            "caller-id": mac,
            "encoding": "",
            "name": login,
            "radius": "false",
            "service": "pppoe",
            "session-id": f"0x{0x81000000 + number:X}",
            "uptime": f"{number % 20}d{number % 23}h" if number % 20 else f"{1 + number % 23}h",
        }
        for number, login, address, mac in _online(place)
    ]


def _queues(place: Place) -> Rows:
    return [
        {
            "name": f"<pppoe-{login}>",
            "target": f"{address}/32",
            "max-limit": _LIMITS[number % len(_LIMITS)],
            "dynamic": "true",
            "rate": f"{place.node.roll('up', number) % 900_000}/{place.node.roll('dn', number) % 9_000_000}",
        }
        for number, login, address, _ in _online(place)
    ]


def _pppoe_server(_place: Place) -> Rows:
    return (
        {"service-name": "internet", "interface": "bridge-clients", "default-profile": "plan-1"}
        | {"authentication": "pap,chap", "one-session-per-host": "true", "disabled": "false"},
    )


ACCESS: Mapping[str, Builder] = {
    "/interface/pppoe-server/server": _pppoe_server,
    "/ppp/active": _active,
    "/ppp/profile": _profiles,
    "/ppp/secret": _secrets,
    "/queue/simple": _queues,
}
