"""What ends a script, or a part of it, before its last command."""

from routeros_mcp.emulator.console.values import NOTHING, Value


class Stopped(Exception):
    """What ends a script with a message.

    `place` is where it happened, as `/ip/address/add; line 1`; the command that failed fills it in, unless it
    is None: then the message tells. Source: recorded 7.21.4 to 7.23.
    """

    def __init__(self, message: str, place: str | None = "") -> None:
        super().__init__(message)
        self.message = message
        self.place = place

    def __str__(self) -> str:
        return f"{self.message} ({self.place})" if self.place else self.message


class ScriptError(Stopped):
    """An error that `on-error` may catch."""


class UserError(ScriptError):
    """What `:error` raised; a terminal is told its place too."""


class SyntaxFault(ScriptError):
    """The text cannot be read, so nothing of it runs; the message ends in `(line n column m)`."""

    def __init__(self, message: str) -> None:
        super().__init__(message, None)


class Incomplete(SyntaxFault):
    """The text ends inside a quote or bracket: at a terminal the next line continues it."""


class TooMuch(Stopped):
    """A limit of the emulator; nothing in the script can catch it."""


class Returned(Exception):
    """`:return`, on its way out of the function."""

    def __init__(self, value: Value = NOTHING) -> None:
        super().__init__()
        self.value = value


class LoopLeft(Exception):
    """`:break`, or `:continue`, on its way to the loop."""

    def __init__(self, *, is_over: bool) -> None:
        super().__init__()
        self.is_over = is_over


class Quit(Exception):
    """`/quit`: the script ends here, without an error."""
