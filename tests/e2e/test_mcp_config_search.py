"""Configurations searched and compared by an MCP client, over emulated routers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mcp import Client
from world import World, world

from routeros_mcp.domain.models import Principal
from routeros_mcp.mcp.server import build_server
from routeros_mcp.toolkit.pipeline import Pipeline


@dataclass
class Desk:
    """Serves the program of a world."""

    place: World

    async def pipeline(self) -> Pipeline:
        return self.place.app.pipeline

    def warm(self) -> None: ...

    def principal(self, claims: Mapping[str, Any] | None) -> Principal:
        return self.place.admin


async def test_a_client_finds_a_line_in_the_fleet_and_sees_what_became_of_it() -> None:
    async with world(2) as w, Client(build_server(Desk(w))) as client:
        w.router(1).edit("/ip/dns", None, {"servers": "192.0.2.77"})
        await client.call_tool("snapshot_capture", {"devices": ["all"]})
        found = await client.call_tool("config_search", {"devices": ["all"], "words": "192.0.2.77"})
        assert found.structured_content is not None
        (match,) = found.structured_content["matches"]
        assert (match["section"], [one["device"] for one in match["found"]]) == ("/ip/dns", w.names[1:])
        assert "servers=192.0.2.77" in match["line"]
        w.router(1).edit("/ip/dns", None, {"servers": "192.0.2.78"})
        diff = await client.call_tool("config_diff", {"device": w.names[1]})
        assert diff.structured_content is not None
        assert diff.structured_content["objects"] == [
            {
                "menu": "/ip/dns",
                "key": "",
                "change": "changed",
                "properties": {"servers": ["192.0.2.77", "192.0.2.78"]},
            }
        ]
