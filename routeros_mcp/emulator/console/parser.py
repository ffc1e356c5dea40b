"""From the text of a script to its commands, each with its menu found and its arguments read."""

import re

from routeros_mcp.emulator.console.arguments import ArgumentReader, Given
from routeros_mcp.emulator.console.catalogue import LOG_MENU, LOG_TOPICS, Catalogue
from routeros_mcp.emulator.console.errors import TooMuch
from routeros_mcp.emulator.console.signatures import ANYTHING, BUILTINS
from routeros_mcp.emulator.console.tree import (
    Block,
    Body,
    Call,
    Command,
    Enter,
    Statement,
    Substitution,
    Unknown,
)
from routeros_mcp.emulator.console.values import TooLarge

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")
_DEFINING = frozenset({"global", "local"})


def parse(text: str, catalogue: Catalogue) -> Block:
    """Read a whole script.

    Raises:
        SyntaxFault: what cannot be read, with its place; nothing of the script may run then.
        TooMuch: the text passes a limit of the emulator.
    """
    return Parser(text, catalogue).script()


class Parser(ArgumentReader):
    """Reads commands. `menu` is where a relative one starts."""

    def __init__(
        self, text: str, catalogue: Catalogue, menu: str = "", declared: frozenset[str] = frozenset()
    ) -> None:
        super().__init__(text, catalogue)
        self.menu = menu
        self._scopes = [set(declared)]

    def script(self) -> Block:
        try:
            block = self._statements()
        except TooLarge:
            raise TooMuch("out of memory") from None
        except RecursionError:
            raise TooMuch(self.told("nested too deeply")) from None
        if self.next:
            self.fail()
        return block

    # Variables.

    def declare(self, name: str) -> None:
        self._scopes[-1].update(name.split(","))

    def is_declared(self, name: str) -> bool:
        return any(name in scope for scope in self._scopes)

    # Blocks.

    def _statements(self) -> Block:
        found: list[Statement] = []
        self.skip_lines()
        while self.next and self.next not in ")]}":
            found.append(self._statement())
            self.skip_spaces()
            if not self.is_at_end_of_command:
                self.fail("expected end of command")
            self.skip_lines()
        return Block(tuple(found))

    def _block(self, menu: str) -> Block:
        """Read `{ … }`, in which the menu and the variables are its own."""
        self.at += 1
        self.go_deeper()
        was, self.menu = self.menu, menu
        self._scopes.append(set())
        block = self._statements()
        self._scopes.pop()
        self.menu = was
        self.expect("}")
        self.come_back()
        return block

    def body(self, *, is_function: bool) -> Body:
        """Read a block to run; a function sees no variable of where it is defined."""
        if not is_function:
            return Body(self._block(self.menu))
        was, self._scopes = self._scopes, [set()]
        block = self._block("")
        self._scopes = was
        return Body(block)

    def substitution(self) -> Substitution:
        self.at += 1
        self.go_deeper()
        was_filter, self.filter_names = self.filter_names, None
        was_menu = self.menu
        block = self._statements()
        self.menu = was_menu
        self.filter_names = was_filter
        self.expect("]")
        self.come_back()
        return Substitution(block)

    # Commands.

    def _statement(self) -> Statement:
        match self.next:
            case "{":
                return self._block(self.menu)
            case "[":
                return self.substitution()
            case "$":
                return self._call()
            case ":":
                self.at += 1
                return self._colon()
            case "/":
                self.at += 1
                return self._path("", is_absolute=True)
            case _:
                return self._path(self.menu)

    def _call(self) -> Call:
        line, _ = self.place()
        callee = self.variable()
        given = self.arguments(ANYTHING, Given())
        return Call(callee=callee, arguments=given.values, line=line)

    def _colon(self) -> Statement:
        """Read a command of the language; behind a colon a path of the root will do as well."""
        start = self.at
        name = self.catalogue.builtin(self.take(_NAME)) if self.next not in {"", "/"} else None
        if name is not None and self.next != "/":
            return self._builtin(name)
        self.at = start
        return self._path("")

    def _builtin(self, name: str) -> Command:
        line, _ = self.place()
        given = self.arguments(BUILTINS[name], Given(is_function=name in _DEFINING))
        return Command(
            menu="", name=name, arguments=given.values, fault=given.fault, line=line, is_builtin=True
        )

    def _path(self, menu: str, *, is_absolute: bool = False) -> Statement:
        """Follow the words of a path to a command, to a menu, or to nowhere."""
        if is_absolute and self.is_at_a_gap:
            return self._entered("")
        while True:
            found = self._step(menu)
            if not isinstance(found, str):
                return found
            menu = found
            if not self.has("/"):
                self.skip_spaces()
                if self.is_at_end_of_command:
                    return self._entered(menu)
                if self.next == "{":
                    return self._block(menu)

    def _step(self, menu: str) -> Statement | str:
        """Read one word of a path: to a menu, whose path is returned, or to a command, known or not."""
        start = self.at
        word = self._path_word()
        if word == "..":
            return menu.rpartition("/")[0]
        command = self._command(menu, word)
        if command is not None:
            return command
        entered = self.catalogue.menu(menu, word)
        return self._unknown(start, word) if entered is None else entered

    @property
    def is_at_a_gap(self) -> bool:
        return self.is_at_end_of_command or self.next in " \t\\"

    def _path_word(self) -> str:
        if self.has(".."):
            return ".."
        word = self.take(_NAME)
        if not word:
            if self.next == "" and self.text.endswith("/"):
                self.fail("expected command name")
            self.fail()
        return word

    def _entered(self, menu: str) -> Enter:
        self.menu = menu
        return Enter(menu)

    def _command(self, menu: str, word: str) -> Command | None:
        """Read the command a word names here, unless it is only the beginning of a menu's name too."""
        if self.next == "/":
            return None
        if menu == "" and word in BUILTINS and self.catalogue.builtin(word) == word:
            return self._builtin(word)
        name = self.catalogue.command(menu, word)
        if name is None or (name != word and self.catalogue.menu(menu, word) is not None):
            return None
        return self._named_command(menu, name)

    def _named_command(self, menu: str, name: str) -> Command:
        line, _ = self.place()
        was, self.menu = self.menu, menu or self.menu
        given = self.arguments(self.catalogue.signature(menu, name), Given())
        self.menu = was
        return Command(
            menu=menu,
            name=name,
            arguments=given.values,
            where=given.where,
            fault=given.fault,
            line=line,
            is_builtin=menu == LOG_MENU and name in LOG_TOPICS,
        )

    def _unknown(self, start: int, word: str) -> Unknown:
        """Answer for a name that is none here.

        Behind it a slash makes the whole text unreadable; else it is an error once it is reached.
        Source: recorded `:parse` output of 7.23.7.
        """
        if self.next == "/":
            self.fail()
        message = self.told(f"bad command name {word}", start)
        line, _ = self.place()
        self.arguments(ANYTHING, Given())
        return Unknown(message=message, words=tuple(self.text[start : self.at].split()), line=line)
