"""The controlling terminal: where a person proves to be one. Never standard input."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, TextIO

from routeros_mcp.cli.errors import Stopped
from routeros_mcp.domain.errors import Forbidden

if TYPE_CHECKING:
    from rich.console import Console

_DEVICE = "/dev/tty"
_CHUNK = 4096
_LONGEST_LINE = 65_536


class Terminal:
    """Asks and shows on one open terminal, whatever standard input and output are connected to."""

    def __init__(self, descriptor: int, stream: TextIO) -> None:
        self._descriptor = descriptor
        self._stream = stream

    @property
    def console(self) -> Console:
        from rich.console import Console

        columns = os.get_terminal_size(self._descriptor).columns
        return Console(file=self._stream, highlight=False, markup=False, emoji=False, width=columns or None)

    def ask(self, question: str) -> str:
        """One line, without the blanks around it.

        Raises:
            Stopped: the person ended the input instead.
        """
        self._write(question)
        return self._line().strip()

    def ask_secret(self, question: str) -> str:
        """One line that is not shown. What was typed ahead is thrown away: it was no answer to this."""
        with _unseen(self._descriptor):
            self._write(question)
            answer = self._line().rstrip("\r\n")
        self._write("\n")
        return answer

    def _write(self, text: str) -> None:
        self._stream.write(text)
        self._stream.flush()

    def _line(self) -> str:
        held = b""
        while not held.endswith(b"\n") and len(held) < _LONGEST_LINE:
            part = os.read(self._descriptor, _CHUNK)
            if not part:
                raise Stopped("Nothing was answered.", fix="Nothing was done.")
            held += part
        return held.decode(errors="replace")


@contextmanager
def controlling_terminal(purpose: str) -> Iterator[Terminal]:
    """Open the terminal that the process belongs to.

    Raises:
        Forbidden: there is none. No other way in is offered: pipes, variables and arguments can be filled by
            programs that are not a person.
    """
    try:
        descriptor = os.open(_DEVICE, os.O_RDWR | os.O_NOCTTY)
    except OSError as error:
        raise Forbidden(
            f"There is no terminal to {purpose} on.",
            fix="Run the command in a terminal of your own; it cannot be answered by a pipe or a program.",
        ) from error
    try:
        with os.fdopen(descriptor, "w", closefd=False, encoding="utf-8", errors="replace") as stream:
            yield Terminal(descriptor, stream)
    finally:
        os.close(descriptor)


@contextmanager
def _unseen(descriptor: int) -> Iterator[None]:
    import termios

    before = termios.tcgetattr(descriptor)
    silent = [*before[:3], before[3] & ~termios.ECHO, *before[4:]]
    termios.tcsetattr(descriptor, termios.TCSAFLUSH, silent)
    try:
        yield
    finally:
        termios.tcsetattr(descriptor, termios.TCSADRAIN, before)
