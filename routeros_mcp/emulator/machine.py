"""What a command may ask of the machine it runs on: to start over, to run a script, to change its mode."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from routeros_mcp.emulator.program import Program


@dataclass(frozen=True, slots=True)
class Login:
    """Who a script runs as and with which policies; nobody sits before it to answer a question."""

    user: str
    granted: frozenset[str]


class Start(Protocol):
    """Begins to run a script for a login, in the console."""

    def __call__(self, login: Login, text: str, /) -> Program: ...


class Machine(Protocol):
    """The powered machine around a store."""

    def changed(self, path: str) -> None:
        """Take note that rows of this menu changed."""

    def reboot(self, by: str, restored: bytes | None = None) -> None:
        """Start over after the answer to the present request; with a backup, with its configuration."""

    def run(self, login: Login, text: str) -> str:
        """Run a script in the background on the router's own time; return the id of its job."""

    def change_mode(self, wanted: Mapping[str, str], within_s: float) -> None:
        """Change device-mode once somebody presses the button within that time."""


class Unpowered:
    """A store that no router carries: nothing happens by itself."""

    def changed(self, path: str) -> None:
        """Nobody listens."""

    def reboot(self, by: str, restored: bytes | None = None) -> None:
        """There is nothing to start."""

    def run(self, login: Login, text: str) -> str:
        """Run nothing: there is nothing to run it on."""
        del login, text
        return "*0"

    def change_mode(self, wanted: Mapping[str, str], within_s: float) -> None:
        """There is no button."""
