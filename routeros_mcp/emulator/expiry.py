"""What time does to rows that count: which values they show after so many seconds, and when they are gone."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from routeros_mcp.emulator.values import parse_duration, show_duration

Values = Mapping[str, str]
_US = 1_000_000
_NEIGHBOUR_S = 30.0
# A silent host is doubted after this long and forgotten after twice that. Source: vendor manual, arp-timeout.
_ARP_S = 30.0
_BOUND = ("active-address", "active-client-id", "active-mac-address", "active-server", "expires-after")


@dataclass(frozen=True, slots=True, kw_only=True)
class Age:
    """How long ago the row said what it holds, since when its client is silent, and the usual lease."""

    seconds: float
    silent_s: float | None = None
    lease_s: float = 1800.0


def seconds(text: str) -> float:
    return parse_duration(text) / _US


def shown(whole: float) -> str:
    return show_duration(int(whole) * _US)


def _counting(name: str) -> Callable[[Values, Age], Values | None]:
    def count(values: Values, age: Age) -> Values | None:
        if values.get("static") == "true":
            return {}
        left = seconds(values[name]) - age.seconds
        return {name: shown(left)} if left > 0 else None

    return count


def _growing(name: str) -> Callable[[Values, Age], Values | None]:
    return lambda values, age: {name: shown(seconds(values[name]) + age.seconds)}


def _neighbour(values: Values, age: Age) -> Values:
    """Count from one announcement to the next."""
    return {"age": shown((seconds(values["age"]) + age.seconds) % _NEIGHBOUR_S)}


def _renewed(values: Values, age: Age) -> Values:
    """Renew a lease at half its time for ever, as a living client does."""
    lease_s = seconds(values["expires-after"])
    return {"expires-after": shown(_left(lease_s, lease_s, age.seconds)[0])}


def _left(first_s: float, lease_s: float, after_s: float) -> tuple[float, float | None]:
    """Return what is left of a lease and how long ago it was renewed, nothing when it was not."""
    half = lease_s / 2
    until_renewal = max(0.0, first_s - half)
    if after_s < until_renewal:
        return first_s - after_s, None
    since = (after_s - until_renewal) % half
    return lease_s - since, since


def _lease(values: Values, age: Age) -> Values | None:
    """Count a lease down; its client renews it at half time until it falls silent.

    Source: RFC 2131, 4.4.5; vendor manual, DHCP server: a dynamic lease goes when its time is up.
    """
    silent_s = min(age.silent_s or 0.0, age.seconds)
    left, renewed_s = _left(seconds(values["expires-after"]), age.lease_s, age.seconds - silent_s)
    left -= silent_s
    if left > 0:
        return {"expires-after": shown(left), "last-seen": _seen(values, age.seconds, renewed_s, silent_s)}
    if values.get("dynamic") == "true":
        return None
    seen = _seen(values, age.seconds, renewed_s, silent_s)
    return {**dict.fromkeys(_BOUND, ""), "last-seen": seen, "status": "waiting"}


def _seen(values: Values, age_s: float, renewed_s: float | None, silent_s: float) -> str:
    if renewed_s is not None:
        return shown(renewed_s + silent_s)
    held = values.get("last-seen", "0s")
    return held if held == "never" else shown(seconds(held) + age_s)


def _arp(values: Values, age: Age) -> Values | None:
    if values.get("dynamic") != "true" or age.silent_s is None or age.silent_s < _ARP_S:
        return {}
    return {"status": "stale"} if age.silent_s < 2 * _ARP_S else None


@dataclass(frozen=True, slots=True)
class Aging:
    """How the rows of a menu age that hold this key.

    `at` returns what to show over the stored values: nothing for a row that is gone, empty texts for no key.
    """

    key: str
    at: Callable[[Values, Age], Values | None]


AGING: Mapping[str, Aging] = {
    "/interface/wifi/registration-table": Aging("uptime", _growing("uptime")),
    "/interface/wireless/registration-table": Aging("uptime", _growing("uptime")),
    "/ip/arp": Aging("dynamic", _arp),
    "/ip/dhcp-client": Aging("expires-after", _renewed),
    "/ip/dhcp-server/lease": Aging("expires-after", _lease),
    "/ip/dns/cache": Aging("ttl", _counting("ttl")),
    "/ip/firewall/address-list": Aging("timeout", _counting("timeout")),
    "/ip/neighbor": Aging("age", _neighbour),
    "/ipv6/firewall/address-list": Aging("timeout", _counting("timeout")),
    "/ppp/active": Aging("uptime", _growing("uptime")),
}
