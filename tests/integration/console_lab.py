"""One emulated router's console without its sockets, for tests of the language."""

from __future__ import annotations

from fakes.exports import NOON

from routeros_mcp.emulator import RouterSpec, console
from routeros_mcp.emulator.access import Session
from routeros_mcp.emulator.console import Console, Screen
from routeros_mcp.emulator.policies import ALL
from routeros_mcp.emulator.program import finish
from routeros_mcp.emulator.store import Store

CONFIG = {
    "/ip/address": [
        {"address": "10.0.0.1/24", "interface": "ether1", "network": "10.0.0.0", "comment": "office"},
        {"address": "10.0.1.1/24", "interface": "ether2", "network": "10.0.1.0", "disabled": "true"},
    ],
    "/ip/firewall/filter": [
        {"chain": "input", "action": "accept", "comment": "first"},
        {"chain": "input", "action": "drop", "comment": "second"},
        {"chain": "forward", "action": "drop", "comment": "chg:1"},
    ],
    "/ip/dhcp-server/lease": [{"address": "10.0.0.9", "mac-address": "02:00:00:00:00:01", "comment": "nvr"}],
}
ADMIN = Session("admin", frozenset(ALL), 1e12)


def router(version: str = "7.23.2", board: str = "CHR") -> Store:
    return Store(RouterSpec(name="core", version=version, board=board, config=CONFIG), NOON)


def session(*policies: str) -> Session:
    return Session("someone", frozenset(policies), 1e12)


def printed(text: str, store: Store | None = None, login: Session = ADMIN) -> str:
    """What a script prints, with bare line feeds."""
    return console.run(store or router(), login, text).replace("\r\n", "\n")


def typed(text: str, store: Store | None = None) -> str:
    """What a person at a terminal sees."""
    at = Console(store or router(), ADMIN, Screen(width=0, is_terminal=True))
    return console.perform(at, text).output.replace("\r\n", "\n")


def paused(text: str) -> float:
    """How many seconds a script wants to wait."""
    return finish(console.start(Console(router(), ADMIN), text))[1]
