"""The router's files, as scripts read and write them."""

from routeros_mcp.emulator import operations
from routeros_mcp.emulator.console.session import Console

_FILES = "/file"


def read(console: Console, name: str) -> str | None:
    """Return the text of a file, or nothing when there is none."""
    console.session.need("read")
    row = console.store.table(_FILES).find(name)
    return None if row is None else row.values.get("contents", "")


def write(console: Console, name: str, text: str) -> None:
    """Write a file, over one of that name. Source: vendor manual, User: files need `ftp`."""
    console.session.need("ftp", "read", "write")
    store = console.store
    row = store.table(_FILES).find(name) or operations.add(store, _FILES, {"name": name})
    suffix = name.rpartition(".")[2]
    row.values |= {"contents": text, "last-modified": store.stamp(), "type": f".{suffix} file"}
