"""Which menus and commands a console offers on one router, and what each command takes."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import cache

from routeros_mcp.emulator.commands import EVERYWHERE, PRINT_WORDS
from routeros_mcp.emulator.console.signatures import BUILTINS, LOG, Signature, Slot
from routeros_mcp.emulator.menus import registry
from routeros_mcp.emulator.menus.registry import Kind, Menu
from routeros_mcp.emulator.store import Store

LOG_MENU = "/log"
LOG_TOPICS = ("debug", "error", "info", "warning")
_EXPORT = Signature(
    slots={"file": Slot.VALUE},
    flags=frozenset({"compact", "terse", "verbose", "show-sensitive", "hide-sensitive"}),
)
_IMPORT = Signature(
    unnamed=("file-name",),
    slots={"file-name": Slot.VALUE, "verbose": Slot.VALUE, "from-line": Slot.VALUE},
    flags=frozenset({"verbose", "dry-run"}),
)
# Commands of the root that are neither of the language nor an action. Others answer that they are unknown.
_ROOT = {"export": _EXPORT, "import": _IMPORT}
_RUN = "/system/script/run"
_EXPORT_WHERE_SINCE, _EXPORT_PATH_SINCE = (7, 13), (7, 23)
_UNNAMED: Mapping[str, tuple[str, ...]] = {
    "set": ("numbers",),
    "remove": ("numbers",),
    "enable": ("numbers",),
    "disable": ("numbers",),
    "reset": ("numbers",),
    "reset-counters": ("numbers",),
    "get": ("numbers", "value-name"),
    "unset": ("numbers", "value-name"),
    "comment": ("numbers", "comment"),
    "move": ("numbers", "destination"),
}
_PRINT_VALUES = ("append", "file", "from", "interval", "order-by", "proplist", ".proplist", "numbers")
_ACTION_SUBJECT = {
    "/ping": "address",
    "/tool/ping": "address",
    "/tool/traceroute": "address",
    "/tool/bandwidth-test": "address",
    "/interface/monitor-traffic": "interface",
    "/system/backup/save": "name",
    "/system/backup/load": "name",
    "/tool/fetch": "url",
    "/file/read": "file",
    "/safe-mode/take": "on-error",
}
_ACTION_FLAGS = frozenset({"as-value", "once", "dont-encrypt", "use-script-permissions", "follow"})


@cache
def _children() -> Mapping[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {}
    for path in sorted(registry.paths()):
        parent, _, name = path.rpartition("/")
        found.setdefault(parent, []).append(name)
    return {parent: tuple(names) for parent, names in found.items()}


class Catalogue:
    """The menus and commands of one router; `actions` are the paths of commands of one menu only."""

    def __init__(self, store: Store, actions: Iterable[str]) -> None:
        self.release = store.spec.release
        self._store = store
        self._actions = frozenset(actions)

    def menu(self, path: str, word: str) -> str | None:
        """Return the menu a word names, whole or by a beginning that no other has."""
        name = self._complete(word, [n for n in _children().get(path, ()) if self._store.has(f"{path}/{n}")])
        return None if name is None else f"{path}/{name}"

    def command(self, path: str, word: str) -> str | None:
        return self._complete(word, sorted(self._commands(path)))

    def builtin(self, word: str) -> str | None:
        """Return the command of the language a word names, if this version has it."""
        known = [name for name, signature in BUILTINS.items() if signature.since <= self.release]
        return self._complete(word, known)

    def _complete(self, word: str, names: Iterable[str]) -> str | None:
        begun = [name for name in names if name.startswith(word)]
        if word in begun:
            return word
        return begun[0] if len(begun) == 1 else None

    def _commands(self, path: str) -> set[str]:
        own = {action.rpartition("/")[2] for action in self._actions if action.rpartition("/")[0] == path}
        if path == "":
            return own | set(_ROOT)
        if path == LOG_MENU:
            own |= set(LOG_TOPICS)
        menu = self._store.menu(path)
        if menu.kind is Kind.DIRECTORY:
            return own | {"export"}
        return own | (set(menu.commands) - {"edit", "listen"}) | {"export"}

    def signature(self, path: str, name: str) -> Signature:
        """Return what a command takes; commands that are only acted out take whatever they are given."""
        if path == LOG_MENU and name in LOG_TOPICS:
            return LOG
        if name == "export":
            return self._export(path)
        if path == "" and name in _ROOT:
            return _ROOT[name]
        whole = f"{path}/{name}"
        if whole in self._actions or whole == _RUN or (name not in EVERYWHERE and name != "comment"):
            return self._free(whole)
        return self._usual(self._store.menu(path), name)

    def _export(self, path: str) -> Signature:
        """Return what an export of this version takes: filters since 7.13, `path` at the root since 7.23."""
        release = self._store.spec.release
        slots = dict(_EXPORT.slots)
        if path == "" and release >= _EXPORT_PATH_SINCE:
            slots["path"] = Slot.VALUE
        filters = _EXPORT.filters
        if path and release >= _EXPORT_WHERE_SINCE and self._store.menu(path).is_list:
            filters = frozenset(self._store.menu(path).fields) | {".id"}
        return replace(_EXPORT, slots=slots, filters=filters)

    def _free(self, whole: str) -> Signature:
        unnamed = (_ACTION_SUBJECT.get(whole, "numbers"),)
        return Signature(unnamed=unnamed, other=Slot.TEXT, flags=_ACTION_FLAGS)

    def _usual(self, menu: Menu, name: str) -> Signature:
        properties = frozenset(menu.fields) | {".id"}
        if name == "find":
            return Signature(filters=properties, always_filters=True)
        if name == "print":
            values = dict.fromkeys(_PRINT_VALUES, Slot.VALUE)
            flags = (PRINT_WORDS | {"order-by"}) - set(_PRINT_VALUES) - {".query", ".id"}
            return Signature(slots=values, flags=flags, filters=properties)
        unnamed = _UNNAMED.get(name, ())
        if not menu.is_list:
            unnamed = unnamed[1:]
        settable = (
            [f.name for f in menu.fields.values() if not f.is_readonly] if name in {"add", "set"} else []
        )
        extra = [*unnamed, "numbers", *(("copy-from", "place-before") if name == "add" else ())]
        return Signature(
            unnamed=unnamed,
            slots=dict.fromkeys([*settable, *extra], Slot.TEXT),
            flags=frozenset(f.name for f in menu.fields.values() if f.kind == "flag"),
        )

    def parameter(self, signature: Signature, name: str) -> str | None:
        """Return the argument a name stands for, whole or by its beginning."""
        if name in signature.flags or signature.other is not None:
            return name
        return self._complete(name, signature.slots)
