"""Who runs a script, where its output goes, and where it starts."""

from dataclasses import dataclass, field

from routeros_mcp.emulator import wrapping
from routeros_mcp.emulator.access import Session
from routeros_mcp.emulator.console.scope import Scope
from routeros_mcp.emulator.store import Store

CRLF = "\r\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Screen:
    """Who reads the output: a script (errors tell their place), or a terminal (which is told the error)."""

    width: int = wrapping.WIDTH
    is_terminal: bool = False


SCRIPT = Screen()


@dataclass(slots=True)
class Place:
    """Where a conversation stands: its menu, and the variables its lines have declared."""

    menu: str = ""
    scope: Scope | None = None


@dataclass(frozen=True, slots=True)
class Console:
    """One run of a script by a login, with that login's policies."""

    store: Store
    session: Session
    screen: Screen = SCRIPT
    place: Place = field(default_factory=Place)
