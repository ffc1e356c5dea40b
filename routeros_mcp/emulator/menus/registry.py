"""Which menus a router has and what each accepts: the declared tables laid over the whole menu tree."""

import gzip
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from routeros_mcp.emulator.menus import (
    firewall,
    interface,
    ip,
    ipsec,
    ipv6,
    network,
    routing,
    services,
    system,
    tools,
    tunnels,
    versions,
    wireless,
)
from routeros_mcp.emulator.menus.declared import Declared
from routeros_mcp.emulator.menus.fields import Field, Presence, read_bounds, read_fields

_DATA = Path(__file__).parent.parent / "data" / "menus.json.gz"
_DECLARED: Mapping[str, Declared] = {
    **interface.MENUS,
    **ip.MENUS,
    **firewall.MENUS,
    **network.MENUS,
    **system.MENUS,
    **tunnels.MENUS,
    **wireless.MENUS,
    **services.MENUS,
    **ipsec.MENUS,
    **ipv6.MENUS,
    **routing.MENUS,
    **tools.MENUS,
}
_WIFI, _WIFI_BEFORE = "/interface/wifi", "/interface/wifiwave2"
# Hardware traits and packages that menus need. Source: schema of a CHR with and without extra packages.
_NEEDS: Mapping[str, str] = {
    _WIFI_BEFORE: "wifi",
    "/app": "container",
    "/caps-man": "wireless",
    "/container": "container",
    "/disk/btrfs": "rose-storage",
    "/dude": "dude",
    "/file/rsync-daemon": "rose-storage",
    "/file/sync": "rose-storage",
    "/interface/veth": "container",
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
_LIST_COMMANDS = frozenset({"add", "set", "remove", "print", "get", "find", "enable", "disable", "unset"})
_SINGLE_COMMANDS = frozenset({"set", "print", "get"})
_NOT_FIELDS = frozenset({"numbers", "copy-from", "place-before", "about"})
_ENUM_MIN = 3
# Completion lists that name instances of this or that router, not a closed set of words.
_INSTANCE_WORDS = frozenset(
    {"default", "main", "full", "public", "static", "memory", "admin", "forward", "srcnat"}
)


class Kind(StrEnum):
    LIST = "list"
    SINGLE = "single"
    DIRECTORY = "directory"


@dataclass(frozen=True, slots=True, kw_only=True)
class Menu:
    """One menu of one release: `always` holds the keys every row shows, with what they show when never set.

    Keys are the newest release's names everywhere; `own_names` tells those this release calls otherwise,
    `absent` those it has not.
    """

    path: str
    kind: Kind
    fields: Mapping[str, Field]
    commands: frozenset[str]
    required: tuple[str, ...] = ()
    refusal: str = ""
    always: Mapping[str, str]
    references: tuple[str, ...] = ()
    secrets: frozenset[str] = frozenset()
    own_names: Mapping[str, str]
    absent: frozenset[str]
    declared: Declared
    boards: str = ""

    @property
    def is_list(self) -> bool:
        return self.kind is Kind.LIST

    @property
    def is_ordered(self) -> bool:
        return "move" in self.commands

    @property
    def has_names(self) -> bool:
        return self.is_list and "name" in self.fields

    def inward(self, own: str) -> str | None:
        """Return the key of an argument by this release's name for it, or nothing when it has none such."""
        if own in self.fields and own not in self.own_names:
            return own
        return next((key for key, name in self.own_names.items() if name == own), None)

    def outward(self, key: str) -> str:
        return self.own_names.get(key, key)


@cache
def _tree() -> dict[str, Any]:
    with gzip.open(_DATA) as source:
        loaded: dict[str, Any] = json.load(source)
    return loaded


def section_order() -> list[str]:
    """Return the order of sections seen in real exports, in space form."""
    order: list[str] = _tree()["order"]
    return order


@cache
def paths() -> frozenset[str]:
    """Return every menu and directory any router may have."""
    known = {path for path in _tree()["menus"] if len(path) > 1} | set(_DECLARED)
    known |= {_WIFI_BEFORE + path[len(_WIFI) :] for path in known if path.startswith(_WIFI)}
    parents = {path.rsplit("/", depth)[0] for path in known for depth in range(1, path.count("/"))}
    return frozenset(known | parents)


@cache
def menu(path: str, release: versions.Release | None = None) -> Menu:
    """Return the menu at `path` as that release has it, or as the last that had it.

    Raises:
        KeyError: no router of that release has it.
    """
    if path not in paths() or (release is not None and not versions.is_known(path, release)):
        raise KeyError(path)
    return _made(path, versions.era(path, release or versions.NEWEST))


@cache
def _made(path: str, release: versions.Release) -> Menu:
    entry = _tree()["menus"].get(in_tree(path), {})
    declared = _DECLARED.get(in_tree(path), Declared())
    kind = Kind(declared.kind or entry.get("kind", "directory"))
    newest = _declared_fields(kind, entry, declared) if kind is not Kind.DIRECTORY else {}
    fields = versions.fields_of(path, newest, release)
    always = {
        key: f.default for key, f in fields.items() if f.presence is Presence.ALWAYS and f.default is not None
    }
    required = declared.required or tuple(entry.get("required", ()))
    return Menu(
        path=path,
        kind=kind,
        fields=MappingProxyType(fields),
        commands=_commands(kind, entry, declared) - versions.absent_commands(path, release),
        required=tuple(name for name in required if name in fields),
        refusal=entry.get("refusal", ""),
        always=MappingProxyType(always),
        references=tuple(key for key, field in fields.items() if field.target),
        secrets=_secrets(path) | {key for key, f in fields.items() if f.is_sensitive},
        own_names=MappingProxyType({key: f.name for key, f in fields.items() if f.name != key}),
        absent=versions.absent_fields(path, release),
        declared=declared,
        boards=_boards(path) or entry.get("boards", ""),
    )


def in_tree(path: str) -> str:
    """Return the path under which the newest release has the menu."""
    is_old = path == _WIFI_BEFORE or path.startswith(f"{_WIFI_BEFORE}/")
    return _WIFI + path[len(_WIFI_BEFORE) :] if is_old else path


def _boards(path: str) -> str:
    """Return the hardware trait or package that this menu, or a menu above it, needs."""
    while path:
        if path in _NEEDS:
            return _NEEDS[path]
        if path in _DECLARED and _DECLARED[path].boards:
            return _DECLARED[path].boards
        path = path.rsplit("/", 1)[0]
    return ""


@cache
def namespaces() -> Mapping[str, tuple[str, ...]]:
    """Return, for each kind of hard reference, the menus whose rows it may name."""
    found: dict[str, tuple[str, ...]] = {
        "bridge": ("/interface/bridge",),
        "vxlan": ("/interface/vxlan",),
        "wireguard": ("/interface/wireguard",),
    }
    for path in sorted(paths()):
        declared = _DECLARED.get(in_tree(path), Declared())
        if declared.namespace:
            found[declared.namespace] = (*found.get(declared.namespace, ()), path)
    return MappingProxyType(found)


@cache
def interface_types() -> Mapping[str, str]:
    """Return the `type` that /interface shows for rows of each typed interface menu."""
    found = {path: d.interface_type for path, d in _DECLARED.items() if d.interface_type}
    return MappingProxyType(found | {_WIFI_BEFORE: found[_WIFI]})


def _commands(kind: Kind, entry: dict[str, Any], declared: Declared) -> frozenset[str]:
    named = frozenset(entry.get("commands", "").split()) | frozenset(declared.commands.split())
    if entry:
        return named
    usual = {Kind.LIST: _LIST_COMMANDS, Kind.SINGLE: _SINGLE_COMMANDS, Kind.DIRECTORY: frozenset[str]()}
    return named | usual[kind]


def _secrets(path: str) -> frozenset[str]:
    path = in_tree(path)
    listed: dict[str, list[str]] = _tree()["secrets"]
    found = [
        names for menu_path, names in listed.items() if path == menu_path or path.startswith(menu_path + "/")
    ]
    return frozenset(name for names in found for name in names)


def _declared_fields(kind: Kind, entry: dict[str, Any], declared: Declared) -> dict[str, Field]:
    found = _fields(kind, entry) | read_fields(declared.fields)
    for word in declared.refs.split():
        name, _, target = word.partition("=")
        key = name.removeprefix("+")
        held = found.get(key, Field(name=key))
        found[key] = replace(held, kind="refs" if name != key else "ref", words=tuple(target.split("|")))
    for word in declared.defaults.split():
        name, _, text = word.partition("=")
        held = found.get(name, Field(name=name, is_readonly=True))
        found[name] = replace(held, default=text.replace("␣", " "), presence=Presence.ALWAYS)
    return found


def _fields(kind: Kind, entry: dict[str, Any]) -> dict[str, Field]:
    arguments = {
        name: _argument(name, *detail)
        for name, detail in entry.get("arguments", {}).items()
        if name not in _NOT_FIELDS
    }
    shown = {name for name in entry.get("properties", "").split() if name not in _NOT_FIELDS}
    readonly = {name: _property(name) for name in shown - arguments.keys()}
    if kind is Kind.LIST:
        arguments |= {name: _usual(arguments[name]) for name in ("disabled",) if name in arguments}
    return readonly | arguments


def _usual(field: Field) -> Field:
    return replace(field, default="false", presence=Presence.ALWAYS)


def _property(name: str) -> Field:
    if name in {"dynamic", "invalid"}:
        return Field(name=name, kind="bool", default="false", presence=Presence.ALWAYS, is_readonly=True)
    return Field(name=name, is_readonly=True)


def _argument(name: str, kind: str, detail: str) -> Field:
    if kind == "words":
        return Field(name=name, kind="enums", words=tuple(detail.split("|")))
    words = tuple(detail.split("|")) if kind == "any" and detail else ()
    if len(words) >= _ENUM_MIN and not _INSTANCE_WORDS.intersection(words):
        return Field(name=name, kind="enum", words=words)
    return Field(
        name=name, kind=kind, bounds=read_bounds(kind, detail) if not detail.endswith("..") else None
    )
