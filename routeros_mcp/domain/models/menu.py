"""What is known of a RouterOS menu: kind, properties with types, commands. A schema is never complete."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class MenuKind(StrEnum):
    LIST = "list"
    SINGLE = "single"
    COMMANDS = "commands"
    """Holds commands only; nothing to read."""


class ValueType(StrEnum):
    """How a RouterOS string reads. `TEXT` stays as it is; `UNKNOWN` is typed by nobody and stays text."""

    TEXT = "text"
    INTEGER = "integer"
    NUMBER = "number"
    BOOLEAN = "boolean"
    DURATION = "duration"
    DATETIME = "datetime"
    ENUM = "enum"
    IP = "ip"
    PREFIX = "prefix"
    MAC = "mac"
    LIST = "list"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class PropertySpec:
    """One property: `writable` when add or set takes it, `values` when they are enumerated."""

    name: str
    type: ValueType = ValueType.UNKNOWN
    values: tuple[str, ...] = ()
    writable: bool = False
    readable: bool = False
    required: bool = False
    secret: bool = False
    reference: bool = False
    """The value names an item of another menu."""
    syntax: str = ""
    """The console's own help for the argument, such as `0s..1d (time interval)`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MenuSpec:
    """One menu. `keys` are the properties that name a row, empty when nothing does."""

    path: str
    kind: MenuKind
    properties: Mapping[str, PropertySpec] = field(default_factory=dict)
    commands: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()
    ordered: bool = False
    package: str = ""
    from_manual: bool = False
    """Only the manual tells of it, mostly of hardware: what it lacks a router may have."""

    @property
    def is_singleton(self) -> bool:
        return self.kind is MenuKind.SINGLE

    def type_of(self, name: str) -> ValueType:
        known = self.properties.get(name)
        return known.type if known else ValueType.UNKNOWN

    def writable_names(self) -> tuple[str, ...]:
        return tuple(sorted(p.name for p in self.properties.values() if p.writable))

    def secret_names(self) -> frozenset[str]:
        return frozenset(p.name for p in self.properties.values() if p.secret)


@dataclass(frozen=True, slots=True, kw_only=True)
class InspectedMenu:
    """What a router says of one of its menus, in its own names; empty where it did not say.

    `arguments` leads from what `add` and `set` take to the console's help, "" where it was not asked for.
    """

    path: str
    commands: tuple[str, ...] = ()
    arguments: Mapping[str, str] = field(default_factory=dict)
    readable: tuple[str, ...] = ()
    menus: tuple[str, ...] = ()
