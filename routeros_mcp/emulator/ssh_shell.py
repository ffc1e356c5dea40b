"""Commands over SSH: one line without a terminal, or a conversation with a person."""

from collections.abc import Callable

import asyncssh

from routeros_mcp.emulator import console, views
from routeros_mcp.emulator.console import Console, Screen
from routeros_mcp.emulator.life.safe_mode import SafeMode, Session
from routeros_mcp.emulator.program import Ran
from routeros_mcp.emulator.ssh_login import SshLogin
from routeros_mcp.emulator.ssh_terminal import CTRL_C, CTRL_D, CTRL_X, Terminal
from routeros_mcp.emulator.store import Store

Told = Callable[[str, str], None]
_PERSON_WIDTH = 79
_BANNER = "\n  MikroTik RouterOS {version} (emulated)\n\n"
_SAFE = "/safe-mode/"
_SAFE_SINCE = (7, 18)
_ON_ERROR = "on-error="


def login_of(process: asyncssh.SSHServerProcess[str]) -> SshLogin:
    login: SshLogin = process.get_extra_info("routeros_login")
    return login


def execute(store: Store, login: SshLogin, text: str) -> Ran:
    """Run the first line of an exec request; export lines are as wide as the login says, else unbroken.

    Source: exports that people took by `ssh router /export` have sections and no broken lines.
    """
    line = text.strip().partition("\n")[0]
    screen = Screen(width=login.width or 0, is_terminal=True)
    store.journal.actor = login.session.user
    return console.perform(Console(store, login.session, screen), line)


class Conversation:
    """A person at a prompt: where they are, what they say, and whether they hold safe mode."""

    def __init__(
        self, process: asyncssh.SSHServerProcess[str], store: Store, told: Told, safe: SafeMode
    ) -> None:
        self._store = store
        self._told = told
        self._safe = safe
        self._login = login_of(process)
        self._screen = Screen(width=self._login.width or _PERSON_WIDTH, is_terminal=True)
        self._terminal = Terminal(process)
        self._path = ""
        self._session = Session(self._login.session.user, self._hear)

    async def hold(self, is_cut: Callable[[], bool]) -> None:
        """Talk until `/quit`, Ctrl-D or the end of the input; only `/quit` keeps what safe mode guards."""
        self._terminal.write(_BANNER.format(version=self._store.spec.version))
        self._prompt()
        try:
            async for line in self._terminal.lines():
                if line.strip() in {"/quit", "quit"}:
                    self._keep()
                    break
                if line == CTRL_D:
                    break
                await self._obey(line)
                self._prompt()
        finally:
            self._safe.ended(self._session, is_cut=is_cut())
        self._terminal.write("interrupted\n")

    def _keep(self) -> None:
        if self._safe.holder is self._session:
            self._safe.release(self._session)

    async def _obey(self, line: str) -> None:
        text = line.strip()
        if line == CTRL_X:
            await self._toggle()
        elif line == CTRL_C or not text:
            self._terminal.write("\n")
        elif text.startswith(_SAFE) and self._store.spec.release >= _SAFE_SINCE:
            await self._command_safe(text.removeprefix(_SAFE))
        elif (entered := _entered(self._store, self._path, text)) is not None:
            self._path = entered
        else:
            self._run(text)

    def _run(self, text: str) -> None:
        self._told(self._session.user, text)
        self._store.journal.actor = self._session.user
        ran = console.perform(
            Console(self._store, self._login.session, self._screen), _absolute(self._path, text)
        )
        self._terminal.write(ran.output)

    def _prompt(self) -> None:
        name = views.single(self._store, "/system/identity")["name"]
        end = "<SAFE> " if self._safe.holder is self._session else "> "
        self._terminal.write(f"[{self._session.user}@{name}] {self._path}{end}")

    def _hear(self, text: str) -> None:
        self._terminal.write(f"\n{text}\n")

    # Safe mode.

    async def _toggle(self) -> None:
        if self._safe.holder is self._session:
            self._say(self._safe.release(self._session))
        else:
            await self._take("ask")

    async def _take(self, on_error: str) -> None:
        """Take safe mode; when another session holds it, do as told or ask."""
        if self._safe.holder is not None and self._safe.holder is not self._session:
            choice = on_error if on_error != "ask" else await self._ask()
            if choice not in {"u", "r", "unroll", "release"}:
                self._say("")
                return
            if choice in {"u", "unroll"}:
                self._safe.unroll(self._session)
            else:
                self._safe.release(self._session)
        self._say(self._safe.take(self._session))

    async def _ask(self) -> str:
        self._terminal.write("\n" + self._safe.question(self._session))
        return await self._terminal.key()

    async def _command_safe(self, text: str) -> None:
        """Run `/safe-mode/…`, which sessions have since 7.18. Source: vendor manual."""
        verb, _, rest = text.partition(" ")
        self._told(self._session.user, _SAFE + text)
        if verb == "take":
            wanted = rest.strip().removeprefix(_ON_ERROR)
            await self._take(wanted or "abort")
        elif verb == "toggle":
            await self._toggle()
        elif verb == "release":
            self._say(self._safe.release(self._session))
        elif verb == "unroll":
            self._say(self._safe.unroll(self._session))
        elif verb == "get":
            self._say(self._state())
        else:
            self._say(f"bad command name {verb} (line 1 column {len(_SAFE) + 1})")

    def _state(self) -> str:
        held = self._safe.holder
        owner = "" if held is None else held.user
        told = {"current": held is self._session, "enabled": held is not None}
        flags = ";".join(f"{name}={'true' if holds else 'false'}" for name, holds in told.items())
        return f"{flags};owner={owner};user={owner}"

    def _say(self, text: str) -> None:
        self._terminal.write(f"\n{text}\n" if text else "\n")


def _entered(store: Store, path: str, text: str) -> str | None:
    """Return the menu that a line goes to, or nothing when it is a command."""
    if text in {"/", ".."}:
        return "" if text == "/" else path.rpartition("/")[0]
    wanted = _absolute(path, text).replace(" ", "/").rstrip("/")
    return wanted if wanted.startswith("/") and store.has(wanted) else None


def _absolute(path: str, text: str) -> str:
    return text if text.startswith(("/", ":")) or not path else f"{path}/{text}"
