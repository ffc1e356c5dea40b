"""The two ways to say what a menu shall hold, single operations and desired rows, taken alike."""

from __future__ import annotations

from dataclasses import replace

from routeros_mcp.domain.models import MenuSpec
from routeros_mcp.domain.planning.commands import Command, check_command
from routeros_mcp.domain.planning.ensure import Ensure, check_ensure
from routeros_mcp.domain.planning.operations import Operation, check, in_newest_names
from routeros_mcp.domain.values.dialect import (
    canonical_path,
    canonical_row,
    canonical_values,
    renaming_notes,
)

Wish = Operation | Ensure


def newest(wish: Wish) -> tuple[Wish, tuple[str, ...]]:
    """The wish as plans keep it, in the newest names, and notes on the older names that it used."""
    if isinstance(wish, Operation):
        return in_newest_names(wish)
    path = canonical_path(wish.path)
    used = [name for row in wish.rows for name in row]
    changed = replace(
        wish,
        path=path,
        rows=tuple(canonical_values(path, row) for row in wish.rows),
        keys=tuple(canonical_row(path, dict.fromkeys(wish.keys, ""))),
        scope=canonical_row(path, wish.scope),
        before=None if wish.before is None else canonical_row(path, wish.before),
    )
    return changed, renaming_notes(path, tuple(dict.fromkeys([*used, *wish.keys, *wish.scope])))


def check_wish(wish: Wish, menu: MenuSpec | None) -> tuple[str, ...]:
    """Check a wish's form; returns warnings. Raises InvalidParams when it cannot be meant."""
    if isinstance(wish, Command):
        return check_command(wish, menu)
    return check(wish, menu) if isinstance(wish, Operation) else check_ensure(wish, menu)
