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

from routeros_mcp.emulator.menus import firewall, interface, ip, network, system
from routeros_mcp.emulator.menus.declared import Declared
from routeros_mcp.emulator.menus.fields import Field, Presence, read_bounds, read_fields

_DATA = Path(__file__).parent.parent / "data" / "menus.json.gz"
_DECLARED: Mapping[str, Declared] = {
    **interface.MENUS,
    **ip.MENUS,
    **firewall.MENUS,
    **network.MENUS,
    **system.MENUS,
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
    """One menu: `always` holds the keys every row shows, with what they show when never set."""

    path: str
    kind: Kind
    fields: Mapping[str, Field]
    commands: frozenset[str]
    required: tuple[str, ...] = ()
    refusal: str = ""
    always: Mapping[str, str]
    references: tuple[Field, ...] = ()
    secrets: frozenset[str] = frozenset()
    declared: Declared
    boards: str = ""

    @property
    def is_list(self) -> bool:
        return self.kind is Kind.LIST

    @property
    def has_names(self) -> bool:
        return self.is_list and "name" in self.fields


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
    parents = {path.rsplit("/", depth)[0] for path in known for depth in range(1, path.count("/"))}
    return frozenset(known | parents)


@cache
def menu(path: str) -> Menu:
    """Return the menu at `path`.

    Raises:
        KeyError: no router has it.
    """
    if path not in paths():
        raise KeyError(path)
    entry = _tree()["menus"].get(path, {})
    declared = _DECLARED.get(path, Declared())
    kind = Kind(declared.kind or entry.get("kind", "directory"))
    fields = _fields(kind, entry) | read_fields(declared.fields) if kind is not Kind.DIRECTORY else {}
    always = {
        f.name: f.default for f in fields.values() if f.presence is Presence.ALWAYS and f.default is not None
    }
    return Menu(
        path=path,
        kind=kind,
        fields=MappingProxyType(fields),
        commands=_commands(kind, entry, declared),
        required=declared.required or tuple(entry.get("required", ())),
        refusal=entry.get("refusal", ""),
        always=MappingProxyType(always),
        references=tuple(field for field in fields.values() if field.target),
        secrets=_secrets(path) | {f.name for f in fields.values() if f.is_sensitive},
        declared=declared,
        boards=_boards(path),
    )


def _boards(path: str) -> str:
    """Return the hardware trait that this menu, or a menu above it, needs."""
    while path:
        if path in _DECLARED and _DECLARED[path].boards:
            return _DECLARED[path].boards
        path = path.rsplit("/", 1)[0]
    return ""


@cache
def namespaces() -> Mapping[str, tuple[str, ...]]:
    """Return, for each kind of hard reference, the menus whose rows it may name."""
    found: dict[str, tuple[str, ...]] = {
        "bridge": ("/interface/bridge",),
        "wireguard": ("/interface/wireguard",),
    }
    for path, declared in _DECLARED.items():
        if declared.namespace:
            found[declared.namespace] = (*found.get(declared.namespace, ()), path)
    return MappingProxyType(found)


@cache
def interface_types() -> Mapping[str, str]:
    """Return the `type` that /interface shows for rows of each typed interface menu."""
    return MappingProxyType({path: d.interface_type for path, d in _DECLARED.items() if d.interface_type})


def _commands(kind: Kind, entry: dict[str, Any], declared: Declared) -> frozenset[str]:
    named = frozenset(entry.get("commands", "").split()) | frozenset(declared.commands.split())
    if entry:
        return named
    usual = {Kind.LIST: _LIST_COMMANDS, Kind.SINGLE: _SINGLE_COMMANDS, Kind.DIRECTORY: frozenset[str]()}
    return named | usual[kind]


def _secrets(path: str) -> frozenset[str]:
    listed: dict[str, list[str]] = _tree()["secrets"]
    found = [
        names for menu_path, names in listed.items() if path == menu_path or path.startswith(menu_path + "/")
    ]
    return frozenset(name for names in found for name in names)


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
    words = tuple(detail.split("|")) if kind == "any" and detail else ()
    if len(words) >= _ENUM_MIN and not _INSTANCE_WORDS.intersection(words):
        return Field(name=name, kind="enum", words=words)
    return Field(
        name=name, kind=kind, bounds=read_bounds(kind, detail) if not detail.endswith("..") else None
    )
