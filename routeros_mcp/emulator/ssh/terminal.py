"""What a person types into a shell: lines, and the keys that act at once."""

from collections.abc import AsyncIterator

import asyncssh

CTRL_C, CTRL_D, CTRL_X = "\x03", "\x04", "\x18"
_ERASE = frozenset({"\x08", "\x7f"})
_KEYS = frozenset({CTRL_C, CTRL_D, CTRL_X})
_CHUNK = 4096


class Terminal:
    """Reads keys and writes text; with a terminal at the other end it echoes and ends its lines with CRLF."""

    def __init__(self, process: asyncssh.SSHServerProcess[str]) -> None:
        self._process = process
        self._is_terminal = process.get_terminal_type() is not None
        self._typed: AsyncIterator[str] = self._keys()
        self._line = ""

    def write(self, text: str) -> None:
        if self._process.channel.is_closing():
            return
        lines = text.replace("\r\n", "\n")
        self._process.stdout.write(lines.replace("\n", "\r\n") if self._is_terminal else lines)

    async def lines(self) -> AsyncIterator[str]:
        """Yield each line, and Ctrl-C, Ctrl-D and Ctrl-X as lines of their own."""
        async for key in self._typed:
            if key in _KEYS:
                self._line = ""
                yield key
            elif key == "\n":
                line, self._line = self._line, ""
                self._echo("\n")
                yield line
            else:
                self._edit(key)

    async def key(self) -> str:
        """Return the next key, nothing at the end of the input."""
        return await anext(self._typed, "")

    def _edit(self, key: str) -> None:
        if key not in _ERASE:
            self._line += key
            self._echo(key)
        elif self._line:
            self._line = self._line[:-1]
            self._echo("\b \b")

    def _echo(self, text: str) -> None:
        if self._is_terminal:
            self.write(text)

    async def _keys(self) -> AsyncIterator[str]:
        """Yield characters, each end of line as one line feed; a lost connection ends them."""
        last = ""
        while data := await self._read():
            for key in data:
                if key != "\n" or last != "\r":
                    yield "\n" if key == "\r" else key
                last = key

    async def _read(self) -> str:
        try:
            return await self._process.stdin.read(_CHUNK)
        except (OSError, asyncssh.Error, asyncssh.misc.SignalReceived):
            return ""
