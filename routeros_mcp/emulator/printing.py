"""What `print` shows to a person at a terminal."""

from collections.abc import Mapping

from routeros_mcp.emulator import views
from routeros_mcp.emulator.export import quoted
from routeros_mcp.emulator.store import Store

_FLAGS = {"disabled": "X", "invalid": "I", "dynamic": "D", "running": "R", "default": "*"}


def printed(store: Store, path: str, *, with_secrets: bool) -> str:
    """Draw a settings menu as `name: value` lines, and a table as one line for each row."""
    if views.is_single(store, path):
        shown = views.single(store, path, with_secrets=with_secrets)
        width = max(map(len, shown), default=0)
        return "".join(f"{name:>{width + 2}}: {text}\n" for name, text in shown.items())
    rows = views.rows(store, path, with_secrets=with_secrets)
    legend = "Flags: X - DISABLED; I - INVALID; D - DYNAMIC; R - RUNNING; * - DEFAULT\n" if rows else ""
    return legend + "".join(f"{number:>2} {_line(row)}\n" for number, row in enumerate(rows))


def _line(row: Mapping[str, str]) -> str:
    flags = "".join(letter for name, letter in _FLAGS.items() if row.get(name) == "true")
    told = {name: text for name, text in row.items() if name not in {".id", ".nextid", *_FLAGS}}
    return f"{flags:<3}" + " ".join(f"{name}={quoted(text)}" for name, text in told.items())
