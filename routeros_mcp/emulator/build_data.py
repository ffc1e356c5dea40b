"""Make the emulator's own compact copy of the menu tree from the reference data folder."""

import gzip
import json
import re
import sys
from pathlib import Path
from typing import Any

_KEPT = ("add", "set")
_FOLDER = Path(__file__).parent / "data"
_FLAGS = re.compile(r"([^\[ ]+\|[^\[ ]+)\[,\w+\*\]")
_SYNTAXES = (
    ("time interval", "duration"),
    ("(MAC address)", "mac"),
    ("(IP address range)", "range"),
    ("(IP prefix)", "prefix"),
    ("(IPv6 prefix)", "prefix"),
    ("(IP address)", "near"),
)


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
    if _FLAGS.fullmatch(syntax):
        return "words"
    found = next((kind for text, kind in _SYNTAXES if text in syntax), None)
    return found or ("string" if syntax.startswith(("string", "script", "hexadecimal")) else "any")


def _detail(syntax: str, words: list[str]) -> str:
    interval = re.match(r"(\S+?)\.\.(\S+) \(time interval\)", syntax)
    if interval and words == []:
        return f"{interval[1]}..{interval[2]}"
    flags = _FLAGS.fullmatch(syntax)
    if flags:
        return flags[1]
    return "" if any(word.startswith("@") for word in words) else "|".join(words)


def hardware(nodes: list[str]) -> dict[str, Any]:
    """Return the menus that only boards have, from a list of their nodes: names of commands and arguments."""
    menus = sorted({node.rpartition("/")[0] for node in nodes if node.endswith("/print")})
    return {path: _board_menu(path, nodes, frozenset(menus)) for path in menus}


def _board_menu(path: str, nodes: list[str], menus: frozenset[str]) -> dict[str, Any]:
    inside = [node.removeprefix(f"{path}/").split("/") for node in nodes if node.startswith(f"{path}/")]
    commands = sorted({words[0] for words in inside if f"{path}/{words[0]}" not in menus})
    arguments = {words[1] for words in inside if words[0] in _KEPT and words[1:]}
    kind = "list" if {"add", "find"}.intersection(commands) else "single"
    return {
        "kind": kind,
        "commands": " ".join(commands),
        "arguments": {name: ["any", ""] for name in sorted(arguments)},
        "boards": "zerotier" if path.startswith("/zerotier") else "routerboard",
    }


def commands(schema: dict[str, Any]) -> dict[str, Any]:
    """Keep what `/console/inspect` answers from: the arguments of every command with syntax and words."""
    paths = {path: entry.get("c", {}) for path, entry in sorted(schema["paths"].items())}
    return {"paths": paths, **{key: schema[key] for key in ("argsets", "types", "enums")}}


def _write(name: str, content: dict[str, Any]) -> None:
    text = json.dumps(content, separators=(",", ":"))
    (_FOLDER / name).write_bytes(gzip.compress(text.encode(), mtime=0))


def main(folder: Path) -> None:
    with gzip.open(folder / "routeros-schema-compact.json.gz") as source:
        schema = json.load(source)
    menus = hardware(schema["arm64_only"]) | compact(schema)
    order = json.loads((folder / "observed" / "_section_order.json").read_text())["order"]
    secrets = json.loads((folder / "routeros-sensitive.json").read_text())["menus"]
    _write("menus.json.gz", {"menus": menus, "order": order, "secrets": secrets})
    _write("commands.json.gz", commands(schema))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
