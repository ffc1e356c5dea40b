"""What RouterOS versions differ in: names, and since when menus and properties exist. Tables of facts.

Sources: vendor's changelog and manual; schema notes and diffs of public tools; a public lab's measurements.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from routeros_mcp.domain.models.release import Release


@dataclass(frozen=True, slots=True, kw_only=True)
class Rename:
    """A property that was called `old` before `since`; `values` leads from an old value to the new one.

    Without `since` nobody knows when, so `name` is what is written and either is understood.
    """

    path: str
    name: str
    old: str
    since: Release | None = None
    values: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class MenuRename:
    """A menu that was called `old` before `since`, with all that is below it."""

    path: str
    old: str
    since: Release


_PASSWORDS = {"yes": "yes", "true": "yes", "no": "yes-if-no-key", "false": "yes-if-no-key"}
RENAMES = (
    # terraform-routeros, schema notes by version
    Rename(path="/container", name="repo", old="tag", since=Release(7, 18)),
    Rename(path="/container", name="envlists", old="envlist", since=Release(7, 20)),
    Rename(path="/tool/e-mail", name="server", old="address", since=Release(7, 12)),
    Rename(path="/file", name="last-modified", old="creation-time", since=Release(7, 16)),
    Rename(path="/interface/vxlan", name="vtep-vrf", old="vrf", since=Release(7, 20)),
    Rename(path="/interface/wireguard/peers", name="responder", old="is-responder", since=Release(7, 17)),
    Rename(path="/routing/bgp/connection", name="afi", old="address-families", since=Release(7, 19)),
    Rename(path="/routing/bgp/template", name="afi", old="address-families", since=Release(7, 19)),
    # quickchr's lab: the old name on CHR 7.20.8, the new one on 7.23.1, same behaviour
    Rename(path="/user/ssh-keys", name="info", old="key-owner", since=Release(7, 23)),
    Rename(
        path="/ip/ssh",
        name="password-authentication",
        old="always-allow-password-login",
        since=Release(7, 23),
        values=_PASSWORDS,
    ),
    # the manual's newest page says available-from, exports of 7.23.2 and the tree of 7.24 address
    Rename(path="/ip/service", name="address", old="available-from"),
)
MENU_RENAMES = (
    # the package wifiwave2 became wifi
    MenuRename(path="/interface/wifi", old="/interface/wifiwave2", since=Release(7, 13)),
)
SINCE: Mapping[str, Release] = {
    "/app": Release(7, 21),
    "/interface/wifi": Release(7, 13),
    "/ip/dns/adlist": Release(7, 15),
    "/ip/service/webserver": Release(7, 24),
    "/routing/bgp/instance": Release(7, 20),
    "/safe-mode": Release(7, 18),
}
"""The first version with a menu, as far as it is known."""

UNTIL: Mapping[str, Release] = {"/system/upgrade": Release(7, 17)}
"""The first version without a menu."""

SINGLE_BEFORE: Mapping[str, Release] = {"/interface/ovpn-server/server": Release(7, 17)}
"""Menus of rows that were one object before."""

PROPERTY_SINCE: Mapping[str, Mapping[Release, tuple[str, ...]]] = {
    "/interface/ovpn-server/server": {Release(7, 17): ("name", "vrf")},
    "/interface/wireguard/peers": {Release(7, 15): ("name", "responder")},
    "/ip/dhcp-server/matcher": {Release(7, 16): ("matching-type",)},
    "/ip/dns": {Release(7, 16): ("mdns-repeat-ifaces",)},
    "/ip/dns/static": {Release(7, 7): ("address-list", "match-subdomain")},
    "/ip/neighbor/discovery-settings": {Release(7, 7): ("mode",)},
    "/ip/ssh": {Release(7, 9): ("host-key-type",), Release(7, 21): ("publickey-authentication-options",)},
    "/routing/bgp/connection": {Release(7, 20): ("instance",)},
    "/snmp": {Release(7, 10): ("engine-id-suffix",)},
    "/system/logging/action": {Release(7, 19): ("vrf",)},
    "/system/scheduler": {Release(7, 24): ("days",)},
    "/tool/bandwidth-server": {Release(7, 18): ("allowed-addresses4", "allowed-addresses6")},
    "/tool/e-mail": {Release(7, 21): ("certificate-verification",)},
    "/tool/netwatch": {
        Release(7, 16): ("accept-icmp-time-exceeded", "dns-server", "record-type", "ttl"),
        Release(7, 17): ("ignore-initial-down", "ignore-initial-up"),
        Release(7, 20): ("early-failure-detection", "early-success-detection"),
    },
    "/tool/sniffer": {Release(7, 19): ("max-packet-size",)},
    "/user": {Release(7, 16): ("inactivity-policy", "inactivity-timeout")},
}
"""The first version with a property, by menu. What is not here was always there, or nobody knows."""
