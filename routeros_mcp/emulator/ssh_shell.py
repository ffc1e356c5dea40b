"""Commands over SSH: one line without a terminal, or a conversation with a person."""

import asyncio
import math
from collections.abc import Callable, Mapping

import asyncssh

from routeros_mcp.emulator import console, views
from routeros_mcp.emulator.console import CRLF, Console, Place, Screen
from routeros_mcp.emulator.program import Program, Ran
from routeros_mcp.emulator.ssh_login import SshLogin
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
    """One conversation. `mark` stands in the prompt, as `<SAFE> ` does while safe mode is held."""

    def __init__(self, process: asyncssh.SSHServerProcess[str], store: Store, told: Told) -> None:
        self.login = login_of(process)
        self.mark = ""
        self._process = process
        self._store = store
        self._told = told
        screen = Screen(width=self.login.width or _PERSON_WIDTH, is_terminal=True)
        self._console = Console(store, self.login.session, screen, Place())

    def write(self, text: str) -> None:
        self._process.stdout.write(text)

    @property
    def prompt(self) -> str:
        name = views.single(self._store, "/system/identity")["name"]
        return f"[{self.login.session.user}@{name}] {self.mark}{self._console.place.menu}> "

    async def converse(self) -> None:
        """Prompt, read, answer, until `/quit` or the end; an open bracket goes on in the next line."""
        self.write(_BANNER.format(version=self._store.spec.version) + self.prompt)
        held = ""
        async for line in self._process.stdin:
            held += line
            text = held.strip()
            if text in _LEAVING:
                break
            if text and not console.is_complete(self._console, text):
                self.write(_CONTINUED)
                continue
            held = ""
            if text:
                await self._answer(text)
            self.write(self.prompt)
        self.write("interrupted\n")

    async def _answer(self, text: str) -> None:
        ran = await paced(console.start(self._console, text), self._store.spec.pace)
        self._told(self.login.session.user, text)
        self.write(ran.output.replace(CRLF, "\n"))


Keys = Mapping[str, Callable[[Shell], None]]


async def converse(process: asyncssh.SSHServerProcess[str], store: Store, told: Told, keys: Keys) -> None:
    """Hold a conversation. `keys` are control characters with what a press of each does."""
    shell = Shell(process, store, told)
    for key, pressed in keys.items():
        _register(process, key, shell, pressed)
    await shell.converse()
    process.exit(0)


def _register(
    process: asyncssh.SSHServerProcess[str], key: str, shell: Shell, pressed: Callable[[Shell], None]
) -> None:
    def handle(line: str, position: int) -> tuple[str, int]:
        pressed(shell)
        return line, position

    if isinstance(process.channel, asyncssh.SSHLineEditorChannel):
        process.channel.register_key(key, handle)
