"""Standard output for the answer, standard error for everything said on the way."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from routeros_mcp.domain.planning.render import visible

Payload = Mapping[str, Any]
View = Callable[[Console, Payload], None]

_PIPE_WIDTH = 250
"""Columns of a table that no terminal shows: grep wants whole lines."""
_LONGEST_CELL = 500
_WHOLE_COLUMNS = frozenset({"NAME", "PLAN", "JOB", "REVISION", "TIME", "DEVICE"})
_CUT_COLUMNS = frozenset({"TAGS", "ARGUMENTS"})

_STYLES = {
    "green": "healthy success applied approved confirmed rolled_back SUCCESS ok passed low yes active",
    "yellow": "degraded pending warning submitted applying running rolling_back medium ATTEMPT planned "
    "paused inconclusive",
    "red": "unreachable failed critical halted partially_applied needs_human rollback_failed unknown high "
    "extreme FAILURE no drifted conflict",
    "dim": "decommissioned cancelled rejected expired draft inactive not_applied interrupted",
}
_STYLE_OF = {word: style for style, words in _STYLES.items() for word in words.split()}


def show(chosen: argparse.Namespace, payload: Payload, view: View) -> None:
    """Print the answer: the payload itself for machines, a view of it for people."""
    if chosen.json:
        sys.stdout.write(json.dumps(payload, separators=(",", ":"), default=str) + "\n")
    else:
        view(_console(on_terminal=sys.stdout.isatty()), payload)


def say(text: str) -> None:
    """A remark on standard error."""
    Console(stderr=True, highlight=False).print(shown(text), soft_wrap=True)


def complain(text: str) -> None:
    """Say in one line what went wrong."""
    line = Text.assemble(("error: ", "bold red"), visible(text, len(text)))
    Console(stderr=True, highlight=False).print(line, soft_wrap=True)


@contextmanager
def waiting(text: str) -> Iterator[None]:
    """Show on a terminal that something takes its time."""
    console = Console(stderr=True, highlight=False)
    if not console.is_terminal:
        yield
        return
    with console.status(shown(text)):
        yield


def shown(value: object, style: str = "") -> Text:
    """Any value as text with nothing hidden in it: no markup, no control characters."""
    return Text("" if value is None else visible(str(value), _LONGEST_CELL), style)


def state(word: object) -> Text:
    """A status word in its colour."""
    return shown(word, _STYLE_OF.get(str(word), ""))


def moment(text: str | None) -> str:
    """An ISO time as people read it, in the time zone of the machine."""
    return f"{datetime.fromisoformat(text).astimezone():%Y-%m-%d %H:%M:%S}" if text else ""


def table(*columns: str) -> Table:
    """Ids and names are never cut or broken, since they are copied; long words give way to them."""
    made = Table(box=box.SIMPLE_HEAD, header_style="bold", pad_edge=False)
    for column in columns:
        cut = column in _CUT_COLUMNS
        made.add_column(
            column, overflow="ellipsis" if cut else "fold", no_wrap=cut or column in _WHOLE_COLUMNS
        )
    return made


def facts(pairs: Mapping[str, object]) -> Table:
    """Names and values, one a line; what is not known is left out."""
    grid = Table.grid(padding=(0, 2))
    for name, value in pairs.items():
        if value not in (None, "", [], {}):
            grid.add_row(Text(name, "bold"), value if isinstance(value, Text) else shown(value))
    return grid


def footer(console: Console, payload: Payload) -> None:
    """The answer's own headline, and how to get the next page."""
    console.print(shown(payload.get("summary", ""), "dim"), soft_wrap=True)
    if cursor := payload.get("next_cursor"):
        console.print(shown(f"More: --cursor {cursor}", "dim"), soft_wrap=True)


def _console(*, on_terminal: bool) -> Console:
    free = not on_terminal and "COLUMNS" not in os.environ
    return Console(highlight=False, markup=False, emoji=False, width=_PIPE_WIDTH if free else None)
