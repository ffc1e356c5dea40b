"""Diffs in RouterOS's own words, equal ones of many devices together; secrets and control codes masked."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from routeros_mcp.domain.models import Change, ChangeOp
from routeros_mcp.domain.planning.operations import COMMAND
from routeros_mcp.domain.redaction import is_secret_name, redact_script
from routeros_mcp.domain.values import clean_text

_SHOWN = 400
MASK = "***"


@dataclass(frozen=True, slots=True, kw_only=True)
class DiffGroup:
    """Devices whose diff reads the same."""

    devices: tuple[str, ...]
    lines: tuple[str, ...]


def diff_lines(changes: Sequence[Change], secrets_of: Callable[[str], frozenset[str]]) -> tuple[str, ...]:
    """`+` adds, `-` removes, `~` changes, `!` commands; a line per row, and one per property."""
    lines: list[str] = []
    for change in changes:
        lines.extend(_lines(change, secrets_of(change.path)))
    return tuple(lines)


def group_diffs(
    changes: Sequence[Change], names: Mapping[str, str], secrets_of: Callable[[str], frozenset[str]]
) -> tuple[DiffGroup, ...]:
    """Per-device diffs, the same ones together, the largest group first."""
    by_device: dict[str, list[Change]] = {}
    for change in changes:
        by_device.setdefault(change.device_id, []).append(change)
    alike: dict[tuple[str, ...], list[str]] = {}
    for device_id, own in by_device.items():
        alike.setdefault(diff_lines(own, secrets_of), []).append(names.get(device_id, device_id))
    groups = [DiffGroup(devices=tuple(sorted(devices)), lines=lines) for lines, devices in alike.items()]
    return tuple(sorted(groups, key=lambda group: (-len(group.devices), group.devices)))


def visible(text: str, limit: int = _SHOWN) -> str:
    """The text with nothing hidden in it: control, format and bidi characters are written as escapes."""
    shown = "".join(c if _is_plain(c) else f"\\u{{{ord(c):04x}}}" for c in text[:limit])
    return shown if len(text) <= limit else f"{shown}… ({len(text)} characters)"


def _lines(change: Change, secrets: frozenset[str]) -> list[str]:
    path = visible(change.path)
    match change.op:
        case ChangeOp.ADD:
            place = " place-before=…" if change.position else ""
            return [f"+ {path} add {_words(change.after or {}, secrets)}{place}"]
        case ChangeOp.REMOVE:
            return [f"- {path} remove [{_words(change.before or {}, secrets)}]"]
        case ChangeOp.MOVE:
            where = "before another row" if change.position else "to the end"
            return [f"~ {path} move [{_words(change.key, secrets)}] {where}"]
        case ChangeOp.COMMAND:
            find = f" [{_words(change.key, secrets)}]" if change.key else ""
            return [f"! {visible((change.after or {}).get(COMMAND) or change.path)}{find}"]
        case _:
            find = f" [{_words(change.key, secrets)}]" if change.key else ""
            return [f"~ {path} set{find}", *_properties(change, secrets)]


def _properties(change: Change, secrets: frozenset[str]) -> list[str]:
    before, after = change.before or {}, change.after or {}
    moves = {
        name: " -> ".join(shown_value(name, side, secrets) for side in (before.get(name), value))
        for name, value in after.items()
    }
    return [f"    {visible(name)}: {move}" for name, move in moves.items()]


def _words(values: Mapping[str, str | None], secrets: frozenset[str]) -> str:
    shown = (f"{visible(name)}={shown_value(name, values[name], secrets)}" for name in sorted(values))
    return " ".join(shown)


def shown_value(name: str, value: str | None, secrets: frozenset[str]) -> str:
    """The value for people: masked where the menu or the look of the name says that it is a secret.

    So is what a script in it assigns to such names.
    """
    if value is None:
        return "(unset)"
    if name in secrets or is_secret_name(name):
        return MASK
    shown = visible(redact_script(value))
    return f'"{shown}"' if not shown or " " in shown else shown


def _is_plain(character: str) -> bool:
    if character == " ":
        return True
    return unicodedata.category(character)[0] not in {"C", "Z"} and clean_text(character) == character
