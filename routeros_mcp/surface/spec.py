"""How resources and prompts are declared; nothing here knows MCP."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

_MOST_CHARACTERS = 500
_TOOL_NAME = re.compile(r"`([a-z]+_[a-z_]+)`")


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """A view of one tool's answer. Reading it is calling the tool: same authorisation, same audit.

    `arguments` says which URI variable feeds which tool argument; `fixed` holds arguments that never vary.
    """

    uri_template: str
    name: str
    title: str
    description: str
    tool: str
    arguments: Mapping[str, str] = field(default_factory=dict)
    fixed: Mapping[str, object] = field(default_factory=dict)

    @property
    def is_template(self) -> bool:
        return bool(self.arguments)

    def call_arguments(self, variables: Mapping[str, str]) -> dict[str, object]:
        """Arguments of the tool for the values found in a URI."""
        return {**self.fixed, **{name: variables[variable] for name, variable in self.arguments.items()}}


@dataclass(frozen=True, slots=True, kw_only=True)
class PromptArgument:
    """What a person fills in; `default` stands in the text when an optional one is left out."""

    name: str
    description: str
    required: bool = True
    default: str = ""


class BadPromptArguments(ValueError):
    """An argument is missing, unknown or too long; the message names it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompt:
    """A guided piece of work. `text` names arguments in braces and tools in backticks."""

    name: str
    title: str
    description: str
    text: str
    arguments: tuple[PromptArgument, ...] = ()

    @property
    def tools(self) -> frozenset[str]:
        """Names in backticks that have the shape of a tool name."""
        return frozenset(_TOOL_NAME.findall(self.text))

    def render(self, given: Mapping[str, str]) -> str:
        """Fill the text in.

        Raises:
            BadPromptArguments: see there.
        """
        values = {argument.name: given.get(argument.name, argument.default) for argument in self.arguments}
        self._check(given)
        return self.text.format_map(values)

    def _check(self, given: Mapping[str, str]) -> None:
        names = {argument.name for argument in self.arguments}
        if unknown := sorted(set(given) - names):
            raise BadPromptArguments(f"Prompt {self.name} has no argument {unknown[0]!r}.")
        for argument in self.arguments:
            value = given.get(argument.name, "")
            if argument.required and not value.strip():
                raise BadPromptArguments(f"Prompt {self.name} needs the argument {argument.name!r}.")
            if len(value) > _MOST_CHARACTERS:
                raise BadPromptArguments(f"{argument.name} is longer than {_MOST_CHARACTERS} characters.")
