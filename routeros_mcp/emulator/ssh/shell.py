"""Commands over SSH: one line without a terminal, or a conversation with a person."""

import asyncio
import math
from collections.abc import Callable

import asyncssh

from routeros_mcp.emulator import console, views
from routeros_mcp.emulator.console import Console, Place, Screen
from routeros_mcp.emulator.passing.safe_mode import SafeMode
from routeros_mcp.emulator.program import Program, Ran
from routeros_mcp.emulator.ssh.login import SshLogin
from routeros_mcp.emulator.ssh.safe_mode import SafeTalk
from routeros_mcp.emulator.ssh.terminal import CTRL_C, CTRL_D, Terminal
from routeros_mcp.emulator.store import Store

Told = Callable[[str, str], None]
_PERSON_WIDTH = 79
_BANNER = "\n  MikroTik RouterOS {version} (emulated)\n\n"
_CONTINUED = "{... "
_LEAVING = frozenset({"/quit", "quit", ":quit"})


def login_of(process: asyncssh.SSHServerProcess[str]) -> SshLogin:
    login: SshLogin = process.get_extra_info("routeros_login")
    return login


def begin(store: Store, login: SshLogin, text: str) -> Program:
    """Begin to run the first line of an exec request; export lines are as wide as the login says.

    Source: exports that people took by `ssh router /export` have sections and no broken lines.
    """
    line = text.strip().partition("\n")[0]
    screen = Screen(width=login.width or 0, is_terminal=True)
    return console.start(Console(store, login.session, screen), line)


async def paced(program: Program, pace: float) -> Ran:
    """Run a program on the clock of the event loop; `pace` is how much of each pause really passes."""
    while True:
        try:
            pause_s = next(program)
        except StopIteration as end:
            ran: Ran = end.value
            return ran
        if math.isinf(pause_s):
            await asyncio.get_running_loop().create_future()
        elif pause_s:
            await asyncio.sleep(pause_s * pace)


class Shell:
    """A person at a prompt: where they are, what they say, and whether they hold safe mode."""

    def __init__(
        self, process: asyncssh.SSHServerProcess[str], store: Store, told: Told, safe: SafeMode
    ) -> None:
        self._store = store
        self._told = told
        self._login = login_of(process)
        self._terminal = Terminal(process)
        self._safe = SafeTalk(store, safe, self._terminal, self._login.session.user)
        screen = Screen(width=self._login.width or _PERSON_WIDTH, is_terminal=True)
        self._console = Console(store, self._login.session, screen, Place())

    async def converse(self, is_cut: Callable[[], bool]) -> None:
        """Talk until `/quit`, Ctrl-D or the end of the input; only `/quit` keeps what safe mode guards.

        An open bracket goes on in the next line; Ctrl-C drops what was begun.
        """
        self._terminal.write(_BANNER.format(version=self._store.spec.version) + self._prompt())
        try:
            held = ""
            async for line in self._terminal.lines():
                if (held + line).strip() in _LEAVING:
                    self._safe.keep()
                    break
                if line == CTRL_D:
                    break
                held = await self._take(held, line)
                self._terminal.write(_CONTINUED if held else self._prompt())
        finally:
            self._safe.ended(is_cut=is_cut())
        self._terminal.write("interrupted\n")

    async def _take(self, held: str, line: str) -> str:
        """Act on a line; return what is still to be completed."""
        if line == CTRL_C or (not held and await self._safe.takes(line)):
            if line == CTRL_C:
                self._terminal.write("\n")
            return ""
        text = f"{held}{line}\n"
        if text.strip() and not console.is_complete(self._console, text.strip()):
            return text
        await self._answer(text.strip())
        return ""

    async def _answer(self, text: str) -> None:
        if not text:
            self._terminal.write("\n")
            return
        ran = await paced(console.start(self._console, text), self._store.spec.pace)
        self._told(self._login.session.user, text)
        self._terminal.write(ran.output)

    def _prompt(self) -> str:
        name = views.single(self._store, "/system/identity")["name"]
        return f"[{self._login.session.user}@{name}] {self._console.place.menu}{self._safe.mark or '> '}"
