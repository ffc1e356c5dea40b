"""Tells clients that a job or plan has changed, by the ways of both protocol eras."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any

import anyio
from mcp import MCPError
from mcp.server.context import CallNext, HandlerResult, ServerRequestContext
from mcp.shared.subscriptions import SUBSCRIPTION_ID_META_KEY, ResourceUpdated, event_to_notification
from mcp.types import (
    INVALID_PARAMS,
    EmptyResult,
    SubscribeRequestParams,
    UnsubscribeRequestParams,
)

from routeros_mcp.domain.models import Principal
from routeros_mcp.mcp.caller import Caller
from routeros_mcp.mcp.resource_desk import Reading

_KINDS = {"job_get": ("job", "job_id"), "plan_get": ("plan", "plan_id")}
"""What is watched, by the tool behind its resource, and the argument that names it."""
_MOST_WATCHED = 50
_GONE = (MCPError, anyio.ClosedResourceError, anyio.BrokenResourceError)

AnyRequest = ServerRequestContext[Any, Any]
Send = Callable[[], Awaitable[None]]


class Watchers:
    """The tasks that look; they end with the server at the latest."""

    def __init__(self, group: asyncio.TaskGroup) -> None:
        self._group = group
        self._tasks: set[asyncio.Task[None]] = set()

    def start(self, looking: Callable[[], Any]) -> asyncio.Task[None]:
        task: asyncio.Task[None] = self._group.create_task(looking())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    def stop(self) -> None:
        for task in list(self._tasks):
            task.cancel()


class Watching:
    """Middleware for the newer protocol, handlers for the older one; callers hear of what they may see."""

    def __init__(
        self, caller: Caller, find: Callable[[str], Reading | None], principal: Callable[[], Principal]
    ) -> None:
        self._caller = caller
        self._find = find
        self._principal = principal

    @asynccontextmanager
    async def running(self, server: object) -> AsyncIterator[Watchers]:
        """The server's lifespan."""
        del server
        group = asyncio.TaskGroup()
        await group.__aenter__()
        watchers = Watchers(group)
        try:
            yield watchers
        finally:
            watchers.stop()
            # without the body's exception: it must not come out in a group
            await group.__aexit__(None, None, None)

    async def __call__(self, ctx: AnyRequest, call_next: CallNext) -> HandlerResult:
        if ctx.method != "subscriptions/listen":
            return await call_next(ctx)
        tasks = [self._watch(ctx, uri, self._sender(ctx, uri)) for uri in _wanted(ctx)]
        try:
            return await call_next(ctx)
        finally:
            for task in filter(None, tasks):
                task.cancel()

    async def subscribe(self, ctx: AnyRequest, params: SubscribeRequestParams) -> EmptyResult:
        """Tell this connection of changes until it unsubscribes or ends."""
        held = _subscriptions_of(ctx)
        if params.uri not in held and len(held) >= _MOST_WATCHED:
            raise MCPError(INVALID_PARAMS, f"No more than {_MOST_WATCHED} resources are watched at once.")
        task = (
            None if params.uri in held else self._watch(ctx, params.uri, self._older_sender(ctx, params.uri))
        )
        if task is not None:
            held[params.uri] = task
            vars(ctx.session)["_connection"].exit_stack.callback(task.cancel)
        return EmptyResult()

    async def unsubscribe(self, ctx: AnyRequest, params: UnsubscribeRequestParams) -> EmptyResult:
        task = _subscriptions_of(ctx).pop(params.uri, None)
        if task is not None:
            task.cancel()
        return EmptyResult()

    def _watch(self, ctx: AnyRequest, uri: str, send: Send) -> asyncio.Task[None] | None:
        """Nothing for what is no job and no plan: other resources never tell."""
        reading = self._find(uri)
        if reading is None or reading.tool not in _KINDS:
            return None
        kind, name = _KINDS[reading.tool]
        key, principal = str(reading.arguments[name]), self._principal()
        watchers: Watchers = ctx.lifespan_context
        return watchers.start(lambda: self._look(principal, (kind, key), send))

    async def _look(self, principal: Principal, what: tuple[str, str], send: Send) -> None:
        mark = await self._caller.next_mark(principal, *what, None)
        while mark is not None:
            mark = await self._caller.next_mark(principal, *what, mark)
            if mark is not None:
                try:
                    await send()
                except _GONE:
                    return

    def _sender(self, ctx: AnyRequest, uri: str) -> Send:
        async def send() -> None:
            meta = {SUBSCRIPTION_ID_META_KEY: ctx.request_id}
            told = event_to_notification(ResourceUpdated(uri=uri), meta)
            await ctx.session.send_notification(told, related_request_id=ctx.request_id)

        return send

    def _older_sender(self, ctx: AnyRequest, uri: str) -> Send:
        async def send() -> None:
            await ctx.session.send_resource_updated(uri)

        return send


def _wanted(ctx: AnyRequest) -> Sequence[str]:
    asked = (ctx.params or {}).get("notifications")
    uris = asked.get("resourceSubscriptions") if isinstance(asked, dict) else None
    if not isinstance(uris, list):
        return ()
    if len(uris) > _MOST_WATCHED:
        raise MCPError(INVALID_PARAMS, f"No more than {_MOST_WATCHED} resources are watched at once.")
    return [uri for uri in dict.fromkeys(uris) if isinstance(uri, str)]


def _subscriptions_of(ctx: AnyRequest) -> dict[str, asyncio.Task[None]]:
    """What the connection has subscribed to; the SDK keeps the connection to itself."""
    held: dict[str, asyncio.Task[None]] = vars(ctx.session)["_connection"].state.setdefault("watched", {})
    return held
