"""Build the package's menu schema: `python .ci/build_schema.py SOURCE_DIR` writes schema.json.gz.

SOURCE_DIR holds routeros-schema-compact.json.gz (console tree of RouterOS 7.24, public domain), and
routeros-manual-fields.json.gz and routeros-sensitive.json (names and types from the vendor's manual).
"""

from __future__ import annotations

import gzip
import json
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar

from schema_facts import (
    CONSENSUS,
    INTERNAL,
    KEYS,
    MORE_SECRETS,
    NO_KEYS,
    NOT_PROPERTIES,
    PACKAGES,
    PRINT_SWITCHES,
    TYPES,
    Seen,
    T,
    spec_of,
)

from routeros_mcp.domain.models import MenuKind, PropertySpec, ValueType
from routeros_mcp.domain.redaction import is_secret_name
from routeros_mcp.domain.values.names import COMMON_TYPES, PRESENCE_FLAGS

TARGET = Path(__file__).parents[1] / "routeros_mcp" / "infra" / "routeros" / "schema.json.gz"
H = TypeVar("H")


@dataclass
class Menu:
    kind: MenuKind
    commands: set[str] = field(default_factory=set)
    properties: dict[str, PropertySpec] = field(default_factory=dict)
    package: str = ""
    manual_only: bool = False


# -- sources ---------------------------------------------------------------------------------------------


class Console:
    """The tree that the console itself describes."""

    def __init__(self, raw: Mapping[str, Any]) -> None:
        self.raw = raw
        self.version: str = raw["routeros"]
        self.paths: Mapping[str, Any] = raw["paths"]
        self.extra = _extra_arguments(raw["arm64_only"], self.paths)

    def commands(self, path: str) -> set[str]:
        return set(self.paths.get(path, {}).get("c", {})) | set(self.extra.get(path, {}))

    def arguments(self, path: str) -> dict[str, Seen]:
        found: dict[str, Seen] = {}
        for command in ("add", "set"):
            index = self.paths.get(path, {}).get("c", {}).get(command)
            for entry in self.raw["argsets"][index] if index is not None else ():
                found.setdefault(entry[0], self._seen(entry))
            for name in self.extra.get(path, {}).get(command, ()):
                found.setdefault(name, Seen(name))
        return {name: seen for name, seen in found.items() if name not in NOT_PROPERTIES}

    def _seen(self, entry: Sequence[Any]) -> Seen:
        name, *rest = entry
        syntax = self.raw["types"][rest[0]] if rest else ""
        return Seen(name, syntax, tuple(self.raw["enums"][rest[1]]) if rest[1:] else ())


def _extra_arguments(nodes: Iterable[str], known: Mapping[str, Any]) -> dict[str, dict[str, list[str]]]:
    """Menu -> command -> arguments of the nodes that only arm64 has; a menu is what holds `print`."""
    listed = sorted(set(nodes))
    menus = {path.rpartition("/")[0] for path in listed if path.endswith("/print")}
    found: dict[str, dict[str, list[str]]] = defaultdict(dict)
    for path in listed:
        parent, _, last = path.rpartition("/")
        menu, _, command = parent.rpartition("/")
        if parent in menus and path not in menus:
            found[parent].setdefault(last, [])
        if menu in menus or command in known.get(menu, {}).get("c", {}):
            found[menu].setdefault(command, []).append(last)
    return found


def kind_of(path: str, console: Console, manual: Mapping[str, Any]) -> MenuKind:
    if path in console.paths:
        said = console.paths[path].get("k")
        if path == "/" or said is None:
            return MenuKind.COMMANDS
        return MenuKind.SINGLE if said == "single" else MenuKind.LIST
    said = manual.get(path, {}).get("t")
    if said == "Settings Directory":
        return MenuKind.SINGLE
    readable = said == "Directory" or "print" in console.commands(path)
    return MenuKind.LIST if readable else MenuKind.COMMANDS


def menu_paths(console: Console, manual: Mapping[str, Any]) -> list[str]:
    real = {path for path in console.paths if path != "/colon"} | set(console.extra)
    for path, entry in manual.items():
        alias = path.startswith("/caps-man/") and path not in real
        if entry["t"] in {"Directory", "Settings Directory"} and not INTERNAL.match(path) and not alias:
            real.add(path)
    return sorted(real)


def command_names(path: str, console: Console, manual: Mapping[str, Any]) -> set[str]:
    prefix = path.rstrip("/") + "/"
    documented = {
        name.removeprefix(prefix)
        for name, entry in manual.items()
        if entry["t"] == "Command" and name.startswith(prefix) and "/" not in name.removeprefix(prefix)
    }
    return console.commands(path) | (documented if path != "/" else set())


def properties(path: str, console: Console, manual: Mapping[str, Any]) -> dict[str, PropertySpec]:
    entry = manual.get(path, {})
    source = console.paths.get(path, {})
    documented = {name: grammar[0] for name, grammar in entry.get("args", {}).items()}
    found = {
        name: spec_of(replace(seen, manual=documented.get(name, "")), writable=True, readable=True)
        for name, seen in console.arguments(path).items()
    }
    for name, grammar in documented.items():
        if name not in found and name not in NOT_PROPERTIES and name not in PRINT_SWITCHES:
            found[name] = spec_of(Seen(name, manual=grammar), writable=True, readable=True)
    _add_readable(found, entry, source.get("p", ()))
    needed = set(source.get("r", ())) if not source.get("re") else set()
    if path not in console.paths:
        needed = {name for name, grammar in entry.get("args", {}).items() if len(grammar) > 1}
    return {name: replace(spec, required=name in needed) for name, spec in found.items()}


def _add_readable(found: dict[str, PropertySpec], entry: Mapping[str, Any], listed: Iterable[str]) -> None:
    for name in entry.get("flags", {}).values():
        found.setdefault(name, PropertySpec(name=name, type=T.BOOLEAN, readable=True))
    for name, grammar in entry.get("ro", {}).items():
        spec = spec_of(Seen(name, manual=grammar), readable=True)
        found.setdefault(name, replace(spec, type=T.NUMBER) if spec.type is T.INTEGER else spec)
    for name in listed:
        if name not in NOT_PROPERTIES:
            found.setdefault(name, PropertySpec(name=name, readable=True))


# -- the whole -------------------------------------------------------------------------------------------


def build(
    console: Console, manual: Mapping[str, Any], secrets: Mapping[str, Sequence[str]]
) -> dict[str, Menu]:
    menus = {
        path: Menu(
            kind=kind_of(path, console, manual),
            commands=command_names(path, console, manual),
            properties=properties(path, console, manual),
            package=package_of(path),
            manual_only=path not in console.paths and path not in console.extra,
        )
        for path in menu_paths(console, manual)
    }
    consensus = agreed_types(menus.values())
    for path, menu in menus.items():
        menu.properties = {
            name: finish(path, spec, consensus, secrets) for name, spec in sorted(menu.properties.items())
        }
    return menus


def package_of(path: str) -> str:
    return next((name for prefix, name in PACKAGES.items() if f"{path}/".startswith(f"{prefix}/")), "")


def agreed_types(menus: Iterable[Menu]) -> dict[str, ValueType]:
    """Types that at least two menus give to a read-only property of that name, and no menu denies."""
    said: dict[str, Counter[ValueType]] = defaultdict(Counter)
    for menu in menus:
        for spec in menu.properties.values():
            if spec.type is not T.UNKNOWN:
                said[spec.name][T.NUMBER if spec.type is T.INTEGER else spec.type] += 1
    agreed = {name: counts.most_common(1)[0] for name, counts in said.items() if len(counts) == 1}
    return {name: kind for name, (kind, count) in agreed.items() if count > 1 and kind in CONSENSUS}


def finish(
    path: str, spec: PropertySpec, consensus: Mapping[str, ValueType], secrets: Mapping[str, Sequence[str]]
) -> PropertySpec:
    kind = TYPES.get(path, {}).get(spec.name, spec.type)
    if kind is T.UNKNOWN and not spec.writable:
        kind = COMMON_TYPES.get(spec.name) or consensus.get(spec.name, kind)
    if spec.name in PRESENCE_FLAGS and kind is T.UNKNOWN:
        kind = T.BOOLEAN
    listed = any(
        f"{path}/".startswith(f"{prefix}/") and spec.name in names for prefix, names in secrets.items()
    )
    secret = listed or (kind not in {T.BOOLEAN, T.ENUM} and is_secret_name(spec.name))
    values = () if kind is T.BOOLEAN or (path in TYPES and spec.name in TYPES[path]) else spec.values
    return replace(spec, type=kind, secret=secret, values=values)


def keys_of(path: str, menu: Menu) -> tuple[str, ...]:
    if path in KEYS:
        return KEYS[path]
    name = menu.properties.get("name")
    usable = menu.kind is MenuKind.LIST and "add" in menu.commands and name is not None and name.writable
    return ("name",) if usable and not NO_KEYS.search(path) else ()


class Interned(dict[H, int]):
    def index(self, value: H) -> int:
        return self.setdefault(value, len(self))


def packed(menus: Mapping[str, Menu], version: str, secrets: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    words: Interned[tuple[str, ...]] = Interned({(): 0})
    texts: Interned[str] = Interned({"": 0})
    specs: Interned[tuple[object, ...]] = Interned()
    rows: dict[str, list[object]] = {}
    for path, menu in menus.items():
        listed = [specs.index(_pack(spec, words, texts)) for spec in menu.properties.values()]
        rows[path] = [
            menu.kind.value, words.index(tuple(sorted(menu.commands))), listed, list(keys_of(path, menu)),
            menu.package, int(menu.manual_only),
        ]  # fmt: skip
    return {
        "format": "routeros-mcp-schema@1",
        "routeros": version,
        "types": [kind.value for kind in T],
        "words": list(words),
        "texts": list(texts),
        "properties": list(specs),
        "menus": rows,
        "secrets": {path: sorted(names) for path, names in secrets.items()},
    }


def _pack(spec: PropertySpec, words: Interned[tuple[str, ...]], texts: Interned[str]) -> tuple[object, ...]:
    marks = (spec.writable, spec.readable, spec.required, spec.secret, spec.reference)
    bits = sum(1 << place for place, mark in enumerate(marks) if mark)
    return (spec.name, list(T).index(spec.type), bits, words.index(spec.values), texts.index(spec.syntax))


def main(source: Path) -> None:
    console = Console(json.loads(gzip.decompress((source / "routeros-schema-compact.json.gz").read_bytes())))
    manual = json.loads(gzip.decompress((source / "routeros-manual-fields.json.gz").read_bytes()))["menus"]
    secrets = json.loads((source / "routeros-sensitive.json").read_text("utf-8"))["menus"] | MORE_SECRETS
    menus = build(console, manual, secrets)
    data = json.dumps(packed(menus, console.version, secrets), separators=(",", ":"), sort_keys=True)
    TARGET.write_bytes(gzip.compress(data.encode(), 9, mtime=0))
    print(f"{len(menus)} menus, {len(data)} bytes, {TARGET.stat().st_size} compressed: {TARGET}")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
