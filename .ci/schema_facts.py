"""What the sources of the menu schema leave out, and how to read their words: tables for build_schema.py."""

from __future__ import annotations

import re
from dataclasses import dataclass

from routeros_mcp.domain.models import PropertySpec, ValueType

T = ValueType

NOT_PROPERTIES = frozenset({"about", "copy-from", "numbers", "number", "place-before", "value-name", "where"})
PRINT_SWITCHES = frozenset({"all", "dynamic", "static"})
INTERNAL = re.compile(r"/Argument|/colon|/tool/graphing/(ifaces|queues)/|/tool/apptraffic|.*\.")
PACKAGES = {
    "/app": "container",
    "/caps-man": "wireless",
    "/container": "container",
    "/disk/btrfs": "rose-storage",
    "/dude": "dude",
    "/file/rsync-daemon": "rose-storage",
    "/file/sync": "rose-storage",
    "/interface/wireless": "wireless",
    "/iot": "iot",
    "/openflow": "openflow",
    "/system/gps": "gps",
    "/tool/calea": "calea",
    "/tool/netinstall": "netinstall",
    "/tr069-client": "tr069-client",
    "/user-manager": "user-manager",
    "/zerotier": "zerotier",
}
KEYS = {
    "/certificate": ("name",),
    "/file": ("name",),
    "/interface": ("name",),
    "/interface/ethernet": ("name",),
    "/interface/wireless": ("name",),
    "/interface/bridge/mdb": ("bridge", "group", "vid"),
    "/interface/bridge/msti": ("bridge", "identifier"),
    "/interface/bridge/port": ("interface",),
    "/interface/bridge/vlan": ("bridge", "vlan-ids"),
    "/interface/list/member": ("list", "interface"),
    "/interface/wireguard/peers": ("interface", "public-key"),
    "/ip/address": ("address", "interface"),
    "/ip/arp": ("address", "interface"),
    "/ip/dhcp-client": ("interface",),
    "/ip/dhcp-relay": ("name",),
    "/ip/dhcp-server/lease": ("mac-address", "server"),
    "/ip/dhcp-server/network": ("address",),
    "/ip/dns/adlist": ("url", "file"),
    "/ip/dns/static": ("name", "regexp", "type", "address"),
    "/ip/firewall/address-list": ("list", "address"),
    "/ip/route": ("dst-address", "gateway", "routing-table"),
    "/ip/service": ("name",),
    "/ip/ssh/host-key": ("type",),
    "/ipv6/address": ("address", "interface"),
    "/ipv6/dhcp-client": ("interface",),
    "/ipv6/firewall/address-list": ("list", "address"),
    "/ipv6/nd": ("interface",),
    "/ipv6/nd/prefix": ("prefix", "interface"),
    "/ipv6/neighbor": ("address", "interface"),
    "/ipv6/route": ("dst-address", "gateway", "routing-table"),
    "/ppp/secret": ("name", "service"),
    "/radius": ("address", "service"),
    "/routing/bfd/configuration": ("interfaces",),
    "/routing/ospf/interface-template": ("area", "interfaces"),
    "/snmp/community": ("name",),
    "/system/logging": ("topics", "action"),
    "/system/ntp/client/servers": ("address",),
    "/system/ntp/key": ("key-id",),
    "/tool/netwatch": ("host", "name"),
    "/user/aaa": (),
    "/container/envs": ("list", "key"),
    "/container/mounts": ("list", "dst"),
}
NO_KEYS = re.compile(
    r"/(ip|ipv6|bridge)/(firewall/)?(filter|nat|mangle|raw|calea)$|/access-list$|/provisioning$"
)
_CERTIFICATE_FLAGS = (
    "acme-managed", "authority", "crl", "expired", "issued", "private-key", "revoked", "smart-card-key",
    "trusted",
)  # fmt: skip
TYPES = {
    "/certificate": dict.fromkeys(_CERTIFICATE_FLAGS, T.BOOLEAN)
    | {"invalid-after": T.DATETIME, "invalid-before": T.DATETIME},
    "/interface": {"l2mtu": T.INTEGER, "max-l2mtu": T.NUMBER, "mtu": T.INTEGER, "type": T.TEXT},
    "/ip/address": {"address": T.IP, "network": T.IP},
    "/ip/dhcp-client": {"address": T.IP},
    "/ip/dhcp-server/network": {"address": T.PREFIX},
    "/ip/firewall/address-list": {"address": T.IP},
    "/ip/firewall/connection/tracking": {"active-ipv4": T.ENUM, "active-ipv6": T.ENUM},
    "/ip/route": {"dst-address": T.PREFIX},
    "/ip/service": {"address": T.LIST},
    "/ipv6/firewall/address-list": {"address": T.IP},
    "/ipv6/route": {"dst-address": T.PREFIX},
    "/log": {"extra-info": T.TEXT, "time": T.DATETIME, "topics": T.LIST},
    "/ppp/active": {"session-id": T.TEXT},
    "/system/health": {"value": T.NUMBER},
    "/system/resource": {"build-time": T.DATETIME},
    "/user": {"address": T.LIST, "group": T.TEXT},
    "/user/active": {"address": T.IP},
}
MORE_SECRETS = {"/container/envs": ["value"]}
ALWAYS_TEXT = frozenset({"comment", "name", "password", "ssid", "host-name", "version", "serial-number"})
CONSENSUS = frozenset({T.NUMBER, T.BOOLEAN, T.DURATION, T.DATETIME, T.MAC, T.IP})
KINDS = {
    "address": T.IP,
    "bool": T.BOOLEAN,
    "date": T.DATETIME,
    "file": T.TEXT,
    "iface_enum": T.TEXT,
    "ip6Addr": T.IP,
    "ip6Prefix": T.PREFIX,
    "ipAddr": T.IP,
    "ipPrefix": T.PREFIX,
    "ipRange": T.PREFIX,
    "macAddr": T.MAC,
    "multi": T.LIST,
    "num": T.INTEGER,
    "string": T.TEXT,
    "switch": T.BOOLEAN,
    "time": T.DURATION,
    "ubit": T.LIST,
}
SYNTAX_KINDS = (
    ("time interval", T.DURATION),
    ("(MAC address)", T.MAC),
    ("IP address range)", T.PREFIX),
    ("prefix)", T.PREFIX),
    ("(IP address)", T.IP),
    ("string value", T.TEXT),
    ("script", T.TEXT),
)


@dataclass(frozen=True)
class Seen:
    """What the sources say of one property: console syntax, completions, the manual's grammar."""

    name: str
    syntax: str = ""
    completions: tuple[str, ...] = ()
    manual: str = ""


def head(grammar: str) -> str:
    match = re.match(r"[A-Za-z0-9_]+", grammar)
    return match[0] if match else ""


def manual_values(grammar: str) -> tuple[str, ...]:
    match = re.search(r"(?:enum|ubit) \(([^()]*)\)", grammar)
    if not match:
        return ()
    return tuple(value.strip() for value in re.split(r"[|,]", match[1]) if value.strip())


def manual_type(grammar: str) -> ValueType | None:
    """The one type that the manual's grammar allows besides its keywords; None when it says nothing."""
    kind = head(grammar)
    if kind in {"", "enum"}:
        return (T.ENUM if len(manual_values(grammar)) > 1 else T.TEXT) if kind else None
    if kind in {"alt", "super"}:
        return _only_type(grammar)
    return KINDS.get(kind, T.UNKNOWN)


def _only_type(grammar: str) -> ValueType:
    bare = re.sub(r"\([^()]*\)", "", grammar.split(maxsplit=1)[1])
    bare = re.sub(r"\{[^{}]*:[^{}]*\}", "", bare)
    if re.search(r"\b(composite|object|range|as|remote)\b", bare):
        return T.UNKNOWN
    found = {KINDS[word] for word in re.findall(r"[A-Za-z0-9_]+", bare) if word in KINDS}
    if found - {T.LIST} and T.LIST in found:
        return T.LIST if "multi" in bare else T.UNKNOWN
    if len(found) == 1:
        return found.pop()
    if found:
        return T.UNKNOWN
    return T.ENUM if len(manual_values(grammar)) > 1 else T.TEXT


def syntax_type(syntax: str) -> ValueType | None:
    if syntax.endswith("*]"):
        return T.LIST
    if re.fullmatch(r"-?\d+\.\.-?\d+", syntax):
        return T.INTEGER
    return next((kind for mark, kind in SYNTAX_KINDS if mark in syntax), None)


def decide(seen: Seen) -> ValueType:
    """The type on which the sources agree; where they do not, ENUM or UNKNOWN, whose values stay text."""
    if seen.name in ALWAYS_TEXT:
        return T.TEXT
    console, manual = syntax_type(seen.syntax), manual_type(seen.manual)
    if console is not None:
        return _with_manual(console, manual, head(seen.manual))
    words = {value for value in seen.completions if not value.startswith("@")}
    if words == {"no", "yes"}:
        return T.BOOLEAN if manual in {None, T.BOOLEAN} else manual if manual is T.ENUM else T.UNKNOWN
    if manual is T.BOOLEAN and seen.completions:
        return T.ENUM
    if manual is not None:
        return manual
    return T.ENUM if len(words) > 1 and len(words) == len(seen.completions) else T.UNKNOWN


def _with_manual(console: ValueType, manual: ValueType | None, kind: str) -> ValueType:
    if manual is T.LIST:
        return T.LIST
    if console is T.DURATION and kind in {"composite", "object"}:
        return T.UNKNOWN
    if console is T.DURATION and manual is T.UNKNOWN:
        return T.UNKNOWN
    return console


def spec_of(seen: Seen, **flags: bool) -> PropertySpec:
    kind = decide(seen)
    known = manual_values(seen.manual)
    console = tuple(value for value in seen.completions if not value.startswith("@"))
    names_items = head(seen.manual) == "iface_enum" or len(console) < len(seen.completions)
    names_items |= head(seen.manual) == "enum" and kind is T.TEXT
    values = (
        ()
        if kind is T.BOOLEAN
        else known
        if seen.manual and names_items
        else tuple(dict.fromkeys(known + console))
    )
    syntax = seen.syntax if seen.syntax != "*" else ""
    if kind is T.LIST and not syntax and head(seen.manual) == "ubit":
        syntax = f"{'|'.join(known)}[,*]"
    return PropertySpec(
        name=seen.name, type=kind, values=values, reference=names_items, syntax=syntax, **flags
    )
