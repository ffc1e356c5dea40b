"""Every command of every menu with its arguments, as the newest console lists them. Read on first use."""

import gzip
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from routeros_mcp.emulator.menus import registry

_DATA = Path(__file__).parent.parent / "data" / "commands.json.gz"
# The alias of /tool/ping left the tree. Source: public schema comparisons, 7.23.
_ROOT_PING_UNTIL = (7, 23)


@dataclass(frozen=True, slots=True)
class Argument:
    """One argument: the form of its value, the words it takes, whether it names an interface."""

    syntax: str = ""
    words: tuple[str, ...] = ()
    is_interface: bool = False


@cache
def _tree() -> dict[str, Any]:
    with gzip.open(_DATA) as source:
        loaded: dict[str, Any] = json.load(source)
    return loaded


def root(release: tuple[int, int]) -> list[str]:
    """Return the commands that stand at the root."""
    found = set(_tree()["paths"]["/"])
    return sorted(found | {"ping"} if release < _ROOT_PING_UNTIL else found)


def arguments(path: str, command: str) -> dict[str, Argument]:
    """Return the arguments of one command, in the newest release's names."""
    if (path, command) == ("", "ping"):
        path = "/tool"
    held = _tree()["paths"].get(registry.in_tree(path) or "/", {})
    rows = _tree()["argsets"][held[command]] if command in held else []
    return {row[0]: _argument(row) for row in rows}


def is_listed(path: str, command: str) -> bool:
    return command in _tree()["paths"].get(registry.in_tree(path) or "/", {})


def _argument(row: list[Any]) -> Argument:
    _, syntax_at, words_at, *_ = [*row, None, None]
    words: list[str] = [] if words_at is None else _tree()["enums"][words_at]
    return Argument(
        syntax=_tree()["types"][syntax_at].replace("*", "") if syntax_at else "",
        words=tuple(word for word in words if not word.startswith("@")),
        is_interface="@iface" in words,
    )


def fields(path: str) -> frozenset[str]:
    """Return what the newest release calls the arguments of a menu."""
    return frozenset(registry.menu(path).fields)


@cache
def _under() -> Mapping[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {}
    for path in sorted(filter(None, registry.paths())):
        parent, _, name = path.rpartition("/")
        found.setdefault(parent, []).append(name)
    return {parent: tuple(names) for parent, names in found.items()}


def menus_under(path: str) -> tuple[str, ...]:
    return _under().get(path, ())
