"""Serves the declared prompts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from mcp import MCPError
from mcp.types import INVALID_PARAMS, GetPromptResult, PromptMessage, TextContent
from mcp.types import Prompt as WirePrompt
from mcp.types import PromptArgument as WireArgument

from routeros_mcp.mcp.catalog import Catalog
from routeros_mcp.surface.spec import BadPromptArguments, Prompt


class PromptBook:
    """A prompt is in sight when all tools that it names are."""

    def __init__(self, prompts: Sequence[Prompt]) -> None:
        self._prompts = {prompt.name: prompt for prompt in prompts}

    def listed(self, visible: Catalog) -> list[WirePrompt]:
        return [_wire(prompt) for prompt in self._prompts.values() if _in_sight(prompt, visible)]

    def has(self, name: str, visible: Catalog) -> bool:
        return name in self._prompts and _in_sight(self._prompts[name], visible)

    def get(self, name: str, arguments: Mapping[str, str]) -> GetPromptResult:
        """Fill in one prompt.

        Raises:
            MCPError: invalid params, when an argument is missing or unknown.
        """
        prompt = self._prompts[name]
        try:
            text = prompt.render(arguments)
        except BadPromptArguments as error:
            raise MCPError(INVALID_PARAMS, str(error)) from None
        message = PromptMessage(role="user", content=TextContent(type="text", text=text))
        return GetPromptResult(description=prompt.description, messages=[message])


def _in_sight(prompt: Prompt, visible: Catalog) -> bool:
    return prompt.tools <= visible.tools.keys()


def _wire(prompt: Prompt) -> WirePrompt:
    return WirePrompt(
        name=prompt.name,
        title=prompt.title,
        description=prompt.description,
        arguments=[
            WireArgument(name=argument.name, description=argument.description, required=argument.required)
            for argument in prompt.arguments
        ],
    )
