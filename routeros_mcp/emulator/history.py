"""What /system/history shows of the journal."""

from routeros_mcp.emulator.clock import logged
from routeros_mcp.emulator.journal import Action
from routeros_mcp.emulator.store import Store


def rows(store: Store) -> list[dict[str, str]]:
    """Return the actions, newest first. Source: vendor manual, console; property names of 7.24."""
    return [_shown(store, action) for action in reversed(store.journal.actions)]


def _shown(store: Store, action: Action) -> dict[str, str]:
    flags = {
        "floating-undo": action.is_floating,
        "redoable": action.is_undone,
        "undoable": not action.is_undone and not action.is_floating,
    }
    shown = {
        "action": f"{_noun(action.path)} {action.text}",
        "by": action.by,
        "policy": "write",
        "time": logged(action.stamp, store.stamp(), store.spec.release),
    } | {name: "true" for name, holds in flags.items() if holds}
    return {".id": f"*{action.number:X}", **dict(sorted(shown.items()))}


def _noun(path: str) -> str:
    """Call a menu's rows by its last words: `filter rule`, `dhcp server lease`."""
    words = path.strip("/").split("/")
    if "firewall" in words and words[-1] != "address-list":
        return f"{words[-1]} rule"
    return " ".join(words[1:] or words).replace("-", " ")
