"""The MCP server: our tools, resources and prompts on the SDK's server, each seen by whom it concerns."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Any

import mcp.server.mcpserver.server as sdk
from mcp import MCPError
from mcp.server import MCPServer
from mcp.server.auth.middleware.auth_context import get_access_token
from mcp.server.caching import CacheHint
from mcp.server.context import ServerRequestContext
from mcp.server.lowlevel.helper_types import ReadResourceContents
from mcp.server.lowlevel.server import Server
from mcp.server.mcpserver import Context
from mcp.server.mcpserver.tools import Tool as SdkTool
from mcp.types import (
    INVALID_PARAMS,
    CallToolResult,
    CompleteRequestParams,
    CompleteResult,
    GetPromptResult,
    InputRequiredResult,
    Prompt,
    Resource,
    ResourceTemplate,
    SubscribeRequestParams,
    Tool,
    UnsubscribeRequestParams,
)

from routeros_mcp import __version__
from routeros_mcp.domain.models import Principal, Scope
from routeros_mcp.mcp.backend import Backend
from routeros_mcp.mcp.caller import Caller, Progress, nobody
from routeros_mcp.mcp.catalog import Catalog
from routeros_mcp.mcp.completion import Completions
from routeros_mcp.mcp.lists import ListMemory
from routeros_mcp.mcp.outcomes import tool_result
from routeros_mcp.mcp.prompt_book import PromptBook
from routeros_mcp.mcp.resource_desk import Reading, ResourceDesk
from routeros_mcp.mcp.watching import Watching
from routeros_mcp.surface.instructions import INSTRUCTIONS
from routeros_mcp.surface.prompts import PROMPTS
from routeros_mcp.surface.resources import RESOURCES

_WARM_AFTER_S = 0.05
"""Long enough for the list to be written: warming up imports, and imports hold the event loop."""

_PRIVATE = CacheHint(ttl_ms=60_000, scope="private")
_PUBLIC = CacheHint(ttl_ms=60_000, scope="public")

AnyContext = Context[Any, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerOptions:
    """What an operator chooses at the start; `read_only` beats everything.

    `toolsets` holds names, `default` for all but those on request, or `all`; None offers all.
    """

    name: str = "routeros-mcp"
    version: str = __version__
    instructions: str = INSTRUCTIONS
    toolsets: AbstractSet[str] | None = None
    read_only: bool = False


class FleetServer(MCPServer[Any]):
    """Answers by overriding the SDK server's public methods.

    So the SDK still validates requests, shapes each protocol version's envelope, traces, cancels and carries
    progress, which a middleware that answers calls by itself would lose. What is registered with the SDK in
    the usual way (the conformance fixtures) is served beside ours.
    """

    def __init__(
        self,
        backend: Backend,
        catalog: Catalog,
        options: ServerOptions,
        *,
        extra_tools: Sequence[SdkTool] = (),
    ) -> None:
        self._caller = Caller(backend)
        self._desk = ResourceDesk(RESOURCES, self._caller)
        watching = Watching(self._caller, self._reading, self._principal)
        super().__init__(
            options.name,
            title="RouterOS fleet",
            version=options.version,
            instructions=options.instructions,
            tools=list(extra_tools),
            cache_hints={
                "server/discover": _PUBLIC,
                "tools/list": _PRIVATE,
                "prompts/list": _PRIVATE,
                "resources/list": _PRIVATE,
                "resources/templates/list": _PRIVATE,
            },
            lifespan=watching.running,
            middleware=[ListMemory(self._scopes, self._warm_once), watching],
        )
        self._backend = backend
        self._catalog = catalog
        self._warmed = False
        self._book = PromptBook(PROMPTS)
        self._completions = Completions(self._caller)
        handles = self.lowlevel.add_request_handler
        handles("completion/complete", CompleteRequestParams, self._complete)
        handles("resources/subscribe", SubscribeRequestParams, watching.subscribe)
        handles("resources/unsubscribe", UnsubscribeRequestParams, watching.unsubscribe)

    @property
    def lowlevel(self) -> Server[Any]:
        """The SDK's server underneath, which transports drive."""
        return self._lowlevel_server

    async def list_tools(self) -> list[Tool]:
        ours = [Tool.model_validate(tool.wire) for tool in self._visible().tools.values()]
        return ours + await super().list_tools()

    async def call_tool(
        self, name: str, arguments: dict[str, Any], context: AnyContext | None = None
    ) -> CallToolResult | InputRequiredResult:
        principal = self._principal()
        if name in self._catalog.within(principal.scopes).tools:
            progress = nobody if context is None else Progress(context)
            return tool_result(await self._caller.call(principal, name, arguments, progress))
        if name not in {tool.name for tool in await super().list_tools()}:
            raise MCPError(INVALID_PARAMS, f"Unknown tool: {name}")
        return await super().call_tool(name, arguments, context)

    async def list_resources(self) -> list[Resource]:
        return self._desk.listed(self._visible()) + await super().list_resources()

    async def list_resource_templates(self) -> list[ResourceTemplate]:
        return self._desk.templates(self._visible()) + await super().list_resource_templates()

    async def read_resource(
        self, uri: Any, context: AnyContext | None = None
    ) -> Iterable[ReadResourceContents] | InputRequiredResult:
        reading = self._reading(str(uri))
        if reading is None:
            return await super().read_resource(uri, context)
        return await self._desk.read(reading, self._principal())

    async def list_prompts(self) -> list[Prompt]:
        return self._book.listed(self._visible()) + await super().list_prompts()

    async def get_prompt(
        self, name: str, arguments: dict[str, Any] | None = None, context: AnyContext | None = None
    ) -> GetPromptResult | InputRequiredResult:
        if self._book.has(name, self._visible()):
            return self._book.get(name, arguments or {})
        if name not in {prompt.name for prompt in await super().list_prompts()}:
            raise MCPError(INVALID_PARAMS, f"Unknown prompt: {name}")
        return await super().get_prompt(name, arguments, context)

    async def _complete(
        self, ctx: ServerRequestContext[Any, Any], params: CompleteRequestParams
    ) -> CompleteResult:
        del ctx
        argument = params.argument
        completion = await self._completions.complete(
            argument.name, argument.value, self._principal(), self._visible()
        )
        return CompleteResult(completion=completion)

    def _reading(self, uri: str) -> Reading | None:
        return self._desk.find(uri, self._visible())

    def _principal(self) -> Principal:
        token = get_access_token()
        return self._backend.principal(None if token is None else token.claims)

    def _scopes(self) -> frozenset[Scope]:
        return self._principal().scopes

    def _visible(self) -> Catalog:
        return self._catalog.within(self._scopes())

    def _warm_once(self) -> None:
        if not self._warmed:
            self._warmed = True
            asyncio.get_running_loop().call_later(_WARM_AFTER_S, self._backend.warm)


def build_server(
    backend: Backend,
    *,
    options: ServerOptions | None = None,
    catalog: Catalog | None = None,
    extra_tools: Sequence[SdkTool] = (),
) -> FleetServer:
    """Build the server; nothing is opened and no tool is imported.

    `catalog` stands in for toolspec.json; `extra_tools` are the SDK's own kind, served beside ours.

    Raises:
        SetupError: `options` name a toolset that does not exist.
    """
    options = options or ServerOptions()
    whole = catalog or Catalog.shipped()
    offered = whole.offering(options.toolsets, read_only=options.read_only)
    _keep_the_logging_as_it_is()
    return FleetServer(backend, offered, options, extra_tools=extra_tools)


def _keep_the_logging_as_it_is() -> None:
    """Stop the SDK from setting up logging, and from importing rich for it: that is the program's part."""

    def leave(level: object = None) -> None:
        del level

    vars(sdk)["configure_logging"] = leave
