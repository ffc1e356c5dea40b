"""What an export configures: an object per row or singleton, with what finds it in another export."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from routeros_mcp.domain.export.model import Command, Export, Find
from routeros_mcp.domain.models import MenuSpec
from routeros_mcp.domain.ports import MenuSchema
from routeros_mcp.domain.values import canonical, property_spec, same
from routeros_mcp.domain.values.dialect import canonical_path, canonical_row

_ROUTE = {
    "disabled": "no", "distance": "1", "dst-address": "0.0.0.0/0", "pref-src": "", "routing-table": "main",
    "scope": "30", "suppress-hw-offload": "no", "target-scope": "10",
}  # fmt: skip
DEFAULTS: Mapping[str, Mapping[str, str]] = {"/ip/route": _ROUTE}
"""Values that a row has anyway, of menus whose rows some tools write in full and others do not.

Source: public exports, where the same route stands as `add gateway=…` and with all of these.
"""
_LABEL_WORDS = 3
_LABEL_LENGTH = 120

Identity = tuple[object, ...]


@dataclass(slots=True)
class ConfigObject:
    """A row that is added, or what is set on something that exists; `place` counts the rows of its menu."""

    menu: str
    spec: MenuSpec | None
    verb: str
    target: str | Find | None
    place: int
    values: dict[str, str] = field(default_factory=dict)

    @property
    def is_row(self) -> bool:
        return self.verb == "add"

    def differs(self, name: str, other: ConfigObject | None) -> bool:
        """Whether the property means something else in the other object, or without it."""
        theirs = other.value(name) if other else DEFAULTS.get(self.menu, {}).get(name)
        return not same(self.value(name), theirs, property_spec(self.spec, name))

    def value(self, name: str) -> str | None:
        usual = DEFAULTS.get(self.menu, {}) if self.is_row else {}
        return self.values.get(name, usual.get(name))

    def canonical(self, name: str) -> str:
        return canonical(self.value(name) or "", property_spec(self.spec, name))

    @property
    def keys(self) -> tuple[str, ...]:
        """The names that tell the row from others; empty when nothing does."""
        keys = self.spec.keys if self.spec and self.is_row else ()
        return keys if any(name in self.values for name in keys) else ()

    @property
    def identity(self) -> Identity | None:
        """What only this object of its menu has, None for a row that nothing names."""
        if not self.is_row:
            return self.verb, self.target
        return ("add", *map(self.canonical, self.keys)) if self.keys else None

    @property
    def content(self) -> Identity:
        """All that is configured, in one spelling, without what would be so anyway."""
        told = (name for name in self.values if self.differs(name, None))
        return tuple(sorted((name, self.canonical(name)) for name in told))

    @property
    def label(self) -> str:
        """The object in a few words, as an export would name it."""
        if isinstance(self.target, Find):
            return f"[ find {self.target.text} ]"
        if not self.is_row:
            return self.target or ""
        names = self.keys or tuple(self.values)[:_LABEL_WORDS]
        if not self.keys and self.values.get("comment"):
            names = ("comment",)
        return " ".join(f"{name}={self.values[name]}" for name in names if name in self.values)[
            :_LABEL_LENGTH
        ]


def objects_of(export: Export, schema: MenuSchema) -> dict[str, list[ConfigObject]]:
    """The objects of each menu, in their order; several lines about the same thing are one object."""
    found: dict[str, list[ConfigObject]] = {}
    held: dict[Identity, ConfigObject] = {}
    for command in export.commands:
        menu = canonical_path(command.menu)
        rows = found.setdefault(menu, [])
        thing = None if command.verb == "add" else held.get((menu, command.verb, command.target))
        if thing is None:
            thing = ConfigObject(menu, schema.menu(menu), command.verb, command.target, place=len(rows))
            held[menu, command.verb, command.target] = thing
            rows.append(thing)
        thing.values.update(canonical_row(menu, dict(_values(command))))
    return found


def _values(command: Command) -> Iterator[tuple[str, str]]:
    for argument in command.arguments:
        yield ("!" if argument.unset else "") + argument.name, argument.value or ""
