"""Make the emulator's own compact copy of the menu tree from the reference data folder."""

import gzip
import json
import re
import sys
from pathlib import Path
from typing import Any

_KEPT = ("add", "set")
_TARGET = Path(__file__).parent / "data" / "menus.json.gz"


def compact(schema: dict[str, Any]) -> dict[str, Any]:
    """Keep, per menu: kind, commands, arguments with type and words, properties, what `add` needs."""
    return {path: _menu(schema, entry) for path, entry in sorted(schema["paths"].items())}


def _menu(schema: dict[str, Any], entry: dict[str, Any]) -> dict[str, Any]:
    commands: dict[str, int] = entry.get("c", {})
    arguments: dict[str, list[Any]] = {}
    for command in _KEPT:
        for argument in schema["argsets"][commands[command]] if command in commands else ():
            arguments.setdefault(argument[0], _argument(schema, argument))
    kept = {
        "kind": entry.get("k", "directory").rstrip("?"),
        "commands": " ".join(sorted(commands)),
        "arguments": arguments,
        "properties": " ".join(entry.get("p", ())),
        "required": entry.get("r", []),
        "refusal": entry.get("re", ""),
        "extra": entry.get("x", 0),
    }
    return {key: value for key, value in kept.items() if value}


def _argument(schema: dict[str, Any], argument: list[Any]) -> list[Any]:
    _, syntax_at, words_at, *_ = [*argument, None, None]
    syntax = schema["types"][syntax_at] if syntax_at else ""
    words: list[str] = [] if words_at is None else schema["enums"][words_at]
    return [_kind(syntax, words), _detail(syntax, words)]


def _kind(syntax: str, words: list[str]) -> str:
    if words == ["no", "yes"]:
        return "bool"
    if "time interval" in syntax:
        return "duration"
    if "(MAC address)" in syntax:
        return "mac"
    return "string" if syntax.startswith(("string", "script")) else "any"


def _detail(syntax: str, words: list[str]) -> str:
    interval = re.match(r"(\S+?)\.\.(\S+) \(time interval\)", syntax)
    if interval and words == []:
        return f"{interval[1]}..{interval[2]}"
    return "" if any(word.startswith("@") for word in words) else "|".join(words)


def main(folder: Path) -> None:
    with gzip.open(folder / "routeros-schema-compact.json.gz") as source:
        menus = compact(json.load(source))
    order = json.loads((folder / "observed" / "_section_order.json").read_text())["order"]
    secrets = json.loads((folder / "routeros-sensitive.json").read_text())["menus"]
    text = json.dumps({"menus": menus, "order": order, "secrets": secrets}, separators=(",", ":"))
    _TARGET.write_bytes(gzip.compress(text.encode(), mtime=0))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
