"""What `print` shows: tables, details, lines for programs, settings."""

from collections.abc import Mapping, Sequence

from routeros_mcp.emulator.console.rows import typed
from routeros_mcp.emulator.console.values import text_of
from routeros_mcp.emulator.export import quoted
from routeros_mcp.emulator.menus.registry import Menu

Shown = Mapping[str, str]
# Letters of flags, in the order they stand in. Source: transcripts in the vendor manual.
_FLAGS = {
    "disabled": "X",
    "invalid": "I",
    "dynamic": "D",
    "default": "*",
    "active": "A",
    "connect": "c",
    "static": "s",
    "running": "R",
    "slave": "S",
}
_ASIDE = frozenset({".id", ".nextid", ".about", "comment", *_FLAGS})
_COLUMNS_MAX = 7
_FIRST = (
    "name",
    "chain",
    "action",
    "dst-address",
    "gateway",
    "address",
    "network",
    "list",
    "interface",
    "bridge",
    "type",
)
_UNTOLD = frozenset({"bytes", "packets"})
_DETAIL_WIDTH = 76


def single(menu: Menu, shown: Shown, names: Sequence[str]) -> str:
    """Draw a settings menu as `name: value` lines."""
    told = _asked(shown, names)
    width = max(map(len, told), default=0)
    return "".join(f"{name:>{width + 2}}: {_value(menu, name, text)}\n" for name, text in told.items())


def _asked(shown: Shown, names: Sequence[str]) -> Shown:
    return {name: shown[name] for name in names if name in shown} if names else shown


def _value(menu: Menu, name: str, text: str) -> str:
    """Write a value as the console does: yes and no for booleans, times with colons."""
    field = menu.fields.get(name)
    if field is not None and field.kind == "bool":
        return {"true": "yes", "false": "no"}.get(text, text)
    return text_of(typed(menu, name, text))


def table(menu: Menu, rows: Sequence[Shown], form: str, names: Sequence[str]) -> str:
    """Draw the rows of a menu: by default a table, for firewalls and scripts in detail."""
    match form:
        case "terse":
            return "".join(_terse(menu, number, row, names) for number, row in enumerate(rows))
        case "value-list":
            return "".join(single(menu, _told(row, names), ()) + "\n" for row in rows)
        case "detail":
            return _details(menu, rows, names)
        case "" if _is_detailed(menu) and not names:
            return _details(menu, rows, names)
        case _:
            return _brief(menu, rows, names)


def _is_detailed(menu: Menu) -> bool:
    return menu.path == "/system/script" or {"chain", "action"} <= menu.fields.keys()


def frames(content: object) -> str:
    """Draw the frames of a command that tells its progress."""
    drawn = []
    for frame in content if isinstance(content, list) else []:
        told = {name: str(text) for name, text in frame.items() if not name.startswith(".")}
        width = max(map(len, told), default=0)
        drawn.append("".join(f"{name:>{width + 2}}: {text}\n" for name, text in told.items()))
    return "\n".join(drawn)


def _told(row: Shown, names: Sequence[str]) -> Shown:
    if names:
        return _asked(row, names)
    kept = {name: text for name, text in row.items() if name not in _ASIDE | _UNTOLD}
    return {name: kept[name] for name in [*(n for n in _FIRST if n in kept), *kept]}


def _flags_of(row: Shown) -> str:
    return "".join(letter for name, letter in _FLAGS.items() if row.get(name) == "true")


def _legend(rows: Sequence[Shown], separator: str, *, is_upper: bool) -> str:
    """Name the flags that some row has. Source: transcripts of 7.x."""
    used = [(n, letter) for n, letter in _FLAGS.items() if any(row.get(n) == "true" for row in rows)]
    if not used:
        return ""
    named = separator.join(f"{letter} - {name.upper() if is_upper else name}" for name, letter in used)
    return f"Flags: {named}\n"


def _terse(menu: Menu, number: int, row: Shown, names: Sequence[str]) -> str:
    """Write one row on one line, values bare. Source: recorded terse output: flags in columns 2 to 6."""
    note = f"comment={row['comment']} " if "comment" in row and not names else ""
    told = " ".join(f"{n}={_value(menu, n, text)}" for n, text in _told(row, names).items() if text)
    return f"{number:>2} {_flags_of(row):<3}{note}{told}\n"


def _details(menu: Menu, rows: Sequence[Shown], names: Sequence[str]) -> str:
    return _legend(rows, ", ", is_upper=False) + "\n".join(
        _detail(menu, number, row, names) for number, row in enumerate(rows)
    )


def _detail(menu: Menu, number: int, row: Shown, names: Sequence[str]) -> str:
    words = [f"{n}={quoted(_value(menu, n, text))}" for n, text in _told(row, names).items()]
    lines, line = [], ""
    for word in words:
        if line and len(line) + len(word) > _DETAIL_WIDTH:
            lines.append(line)
            line = ""
        line += word + " "
    lines.append(line)
    note = [f";;; {row['comment']}"] if "comment" in row else []
    first, *rest = [*note, *lines]
    return f"{number:>2} {_flags_of(row):<3}{first}\n" + "".join(f"      {one}\n" for one in rest)


def _brief(menu: Menu, rows: Sequence[Shown], names: Sequence[str]) -> str:
    columns = _columns(menu, rows, names)
    if not columns:
        return ""
    cells = [[_value(menu, name, row.get(name, "")) for name in columns] for row in rows]
    widths = [max(len(name), *(len(line[at]) for line in cells)) for at, name in enumerate(columns)]
    flags = max((len(_flags_of(row)) for row in rows), default=0)
    digits = len(str(max(len(rows) - 1, 0)))
    text = _legend(rows, ", ", is_upper=True)
    text += f"Columns: {', '.join(name.upper() for name in columns)}\n"
    text += _line("#", "", [name.upper() for name in columns], (digits, flags), widths)
    for number, (row, line) in enumerate(zip(rows, cells, strict=True)):
        text += f";;; {row['comment']}\n" if "comment" in row else ""
        text += _line(str(number), _flags_of(row), line, (digits, flags), widths)
    return text


def _line(
    number: str, flags: str, cells: Sequence[str], heads: tuple[int, int], widths: Sequence[int]
) -> str:
    digits, room = heads
    lead = f"{number:<{digits}} " + (f"{flags:<{room}} " if room else "")
    shown = "  ".join(f"{cell:<{width}}" for cell, width in zip(cells, widths, strict=True))
    return f"{lead}{shown}\n"


def _columns(menu: Menu, rows: Sequence[Shown], names: Sequence[str]) -> list[str]:
    """Choose the columns of a table: those asked for, else the telling ones first."""
    if names:
        return [name for name in names if any(name in row for row in rows)]
    held = {name for row in rows for name, text in row.items() if text and name not in _ASIDE}
    held -= {field.name for field in menu.fields.values() if field.kind == "bool"}
    first = [name for name in _FIRST if name in held]
    return [*first, *sorted(held - set(first))][:_COLUMNS_MAX]
