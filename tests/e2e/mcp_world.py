"""The MCP server over a world, with the admin as whoever asks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from world import World

from routeros_mcp.cli.serve import options_of
from routeros_mcp.domain.models import Principal
from routeros_mcp.mcp.server import FleetServer, build_server
from routeros_mcp.toolkit.pipeline import Pipeline


@dataclass(slots=True)
class WorldBackend:
    """The pipeline of a world, with the admin as whoever asks."""

    place: World

    async def pipeline(self) -> Pipeline:
        return self.place.app.pipeline

    async def next_mark(self, principal: Principal, kind: str, key: str, known: str | None) -> str | None:
        return await self.place.app.services.watches.next_mark(principal, kind, key, known)

    def warm(self) -> None:
        """Nothing is left to import."""

    def principal(self, claims: Mapping[str, Any] | None) -> Principal:
        return self.place.admin


def server(w: World, *toolsets: str) -> FleetServer:
    chosen = {"toolsets": toolsets} if toolsets else {}
    settings = w.settings.model_copy(update=chosen)
    return build_server(WorldBackend(w), options=options_of(settings))
