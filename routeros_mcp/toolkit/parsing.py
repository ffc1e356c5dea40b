"""Reads a tool's arguments; a bad one is named, with what would have been right."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from routeros_mcp.domain.errors import InvalidParams
from routeros_mcp.toolkit.spec import AnyTool, Params


def parse(tool: AnyTool, arguments: Mapping[str, Any]) -> Params:
    """Build the tool's parameters.

    Raises:
        InvalidParams: names every wrong argument and lists the valid ones; never repeats a value, since the
            value may be a secret.
    """
    try:
        return tool.params.model_validate(dict(arguments))
    except ValidationError as error:
        problems = [_problem(tool, detail) for detail in error.errors(include_input=False, include_url=False)]
        raise InvalidParams(" ".join(problems), fix=_valid(tool)) from None


def _problem(tool: AnyTool, detail: ErrorDetails) -> str:
    where = ".".join(str(part) for part in detail["loc"]) or "arguments"
    match detail["type"]:
        case "extra_forbidden":
            return f"{tool.name} has no argument {where!r}{_near(tool, where)}."
        case "missing":
            return f"{where} is required."
        case _:
            return f"{where}: {detail['msg']}."


def _near(tool: AnyTool, name: str) -> str:
    near = difflib.get_close_matches(name, list(tool.params.model_fields), n=1)
    return f" (did you mean {near[0]}?)" if near else ""


def _valid(tool: AnyTool) -> str:
    names = [name if not info.is_required() else f"{name} (required)" for name, info in _fields(tool)]
    return f"Valid arguments: {', '.join(names)}." if names else f"{tool.name} takes no arguments."


def _fields(tool: AnyTool) -> list[tuple[str, Any]]:
    return list(tool.params.model_fields.items())
