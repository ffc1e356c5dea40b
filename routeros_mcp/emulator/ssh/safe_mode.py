"""Safe mode as one shell deals with it: Ctrl-X, the commands of 7.18, the question to a second taker."""

from routeros_mcp.emulator.passing.safe_mode import SafeMode, Session
from routeros_mcp.emulator.ssh.terminal import CTRL_X, Terminal
from routeros_mcp.emulator.store import Store

_MENU = "/safe-mode/"
_COMMANDS_SINCE = (7, 18)
_ON_ERROR = "on-error="


class SafeTalk:
    """One shell's part in the router's safe mode."""

    def __init__(self, store: Store, safe: SafeMode, terminal: Terminal, user: str) -> None:
        self._has_commands = store.spec.release >= _COMMANDS_SINCE
        self._safe = safe
        self._terminal = terminal
        self._session = Session(user, self._say)

    @property
    def mark(self) -> str:
        """What the prompt shows while this shell holds safe mode."""
        return "<SAFE> " if self._holds else ""

    @property
    def _holds(self) -> bool:
        return self._safe.holder is self._session

    def keep(self) -> None:
        """Leave by `/quit`, which keeps what was changed."""
        if self._holds:
            self._safe.release(self._session)

    def ended(self, *, is_cut: bool) -> None:
        self._safe.ended(self._session, is_cut=is_cut)

    async def takes(self, line: str) -> bool:
        """Act on a line or key that is about safe mode; say whether it was."""
        text = line.strip()
        if line == CTRL_X:
            await self._toggle()
        elif self._has_commands and text.startswith(_MENU):
            await self._command(text.removeprefix(_MENU))
        else:
            return False
        return True

    async def _toggle(self) -> None:
        if self._holds:
            self._say(self._safe.release(self._session))
        else:
            await self._take("ask")

    async def _take(self, on_error: str) -> None:
        """Take safe mode; when another session holds it, do as told or ask."""
        if self._safe.holder is not None and not self._holds:
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

    async def _command(self, text: str) -> None:
        """Run `/safe-mode/…`. Source: vendor manual."""
        verb, _, rest = text.partition(" ")
        match verb:
            case "take":
                await self._take(rest.strip().removeprefix(_ON_ERROR) or "abort")
            case "toggle":
                await self._toggle()
            case "release":
                self._say(self._safe.release(self._session))
            case "unroll":
                self._say(self._safe.unroll(self._session))
            case "get":
                self._say(self._state())
            case _:
                self._say(f"bad command name {verb} (line 1 column {len(_MENU) + 1})")

    def _state(self) -> str:
        held = self._safe.holder
        owner = "" if held is None else held.user
        told = {"current": self._holds, "enabled": held is not None}
        flags = ";".join(f"{name}={'true' if holds else 'false'}" for name, holds in told.items())
        return f"{flags};owner={owner};user={owner}"

    def _say(self, text: str) -> None:
        self._terminal.write(f"\n{text}\n" if text else "\n")
