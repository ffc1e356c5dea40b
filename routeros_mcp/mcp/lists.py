"""Answers repeated lists from memory; the first answer of each kind is the SDK's own, so both are equal."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from mcp import MCPError
from mcp.server.context import CallNext, HandlerResult, ServerRequestContext
from mcp.types import INVALID_PARAMS

from routeros_mcp.domain.models import Scope

_PAGED = frozenset({"tools/list", "prompts/list", "resources/list", "resources/templates/list"})


class ListMemory:
    """Middleware that keeps tools/list per protocol version and set of scopes.

    Building and checking the models of thirty tools costs milliseconds each time, and the answer depends on
    nothing else. Keeping what the SDK made beats writing the envelope of each version by hand.
    """

    def __init__(self, scopes: Callable[[], frozenset[Scope]], on_listed: Callable[[], None]) -> None:
        self._scopes = scopes
        self._on_listed = on_listed
        self._kept: dict[tuple[str, frozenset[Scope]], HandlerResult] = {}

    async def __call__(self, ctx: ServerRequestContext[Any, Any], call_next: CallNext) -> HandlerResult:
        if ctx.method in _PAGED and ctx.params and ctx.params.get("cursor") is not None:
            raise MCPError(INVALID_PARAMS, "Invalid cursor: every list is one page.")
        if ctx.method != "tools/list":
            return await call_next(ctx)
        key = (ctx.protocol_version, self._scopes())
        if key not in self._kept:
            self._kept[key] = await call_next(ctx)
        self._on_listed()
        return self._kept[key]
