"""Serves the declared resources: lists them, finds the one behind a URI, reads it through its tool."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from mcp.server.lowlevel.helper_types import ReadResourceContents
from mcp.server.mcpserver.exceptions import ResourceNotFoundError
from mcp.shared.uri_template import UriTemplate
from mcp.types import Resource as WireResource
from mcp.types import ResourceTemplate as WireTemplate

from routeros_mcp.domain.models import Principal
from routeros_mcp.mcp.caller import Caller
from routeros_mcp.mcp.catalog import Catalog
from routeros_mcp.mcp.outcomes import Refusal, compact, protocol_error
from routeros_mcp.surface.spec import Resource

_JSON = "application/json"
_NOT_THERE = frozenset({"not_found", "invalid_params"})


@dataclass(frozen=True, slots=True)
class Reading:
    """A URI, and the call that answers it."""

    uri: str
    tool: str
    arguments: Mapping[str, object]


class ResourceDesk:
    """A resource is in sight when its tool is; all others do not exist for the caller."""

    def __init__(self, resources: Sequence[Resource], caller: Caller) -> None:
        self._resources = resources
        self._caller = caller

    def listed(self, visible: Catalog) -> list[WireResource]:
        return [
            WireResource(
                uri=resource.uri_template,
                name=resource.name,
                title=resource.title,
                description=resource.description,
                mime_type=_JSON,
            )
            for resource in self._in_sight(visible)
            if not resource.is_template
        ]

    def templates(self, visible: Catalog) -> list[WireTemplate]:
        return [
            WireTemplate(
                uri_template=resource.uri_template,
                name=resource.name,
                title=resource.title,
                description=resource.description,
                mime_type=_JSON,
            )
            for resource in self._in_sight(visible)
            if resource.is_template
        ]

    def find(self, uri: str, visible: Catalog) -> Reading | None:
        for resource in self._in_sight(visible):
            found = self._parsed[resource.uri_template].match(uri)
            if found is not None:
                variables = {name: str(value) for name, value in found.items()}
                return Reading(uri, resource.tool, resource.call_arguments(variables))
        return None

    async def read(self, reading: Reading, principal: Principal) -> list[ReadResourceContents]:
        """Call the resource's tool and give its answer as JSON.

        Raises:
            ResourceNotFoundError: nothing there that the caller may know of.
            MCPError: the tool failed in another way.
        """
        outcome = await self._caller.call(principal, reading.tool, reading.arguments)
        if not isinstance(outcome, Refusal):
            return [ReadResourceContents(content=compact(outcome.payload), mime_type=_JSON)]
        if outcome.code in _NOT_THERE:
            raise ResourceNotFoundError(f"Unknown resource: {reading.uri}")
        raise protocol_error(outcome)

    def _in_sight(self, visible: Catalog) -> Iterator[Resource]:
        return (resource for resource in self._resources if resource.tool in visible.tools)

    @cached_property
    def _parsed(self) -> dict[str, UriTemplate]:
        return {each.uri_template: UriTemplate.parse(each.uri_template) for each in self._resources}
