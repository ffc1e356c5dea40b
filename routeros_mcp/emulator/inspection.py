"""`/console/inspect`: what this router's console says about its own commands."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from routeros_mcp.emulator.commands import FOREVER, Call, Outcome
from routeros_mcp.emulator.errors import Refusal, no_match
from routeros_mcp.emulator.menus import command_tree
from routeros_mcp.emulator.menus.registry import Kind
from routeros_mcp.emulator.store import Store

Shown = dict[str, str]
# Nodes that packages add to are paths, all other menus dirs. Source: recorded 7.23.2.
_PATHS = frozenset({"", "/interface", "/ip", "/ipv6", "/system", "/tool", "/user"})
_LAST = ("export", "recursive-print")
# Words of the scripting language whose syntax hung the web server. Source: public crawlers of 7.9 to 7.22;
# later measurements leave only `do`, up to 7.20.
_TRAPS = frozenset({"where", "do", "else", "rule", "command", "on-error"})
_TRAPS_UNTIL, _DO_UNTIL = (7, 12), (7, 20)
_DELIMITER = re.compile(r"[/\s=,]")
_NAME, _SENTINEL, _HIDDEN = "96", "-20", "-1"


@dataclass(frozen=True, slots=True)
class Node:
    """A place in the tree: a menu, one of its commands, or one argument of that."""

    path: str
    command: str = ""
    argument: str = ""

    @property
    def name(self) -> str:
        return self.argument or self.command or self.path.rpartition("/")[2] or "root"

    @property
    def kind(self) -> str:
        if self.argument:
            return "arg"
        if self.command:
            return "cmd"
        return "path" if self.path in _PATHS else "dir"


def inspect(call: Call) -> Outcome:
    """Answer `child`, `syntax`, `completion` or `highlight` rows; what does not exist is an empty list.

    `path` is words joined by commas; a list instead means the root. Source: recorded 7.9.2, 7.23.2, 7.24rc2.
    """
    call.session.need("read")
    if "request" not in call.arguments:
        raise Refusal("missing =request=")
    request = call.text("request")
    if request not in _ANSWERS:
        raise no_match("request")
    held = call.arguments.get("path", "")
    words = [] if isinstance(held, list) else [word for word in str(held).split(",") if word]
    if request in {"syntax", "completion"} and _is_trap(call.store.spec.release, words):
        return Outcome(content=[], takes_s=FOREVER)
    return Outcome(content=_ANSWERS[request](call, words))


def _is_trap(release: tuple[int, int], words: list[str]) -> bool:
    if release <= _TRAPS_UNTIL:
        return not _TRAPS.isdisjoint(words)
    return release <= _DO_UNTIL and words[-1:] == ["do"]


def find(store: Store, words: list[str]) -> Node | None:
    """Return the node the words lead to, or nothing."""
    path, command = "", ""
    if any("/" in word for word in words):
        return None
    for at, word in enumerate(words):
        if not command and store.has(f"{path}/{word}"):
            path = f"{path}/{word}"
        elif not command and word in _commands(store, path):
            command = word
        elif command and at == len(words) - 1 and word in _arguments(store, path, command):
            return Node(path, command, word)
        else:
            return None
    return Node(path, command)


def _commands(store: Store, path: str) -> list[str]:
    if path == "":
        return command_tree.root(store.spec.release)
    return sorted(store.menu(path).commands | ({"export"} if path in _PATHS else set()))


def _arguments(store: Store, path: str, command: str) -> dict[str, command_tree.Argument]:
    """Return a command's arguments by the names this release has for them."""
    found = command_tree.arguments(path, command)
    if not path:
        return found
    menu = store.menu(path)
    if not found and command in {"add", "set"}:
        found = {key: command_tree.Argument() for key, f in menu.fields.items() if not f.is_readonly}
    newest = command_tree.fields(path)
    kept = {key: held for key, held in found.items() if key in menu.fields or key not in newest}
    return {menu.outward(key): held for key, held in sorted(kept.items())}


def _children(store: Store, node: Node) -> Iterator[Node]:
    if node.argument:
        return
    if node.command:
        for name in _arguments(store, node.path, node.command):
            yield Node(node.path, node.command, name)
        return
    nodes = [Node(f"{node.path}/{name}") for name in command_tree.menus_under(node.path)]
    held = [*filter(lambda one: store.has(one.path), nodes)]
    held += [Node(node.path, command) for command in _commands(store, node.path)]
    is_path = node.path in _PATHS
    yield from sorted(held, key=lambda one: (is_path and one.command in _LAST, one.name))


def _self(call: Call, words: list[str]) -> list[Shown]:
    node = find(call.store, words)
    return [_child(node, "self")] if node is not None else []


def _child(node: Node, kind: str) -> Shown:
    return {"name": node.name, "node-type": node.kind, "type": kind}


def _tree(call: Call, words: list[str]) -> list[Shown]:
    node = find(call.store, words)
    if node is None:
        return []
    return [_child(node, "self"), *(_child(one, "child") for one in _children(call.store, node))]


def _syntax(call: Call, words: list[str]) -> list[Shown]:
    """Tell the form of an argument's value, or name the members of anything else."""
    node = find(call.store, words)
    if node is None:
        return []
    if node.argument:
        held = _arguments(call.store, node.path, node.command)[node.argument]
        return [_syntax_row(node.argument.capitalize(), "definition", "" if held.words else held.syntax)]
    first = _syntax_row("", "collection", "") | {"nonorm": "true"}
    members = (_syntax_row(one.name, "explanation", "") for one in _children(call.store, node))
    return [first, *(row | {"nested": "1"} for row in members)]


def _syntax_row(symbol: str, kind: str, text: str) -> Shown:
    return {
        "nested": "0",
        "nonorm": "false",
        "symbol": symbol,
        "symbol-type": kind,
        "text": text,
        "type": "syntax",
    }


def _completion(call: Call, words: list[str]) -> list[Shown]:
    """Propose what may stand at the end of `input`, or under the node that `path` names."""
    text = call.text("input")
    offset = max((found.end() for found in _DELIMITER.finditer(text)), default=0)
    before, partial = text[:offset], text[offset:]
    given = [word for word in re.split(r"[/\s]+", before) if word]
    base = [] if text.startswith("/") else words
    if before.endswith(("=", ",")):
        place = [*base, *(word for word in given[:-1] if "=" not in word), given[-1].partition("=")[0]]
    else:
        place = [*base, *(word for word in given if "=" not in word)]
    node = find(call.store, place)
    if node is None:
        return []
    found = [row for row in _candidates(call.store, node) if row["completion"].startswith(partial)]
    rows = [row | {"offset": str(offset)} for row in found]
    shown = [row for row in rows if row["show"] == "true"]
    if not node.argument and (not shown or (partial and len(shown) > 1)):
        unknown = "unknown parameter" if node.command else "unknown command"
        rows.append(_completion_row("", "obj-inactive", unknown, _SENTINEL) | {"offset": str(offset)})
    return rows


def _candidates(store: Store, node: Node) -> Iterator[Shown]:
    if not node.argument:
        for one in _children(store, node):
            yield _completion_row(one.name, "dir" if one.kind == "path" else one.kind)
        return
    words = _values(store, node)
    for word in words:
        yield _completion_row(word, "none")
    if not words:
        yield _completion_row("<value>", "none", "literal value", _HIDDEN)


def _values(store: Store, node: Node) -> list[str]:
    """Return the words an argument takes, and the names of rows where it refers to some."""
    held = _arguments(store, node.path, node.command)[node.argument]
    menu = store.menu(node.path) if node.path else None
    key = menu.inward(node.argument) if menu is not None and menu.kind is not Kind.DIRECTORY else None
    target = menu.fields[key].target if menu is not None and key is not None else None
    live = [name for name, _ in store.names(target or ("interface" if held.is_interface else ""))]
    return sorted({*(word.strip('"') for word in held.words), *filter(None, live)})


def _completion_row(text: str, style: str, about: str = "", preference: str = _NAME) -> Shown:
    return {
        "completion": text,
        "offset": "0",
        "preference": preference,
        "show": "true" if preference == _NAME else "false",
        "style": style,
        "text": about,
        "type": "completion",
    }


def _nothing(_call: Call, _words: list[str]) -> list[Shown]:
    return []


_ANSWERS: Mapping[str, Callable[[Call, list[str]], list[Shown]]] = {
    "child": _tree,
    "completion": _completion,
    "error": _nothing,
    "highlight": _nothing,
    "self": _self,
    "syntax": _syntax,
}
