"""Commands over SSH: one line without a terminal, or a conversation with a person."""

from collections.abc import Callable

import asyncssh

from routeros_mcp.emulator import console, views
from routeros_mcp.emulator.console import Console, Screen
from routeros_mcp.emulator.passing.safe_mode import SafeMode
from routeros_mcp.emulator.program import Ran
from routeros_mcp.emulator.ssh_login import SshLogin
from routeros_mcp.emulator.ssh_safe_mode import SafeTalk
from routeros_mcp.emulator.ssh_terminal import CTRL_C, CTRL_D, Terminal
from routeros_mcp.emulator.store import Store

Told = Callable[[str, str], None]
_PERSON_WIDTH = 79
_BANNER = "\n  MikroTik RouterOS {version} (emulated)\n\n"


def login_of(process: asyncssh.SSHServerProcess[str]) -> SshLogin:
    login: SshLogin = process.get_extra_info("routeros_login")
    return login


def execute(store: Store, login: SshLogin, text: str) -> Ran:
    """Run the first line of an exec request; export lines are as wide as the login says, else unbroken.

    Source: exports that people took by `ssh router /export` have sections and no broken lines.
    """
    line = text.strip().partition("\n")[0]
    screen = Screen(width=login.width or 0, is_terminal=True)
    return console.perform(Console(store, login.session, screen), line)


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
        self._path = ""

    async def converse(self, is_cut: Callable[[], bool]) -> None:
        """Talk until `/quit`, Ctrl-D or the end of the input; only `/quit` keeps what safe mode guards."""
        self._terminal.write(_BANNER.format(version=self._store.spec.version) + self._prompt())
        try:
            async for line in self._terminal.lines():
                if line.strip() in {"/quit", "quit"}:
                    self._safe.keep()
                    break
                if line == CTRL_D:
                    break
                if not await self._safe.takes(line):
                    self._answer(line)
                self._terminal.write(self._prompt())
        finally:
            self._safe.ended(is_cut=is_cut())
        self._terminal.write("interrupted\n")

    def _answer(self, line: str) -> None:
        text = "" if line == CTRL_C else line.strip()
        entered = _entered(self._store, self._path, text)
        if entered is not None:
            self._path = entered
        elif text:
            self._run(_absolute(self._path, text))
        else:
            self._terminal.write("\n")

    def _run(self, text: str) -> None:
        session = self._login.session
        screen = Screen(width=self._login.width or _PERSON_WIDTH, is_terminal=True)
        self._told(session.user, text)
        self._terminal.write(console.perform(Console(self._store, session, screen), text).output)

    def _prompt(self) -> str:
        name = views.single(self._store, "/system/identity")["name"]
        return f"[{self._login.session.user}@{name}] {self._path}{self._safe.mark or '> '}"


def _entered(store: Store, path: str, text: str) -> str | None:
    """Return the menu that a line goes to, or nothing when it is a command."""
    if text in {"/", ".."}:
        return "" if text == "/" else path.rpartition("/")[0]
    wanted = _absolute(path, text).replace(" ", "/").rstrip("/")
    return wanted if wanted.startswith("/") and store.has(wanted) else None


def _absolute(path: str, text: str) -> str:
    return text if text.startswith(("/", ":")) or not path else f"{path}/{text}"
