"""Write docs/reference from the declarations in the code: `python .ci/generate_reference.py [--check]`.

With --check nothing is written; the exit code is 1 if a page is not as it would be written.
"""

from __future__ import annotations

import argparse
import inspect
import json
import sys
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
PAGES = ROOT / "docs" / "reference"
NOTE = "<!-- Written by `python .ci/generate_reference.py`; change the declaration in the code instead. -->"

Schema = Mapping[str, Any]
_REF = "#/$defs/"
_FORMATS = {"path": "path", "password": "secret", "ipv4network": "network", "ipv6network": "network"}


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 if a page is out of date")
    check = parser.parse_args(arguments).check
    stale = {name: text for name, text in pages().items() if current(name) != text}
    if check:
        for name in stale:
            print(
                f"docs/reference/{name} is out of date; run: python .ci/generate_reference.py",
                file=sys.stderr,
            )
        return 1 if stale else 0
    PAGES.mkdir(parents=True, exist_ok=True)
    for name, text in stale.items():
        (PAGES / name).write_text(text, encoding="utf-8")
    return 0


def pages() -> dict[str, str]:
    """The text of each page, by file name."""
    written = {
        "tools.md": tools(),
        "settings.md": settings(),
        "errors.md": errors(),
        "faults.md": faults(),
        "cli.md": commands(),
    }
    return {name: "\n".join(lines).strip() + "\n" for name, lines in written.items()}


def current(name: str) -> str | None:
    path = PAGES / name
    return path.read_text(encoding="utf-8") if path.exists() else None


# -- Markdown --------------------------------------------------------------------------------------------


def opening(title: str, text: str) -> list[str]:
    return [f"# {title}", "", NOTE, "", text, ""]


def table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> list[str]:
    names = list(head)
    body = [list(row) for row in rows]
    if not body:
        return []
    lines = [names, ["---"] * len(names), *([cell(text) for text in row] for row in body)]
    return [*(f"| {' | '.join(line)} |" for line in lines), ""]


def cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def code(value: object) -> str:
    return f"`{value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)}`"


# -- types -----------------------------------------------------------------------------------------------


def kind(schema: Schema) -> str:
    """What a value may be, in words."""
    match schema:
        case {"$ref": str(ref)}:
            name = ref.removeprefix(_REF)
            return f"[{name}](#{name.lower()})"
        case {"anyOf": options} | {"oneOf": options}:
            return " or ".join(dict.fromkeys(kind(each) for each in options if each.get("type") != "null"))
        case {"const": _} | {"enum": _}:
            return " or ".join(code(value) for value in schema.get("enum", [schema.get("const")]))
        case {"type": "array" | "object" | "string" as name}:
            return {"array": array, "object": mapping, "string": string}[name](schema)
        case _:
            return f"{schema.get('type', 'any')}{figures(schema)}"


def array(schema: Schema) -> str:
    return f"list of {kind(schema.get('items', {}))}{bounds(schema, 'Items')}"


def mapping(schema: Schema) -> str:
    values = schema.get("additionalProperties")
    return f"object of {kind(values)}{bounds(schema, 'Properties')}" if isinstance(values, dict) else "object"


def string(schema: Schema) -> str:
    return _FORMATS.get(schema.get("format", ""), "string") + bounds(schema, "Length", " characters")


def bounds(schema: Schema, of: str, unit: str = "") -> str:
    low, high = schema.get(f"min{of}"), schema.get(f"max{of}")
    if high is None:
        return f", at least {low}{unit}" if low else ""
    return f", {low} to {high}{unit}" if low else f", at most {high}{unit}"


def figures(schema: Schema) -> str:
    signs = {"minimum": "≥", "exclusiveMinimum": ">", "maximum": "≤", "exclusiveMaximum": "<"}
    return "".join(f", {sign} {schema[key]:g}" for key, sign in signs.items() if key in schema)


def default(name: str, schema: Schema, required: Iterable[str]) -> str:
    if name in required:
        return "required"
    value = schema.get("default")
    return "" if value in (None, "", [], {}) else code(value)


def fields(schema: Schema) -> list[str]:
    """A table of the properties of an object."""
    required = schema.get("required", ())
    return table(
        ("name", "type", "default", "meaning"),
        (
            (code(name), kind(each), default(name, each, required), each.get("description", ""))
            for name, each in schema.get("properties", {}).items()
        ),
    )


def answers(schema: Schema) -> list[str]:
    """A table of the properties of a result; those that hold nothing are left out of answers."""
    return table(
        ("name", "type", "meaning"),
        (
            (code(name), kind(each), each.get("description", ""))
            for name, each in schema.get("properties", {}).items()
        ),
    )


# -- tools -----------------------------------------------------------------------------------------------


def tools() -> list[str]:
    from routeros_mcp.tools import TOOLSETS

    lines = opening(
        "Tools",
        "All tools, by toolset. A tool's tier and scope decide who may call it, on which devices. Each "
        "answer also has a `summary`, and leaves out fields that hold nothing.",
    )
    lines += table(
        ("tool", "toolset", "tier", "scope", "changes", "what it does"),
        (
            (f"[{tool.name}](#{tool.name})", toolset.name, tool.tier, tool.scope, changes(tool), tool.title)
            for toolset in TOOLSETS
            for tool in toolset.tools
        ),
    )
    types: dict[str, Schema] = {}
    for toolset in TOOLSETS:
        lines += [f"## Toolset {toolset.name}", "", toolset.description, ""]
        if toolset.terminal_only:
            lines += ["Only on a terminal: never offered over MCP.", ""]
        for tool in toolset.tools:
            lines += one_tool(tool, types)
    return [*lines, *nested(types)]


def changes(tool: Any) -> str:
    return {"read": "nothing", "record": "records of this server", "change": "routers"}[tool.effect]


def one_tool(tool: Any, types: dict[str, Schema]) -> list[str]:
    taken = tool.params.model_json_schema()
    given = tool.result.model_json_schema(mode="serialization")
    for schema in (taken, given):
        types.update(schema.get("$defs", {}))
    traits = f"Tier {tool.tier}, scope `{tool.scope}`, changes {changes(tool)}, deadline {tool.timeout_s:g} s"
    return [
        *(f"### {tool.name}", "", f"**{tool.title}.** {tool.description}", ""),
        *(f"{traits}{hints().get(tool.name, '')}.", ""),
        *(["Parameters:", "", *fields(taken)] if taken.get("properties") else ["No parameters.", ""]),
        *(["Answer:", "", *answers(given)] if given.get("properties") else []),
    ]


@cache
def hints() -> dict[str, str]:
    """The hints that clients are given, by tool."""
    from routeros_mcp.mcp import toolspec

    listed = [entry["wire"] for entry in json.loads(toolspec.generate())["tools"]]
    return {wire["name"]: "".join(map(hint, wire["annotations"].items())) for wire in listed}


def hint(item: tuple[str, bool]) -> str:
    name, on = item
    return f", `{name}: {json.dumps(on)}`"


def nested(types: Mapping[str, Schema]) -> list[str]:
    lines = ["## Types", ""] if types else []
    for name, schema in sorted(types.items()):
        lines += [f"### {name}", "", *paragraph(schema.get("description", ""))]
        lines += fields(schema) or paragraph(f"{kind(schema)}.")
    return lines


def paragraph(text: str) -> list[str]:
    return [" ".join(text.split()), ""] if text else []


# -- settings --------------------------------------------------------------------------------------------


def settings() -> list[str]:
    from routeros_mcp.config import CONFIG_NAME, PREFIX, Settings

    lines = opening(
        "Settings",
        "The command line wins over the environment, the environment over the settings file, the file over "
        f"the defaults. The file is `{CONFIG_NAME}` in the data directory, or the one that `config` names. "
        "A name that does not exist is an error.",
    )
    properties = Settings.model_json_schema()["properties"]
    return lines + table(
        ("setting", "environment variable", "type", "default", "meaning"),
        (
            (
                code(name),
                code(f"{PREFIX}{name.upper()}"),
                plain(each),
                default(name, each, ()),
                each["description"],
            )
            for name, each in properties.items()
        ),
    )


def plain(schema: Schema) -> str:
    """The type of a setting; objects are described by their example."""
    return "JSON object" if schema.get("type") == "object" else kind(schema)


# -- errors ----------------------------------------------------------------------------------------------


def errors() -> list[str]:
    from routeros_mcp.domain import errors as module
    from routeros_mcp.domain.errors import DeviceError, RouterosMcpError

    lines = opening(
        "Errors",
        "Each error has a `code` to rely on, a `message` that says what is so, a `fix` that says what to do "
        "next, and `retryable`: whether the same call may work later as it is.",
    )
    classes = [
        each for each in vars(module).values() if inspect.isclass(each) and issubclass(each, RouterosMcpError)
    ]
    return lines + table(
        ("code", "retryable", "stage", "meaning"),
        (
            (
                code(each.code),
                "yes" if each.retryable else "no",
                each.stage if issubclass(each, DeviceError) else "",
                (each.__doc__ or "").partition("\n\n")[0],
            )
            for each in classes
        ),
    )


# -- faults ----------------------------------------------------------------------------------------------


def faults() -> list[str]:
    from routeros_mcp.emulator import FAULTS

    lines = opening(
        "Faults",
        "What the lab's routers can be made to do wrong: `routeros-mcp lab --faults "
        "NAME[:ROUTERS[:ARGUMENT]]`. The last column is what a client that is right does; each line has a "
        "test through our own client.",
    )
    return lines + table(
        ("fault", "argument", "what happens", "what is right"),
        ((code(kind.name), kind.argument, kind.does, kind.right) for kind in FAULTS.values()),
    )


# -- command line ----------------------------------------------------------------------------------------


def commands() -> list[str]:
    from routeros_mcp.cli.arguments import build_parser

    parser = build_parser()
    lines = [
        *opening("Command line", parser.description or ""),
        "```text",
        (parser.epilog or "").strip(),
        "```",
        "",
    ]
    lines += [
        "Options that each command takes, before or after its name:",
        "",
        *arguments_of(global_options(parser)),
    ]
    for name, command in leaves(parser):
        lines += [f"## {name}", "", *paragraph(command.description or ""), *usage(name, command)]
        lines += arguments_of(own_options(command))
    return lines


def leaves(parser: argparse.ArgumentParser) -> Iterator[tuple[str, argparse.ArgumentParser]]:
    """The commands that do something, in their order."""
    below = [action for action in parser._actions if isinstance(action, argparse._SubParsersAction)]
    if not below:
        yield parser.prog, parser
    for action in below:
        for child in dict.fromkeys(action.choices.values()):
            yield from leaves(child)


def global_options(parser: argparse.ArgumentParser) -> list[argparse.Action]:
    shared = [group for group in parser._action_groups if (group.title or "").startswith("global")]
    return [action for group in shared for action in group._group_actions]


def own_options(parser: argparse.ArgumentParser) -> list[argparse.Action]:
    shared = {id(action) for action in global_options(parser)}
    return [
        action
        for action in parser._actions
        if id(action) not in shared and not isinstance(action, argparse._HelpAction)
    ]


def usage(name: str, parser: argparse.ArgumentParser) -> list[str]:
    own = own_options(parser)
    words = [name, *(["[OPTION…]"] if any(action.option_strings for action in own) else [])]
    words += [shown(action) for action in own if not action.option_strings]
    return ["```text", " ".join(words), "```", ""]


def shown(action: argparse.Action) -> str:
    label = action.metavar or action.dest
    name = label if isinstance(label, str) else " ".join(label)
    return {"?": f"[{name}]", "*": f"[{name}…]"}.get(str(action.nargs), name)


def arguments_of(actions: Iterable[argparse.Action]) -> list[str]:
    return table(("argument", "meaning"), ((spelling(action), meaning(action)) for action in actions))


def spelling(action: argparse.Action) -> str:
    if not action.option_strings:
        return code(shown(action))
    value = "" if action.nargs == 0 else f" {shown(action)}"
    return ", ".join(code(option + value) for option in action.option_strings)


def meaning(action: argparse.Action) -> str:
    return f"{action.help or ''}{' (required)' if action.option_strings and action.required else ''}"


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    sys.exit(main())
