"""Commands over SSH: one line without a terminal, or a conversation with a person."""

from collections.abc import Callable

import asyncssh

from routeros_mcp.emulator import console, views
from routeros_mcp.emulator.console import CRLF, Console, Screen
from routeros_mcp.emulator.program import Ran
from routeros_mcp.emulator.ssh_login import SshLogin
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


async def converse(process: asyncssh.SSHServerProcess[str], store: Store, told: Told) -> None:
    """Hold a conversation: prompt, command, answer, until `/quit` or the end of the input."""
    login, path = login_of(process), ""
    screen = Screen(width=login.width or _PERSON_WIDTH, is_terminal=True)
    process.stdout.write(_BANNER.format(version=store.spec.version))
    process.stdout.write(_prompt(store, login, path))
    async for line in process.stdin:
        text = line.strip()
        if text in {"/quit", "quit"}:
            break
        entered = _entered(store, path, text)
        if entered is not None:
            path = entered
        elif text:
            told(login.session.user, text)
            ran = console.perform(Console(store, login.session, screen), _absolute(path, text))
            process.stdout.write(ran.output.replace(CRLF, "\n"))
        process.stdout.write(_prompt(store, login, path))
    process.stdout.write("interrupted\n")
    process.exit(0)


def _prompt(store: Store, login: SshLogin, path: str) -> str:
    name = views.single(store, "/system/identity")["name"]
    return f"[{login.session.user}@{name}] {path}> "


def _entered(store: Store, path: str, text: str) -> str | None:
    """Return the menu that a line goes to, or nothing when it is a command."""
    if text in {"/", ".."}:
        return "" if text == "/" else path.rpartition("/")[0]
    wanted = _absolute(path, text).replace(" ", "/").rstrip("/")
    return wanted if wanted.startswith("/") and store.has(wanted) else None


def _absolute(path: str, text: str) -> str:
    return text if text.startswith(("/", ":")) or not path else f"{path}/{text}"
