"""Generates toolspec.json, which lets the server list its tools before it has imported any of them."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from routeros_mcp.toolkit.spec import AnyTool, Toolset

PATH = Path(__file__).with_name("toolspec.json")


def generate(toolsets: Iterable[Toolset] | None = None) -> str:
    """The text of toolspec.json for these toolsets; ours if none are given."""
    if toolsets is None:
        from routeros_mcp.tools import TOOLSETS

        toolsets = TOOLSETS
    tools = [
        _entry(toolset, tool) for toolset in toolsets if not toolset.terminal_only for tool in toolset.tools
    ]
    return json.dumps({"tools": tools}, ensure_ascii=False, indent=1) + "\n"


def _entry(toolset: Toolset, tool: AnyTool) -> dict[str, Any]:
    return {
        "toolset": toolset.name,
        "on_request": toolset.on_request,
        "tier": str(tool.tier),
        "scope": str(tool.scope),
        "effect": str(tool.effect),
        "wire": _wire(tool),
    }


def _wire(tool: AnyTool) -> dict[str, Any]:
    from routeros_mcp.mcp.schemas import input_schema, output_schema

    return {
        "name": tool.name,
        "title": tool.title,
        "description": tool.description,
        "inputSchema": input_schema(tool.params),
        "outputSchema": output_schema(tool.result),
        "annotations": _hints(tool),
    }


def _hints(tool: AnyTool) -> dict[str, bool]:
    from routeros_mcp.domain.models import Effect
    from routeros_mcp.toolkit.spec import DeviceParams, DevicesParams

    return {
        "readOnlyHint": tool.effect is Effect.READ,
        "destructiveHint": tool.effect is Effect.CHANGE,
        "idempotentHint": tool.idempotent,
        "openWorldHint": issubclass(tool.params, (DeviceParams, DevicesParams)),
    }


def main(arguments: list[str] | None = None) -> int:
    """Write the file, or with --check say whether it is as it would be written."""
    parser = argparse.ArgumentParser(prog="python -m routeros_mcp.mcp.toolspec", description=__doc__)
    parser.add_argument(
        "--check", action="store_true", help="change nothing; exit 1 if the file is out of date"
    )
    check = parser.parse_args(arguments).check
    text = generate()
    if PATH.exists() and PATH.read_text(encoding="utf-8") == text:
        return 0
    if check:
        sys.stderr.write("toolspec.json is out of date; run: python -m routeros_mcp.mcp.toolspec\n")
        return 1
    PATH.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
