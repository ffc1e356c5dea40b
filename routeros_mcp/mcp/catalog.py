"""What tools there are, as read from toolspec.json, and which of them one caller may see."""

from __future__ import annotations

import json
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from routeros_mcp.domain.errors import SetupError
from routeros_mcp.domain.models import Effect

ALL = "all"
DEFAULT = "default"
"""Words that stand for toolsets: every one, and every one that does not wait to be asked for."""

_PATH = Path(__file__).with_name("toolspec.json")


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolSpec:
    """One tool: `wire` is what tools/list shows, the rest decides who sees it."""

    toolset: str
    tier: str
    scope: str
    effect: str
    wire: Mapping[str, Any]
    on_request: bool = False

    @property
    def name(self) -> str:
        name: str = self.wire["name"]
        return name


@dataclass(frozen=True, slots=True)
class Catalog:
    """Tools by name, in the order of the list."""

    tools: Mapping[str, ToolSpec]

    @classmethod
    def parse(cls, text: str) -> Self:
        entries = [ToolSpec(**entry) for entry in json.loads(text)["tools"]]
        return cls({entry.name: entry for entry in entries})

    @classmethod
    def shipped(cls) -> Self:
        return cls.parse(_PATH.read_text(encoding="utf-8"))

    def offering(self, toolsets: AbstractSet[str] | None, *, read_only: bool) -> Catalog:
        """Keep these toolsets (None: all), `all` and `default` among their names.

        `read_only` wins over everything: only reads remain.

        Raises:
            SetupError: there is no such toolset.
        """
        known = {tool.toolset for tool in self.tools.values()}
        wanted = set(known if toolsets is None or ALL in toolsets else toolsets)
        if DEFAULT in wanted:
            wanted.remove(DEFAULT)
            wanted |= {tool.toolset for tool in self.tools.values() if not tool.on_request}
        if unknown := sorted(wanted - known):
            fix = f"Toolsets are: {', '.join(sorted(known))}; {DEFAULT}, {ALL}."
            raise SetupError(f"There is no toolset {unknown[0]!r}.", fix=fix)
        return self._where(
            {
                name
                for name, tool in self.tools.items()
                if tool.toolset in wanted and (tool.effect == Effect.READ or not read_only)
            }
        )

    def within(self, scopes: AbstractSet[str]) -> Catalog:
        """Keep what a caller with these scopes may call."""
        return self._where({name for name, tool in self.tools.items() if tool.scope in scopes})

    def _where(self, names: AbstractSet[str]) -> Catalog:
        return Catalog({name: tool for name, tool in self.tools.items() if name in names})
