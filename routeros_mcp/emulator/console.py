"""The console as far as it is emulated: :put, :error, :log, :delay, :onerror, export, table commands."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from routeros_mcp.emulator import export, operations, printing, query, script, ssh_keys, views, wrapping
from routeros_mcp.emulator.access import Session, log
from routeros_mcp.emulator.commands import FOREVER, Call, Command, locate, need_write
from routeros_mcp.emulator.errors import Refusal
from routeros_mcp.emulator.menus import registry
from routeros_mcp.emulator.menus.registry import Kind
from routeros_mcp.emulator.passing.commands import COMMANDS
from routeros_mcp.emulator.program import Program, Ran
from routeros_mcp.emulator.store import Row, Store
from routeros_mcp.emulator.values import parse_duration

CRLF = "\r\n"
_NO_MATCH = "input does not match any value of "
_EXPORT_WORDS = {"compact", "terse", "verbose", "show-sensitive", "hide-sensitive"}
_VERBS = frozenset({"add", "set", "remove", "enable", "disable", "print", "find", "get", "export", "import"})


class _Stuck(Exception):
    """A command asks something and nobody answers."""


class ScriptError(Exception):
    """What stops a script; its text is the last output. Source: recorded, `(/path/command; line n)`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Screen:
    """Who reads the output: a script (errors tell their place), or a terminal (tables are drawn)."""

    width: int = wrapping.WIDTH
    is_terminal: bool = False


SCRIPT = Screen()


@dataclass(frozen=True, slots=True)
class Console:
    """One run of a script by a login."""

    store: Store
    session: Session
    screen: Screen = SCRIPT


@dataclass(frozen=True, slots=True)
class Statement:
    """One command split into the menu, the verb and the words after it."""

    path: str
    verb: str
    words: tuple[str, ...]
    line: int


def run(store: Store, session: Session, text: str) -> str:
    """Run a script and return what it prints, line ends CRLF. An error is the last thing printed."""
    return perform(Console(store, session), text).output


def start(console: Console, text: str) -> Program:
    """Begin to run a script; its pauses are for the caller to wait."""
    yield 0.0
    printed = ""
    for line in script.commands(text):
        if line.text.startswith(":delay"):
            yield _pause_s(line)
        try:
            printed += _run(console, line)
        except _Stuck:
            yield FOREVER
        except ScriptError as error:
            return Ran(output=f"{printed}{error}\n".replace("\n", CRLF), has_failed=True)
    return Ran(output=printed.replace("\n", CRLF), has_failed=False)


def _pause_s(line: script.Line) -> float:
    return parse_duration([*script.words(line.text), "1s"][1]) / 1_000_000


def perform(console: Console, text: str) -> Ran:
    """Run commands up to the first that fails."""
    printed, has_failed = "", False
    try:
        for line in script.commands(text):
            printed += _run(console, line)
    except _Stuck:
        has_failed = True
    except ScriptError as error:
        printed += f"{error}\n"
        has_failed = True
    return Ran(output=printed.replace("\n", CRLF), has_failed=has_failed)


def _run(console: Console, line: script.Line) -> str:
    words = script.words(line.text)
    builtin = _BUILTINS.get(words[0])
    if builtin is not None:
        return builtin(console, words, line.number)
    statement = _statement(console, words, line)
    try:
        return _act(console, statement)
    except Refusal as refusal:
        detail = refusal.detail or "no such item"
        raise ScriptError(detail if console.screen.is_terminal else _complaint(statement, detail)) from None


def _complaint(statement: Statement, detail: str) -> str:
    """Say where it went wrong. Source: recorded texts of 7.21.4 and of the 7.23 argument survey."""
    where = f"{statement.path}/{statement.verb}"
    if detail.startswith(_NO_MATCH):
        where += f" ({detail.removeprefix(_NO_MATCH)})"
    if detail.startswith("missing ="):
        given = {word.partition("=")[0] for word in statement.words}
        missing = [name for name in registry.menu(statement.path).required if name not in given]
        detail = f"Script Error: missing value(s) of argument(s) {' '.join(missing)}"
    return f"{detail} ({where}; line {statement.line})"


def _statement(console: Console, words: Sequence[str], line: script.Line) -> Statement:
    """Find the menu in `/ip/dns/set` or `/ip dns set`.

    Raises:
        ScriptError: "bad command name x (line 1 column 1)", the column being where x stands.
    """
    path = ""
    for used, word in enumerate(words):
        for part in word.strip("/").split("/"):
            if f"{path}/{part}" in COMMANDS or (part in _VERBS and _takes(path, part)):
                return Statement(path, part, tuple(words[used + 1 :]), line.number)
            path = f"{path}/{part}"
            if not console.store.has(path):
                column = line.column + line.text.index(part)
                raise ScriptError(f"bad command name {part} (line {line.number} column {column})")
    column = line.column + len(line.text)
    raise ScriptError(f"expected end of command (line {line.number} column {column})")


def _takes(path: str, verb: str) -> bool:
    if verb == "import":
        return path == ssh_keys.MENU
    return verb == "export" or (path != "" and registry.menu(path).kind is not Kind.DIRECTORY)


def _act(console: Console, statement: Statement) -> str:
    console.session.need("read")
    console.store.journal.actor = console.session.user
    if f"{statement.path}/{statement.verb}" in COMMANDS:
        return _command(console, statement, COMMANDS[f"{statement.path}/{statement.verb}"])
    return _export(console, statement) if statement.verb == "export" else _act_on_rows(console, statement)


def _act_on_rows(console: Console, statement: Statement) -> str:
    if statement.verb in {"print", "find", "get"}:
        return _read(console, statement)
    need_write(console.session, statement.path)
    arguments = _arguments(console, statement.words)
    if statement.verb == "import":
        ssh_keys.import_file(console.store, arguments)
        return ""
    if statement.verb == "add":
        operations.add(console.store, statement.path, arguments, console.session.user)
        return ""
    for path, row in _chosen(console, statement):
        if statement.verb == "remove":
            operations.remove(console.store, path, row)
        elif statement.verb == "set":
            operations.change(console.store, path, row, arguments, console.session.user)
        else:
            operations.switch(console.store, path, row, is_disabled=statement.verb == "disable")
    return ""


def _command(console: Console, statement: Statement, command: Command) -> str:
    arguments = _arguments(console, statement.words)
    outcome = command(
        Call(store=console.store, session=console.session, path=statement.path, arguments=arguments)
    )
    if outcome.takes_s == FOREVER:
        raise _Stuck
    return ""


def _chosen(console: Console, statement: Statement) -> list[tuple[str, Row]]:
    if views.is_single(console.store, statement.path):
        return [(statement.path, console.store.single(statement.path))]
    keys = [
        key
        for word in statement.words
        if not _is_argument(word)
        for key in _ids(console, statement.path, word)
    ]
    return [locate(console.store, statement.path, key) for key in keys]


def _ids(console: Console, path: str, word: str) -> list[str]:
    """Read `*1`, a name, a comma list or `[find key=value]`."""
    if not word.startswith("["):
        return script.plain(word).split(",")
    inner = script.words(word[1:-1])
    tests = [part for part in inner if _is_argument(part)]
    wanted = [(name, script.plain(text)) for name, _, text in (test.partition("=") for test in tests)]
    rows = views.rows(console.store, path)
    return [row[".id"] for row in rows if all(query.same(row.get(name), text) for name, text in wanted)]


def _is_argument(word: str) -> bool:
    return "=" in word and not word.startswith(("[", '"'))


def _arguments(console: Console, words: Sequence[str]) -> dict[str, str]:
    pairs = (word.partition("=") for word in words if _is_argument(word))
    return {name: _value(console, text) for name, _, text in pairs}


def _value(console: Console, text: str) -> str:
    if text.startswith("[") and text.endswith("]"):
        return _run(console, script.Line(1, text[1:-1])).strip()
    return script.plain(text)


def _read(console: Console, statement: Statement) -> str:
    rows = [] if views.is_single(console.store, statement.path) else views.rows(console.store, statement.path)
    if "count-only" in statement.words:
        return f"{len(rows)}\n"
    if statement.verb == "find":
        ids = _ids(console, statement.path, f"[find {' '.join(statement.words)}]")
        return ";".join(ids) + "\n"
    if statement.verb == "get":
        return _get(console, statement)
    if not console.screen.is_terminal or "as-value" in statement.words:
        return ""
    return printing.printed(console.store, statement.path, with_secrets=console.session.sees_secrets)


def _get(console: Console, statement: Statement) -> str:
    words = [word for word in statement.words if not _is_argument(word)]
    if views.is_single(console.store, statement.path):
        shown = views.single(console.store, statement.path, with_secrets=console.session.sees_secrets)
    else:
        if not words:
            raise Refusal("expected item id")
        key = _ids(console, statement.path, words.pop(0))
        path, row = locate(console.store, statement.path, (key or [""])[0])
        shown = views.row(console.store, path, row, with_secrets=console.session.sees_secrets)
    return shown.get(words[0], "") + "\n" if words else ""


def _export(console: Console, statement: Statement) -> str:
    for word in statement.words:
        if word not in _EXPORT_WORDS and not word.startswith("file="):
            raise Refusal(f"bad parameter {word}")
    if "show-sensitive" in statement.words:
        console.session.need("sensitive")
    options = export.Options(
        path=statement.path,
        is_terse="terse" in statement.words,
        is_verbose="verbose" in statement.words,
        shows_secrets="show-sensitive" in statement.words,
        width=console.screen.width,
    )
    return export.export(console.store, options)


def _put(console: Console, words: Sequence[str], _line: int) -> str:
    text = " ".join(words[1:])
    if text.startswith("("):
        parts = script.words(text[1:-1].replace(".", " ")) if '"' not in text else [text[1:-1]]
        return "".join(_value(console, part) for part in parts) + "\n"
    return _value(console, text) + "\n"


def _error(_console: Console, words: Sequence[str], line: int) -> str:
    raise ScriptError(f"{script.plain(' '.join(words[1:]))} (:error; line {line})")


def _log(console: Console, words: Sequence[str], _line: int) -> str:
    log(console.store, f"script,{words[1]}", script.plain(" ".join(words[2:])))
    return ""


def _delay(_console: Console, _words: Sequence[str], _line: int) -> str:
    return ""


def _guarded(console: Console, words: Sequence[str], line: int) -> str:
    """Run `:do {…} on-error={…}` or `:onerror e in={…} do={…}`; the second replaces `$e` by the error."""
    blocks = [word[word.index("{") + 1 : -1] for word in words if "{" in word]
    if not blocks:
        raise ScriptError(f"syntax error (line {line} column {len(' '.join(words)) + 1})")
    try:
        return _block(console, blocks[0])
    except ScriptError as error:
        return _block(console, blocks[1].replace(f"${words[1]}", str(error))) if blocks[1:] else ""


def _block(console: Console, text: str) -> str:
    return "".join(_run(console, line) for line in script.commands(text))


_BUILTINS: Mapping[str, Callable[[Console, Sequence[str], int], str]] = {
    ":put": _put,
    ":error": _error,
    ":log": _log,
    ":delay": _delay,
    ":do": _guarded,
    ":onerror": _guarded,
}
