"""The opened program for one command, with the person who typed it as the caller."""

from __future__ import annotations

import argparse
import asyncio
import getpass
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any, TypeVar

from routeros_mcp.app import App, open_app
from routeros_mcp.cli.errors import Refused
from routeros_mcp.cli.installation import settings_of
from routeros_mcp.cli.logs import configure_logging
from routeros_mcp.config import Settings
from routeros_mcp.domain.access import decide
from routeros_mcp.domain.audit_service import AuditEntry
from routeros_mcp.domain.errors import Forbidden, RouterosMcpError
from routeros_mcp.domain.models import (
    SCOPES_OF_ROLE,
    AuditResult,
    DeviceDomain,
    Effect,
    Environment,
    Principal,
    Role,
    Scope,
    Selector,
    Tier,
)
from routeros_mcp.infra.jobs.durable import Role as JobRole
from routeros_mcp.toolkit.pipeline import Failure

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Deed:
    """What only a person at a terminal does: no tool, but judged and recorded like one."""

    name: str
    arguments: Mapping[str, object]
    device: DeviceDomain | None = None
    tier: Tier = Tier.FUNDAMENTAL
    scope: Scope = Scope.ADMIN
    effect: Effect = Effect.RECORD


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """The program and who works at it."""

    app: App
    principal: Principal
    environment: Environment

    async def ask(
        self, tool: str, /, *, caller: Principal | None = None, **arguments: object
    ) -> dict[str, Any]:
        """The tool's answer as plain data; arguments that are None are left out.

        Raises:
            Refused: what the pipeline answered instead.
        """
        given = {name: value for name, value in arguments.items() if value is not None}
        outcome = await self.app.terminal.call(caller or self.principal, tool, given)
        if isinstance(outcome, Failure):
            raise Refused(outcome.code, outcome.message, fix=outcome.fix)
        return outcome.result.payload()

    async def do(self, deed: Deed, work: Callable[[], Awaitable[T]]) -> T:
        """Judge, do and record a deed; a refused or failed one is recorded too."""
        try:
            decision = decide(self.principal, deed, deed.device, self.environment)
            if decision.refusal is not None:
                raise decision.refusal
            done = await work()
        except RouterosMcpError as error:
            await self.app.services.audit.record(self._entry(deed, deed.device, error))
            raise
        device = done if isinstance(done, DeviceDomain) else deed.device
        await self.app.services.audit.record(self._entry(deed, device))
        return done

    async def intend(self, deed: Deed) -> None:
        """Record that a router is about to be written to: without the record it is not."""
        await self.app.services.audit.record(self._entry(deed, deed.device, result=AuditResult.ATTEMPT))

    def _entry(
        self,
        deed: Deed,
        device: DeviceDomain | None,
        error: RouterosMcpError | None = None,
        *,
        result: AuditResult = AuditResult.SUCCESS,
    ) -> AuditEntry:
        about = {"devices": [device.name], "device_ids": [device.id]} if device else {}
        return AuditEntry(
            principal=self.principal,
            action="AUTHZ_DENIED" if isinstance(error, Forbidden) else deed.effect.upper(),
            tool_name=deed.name,
            tool_tier=str(deed.tier),
            result=AuditResult.FAILURE if error else result,
            device_id=device.id if device else None,
            environment=str(device.environment) if device else None,
            metadata={"arguments": dict(deed.arguments), **about},
            error_message=f"{error.code}: {error.message}" if error else None,
        )


def at_desk(
    chosen: argparse.Namespace, work: Callable[[Desk], Awaitable[T]], *, may_be_restored: bool = False
) -> T:
    """Open the program, do the work, close it; ask nothing of a person meanwhile."""
    settings = settings_of(chosen)
    configure_logging(settings, quiet=True)
    return asyncio.run(_at_desk(settings, work, may_be_restored=may_be_restored))


async def _at_desk(settings: Settings, work: Callable[[Desk], Awaitable[T]], *, may_be_restored: bool) -> T:
    # What was restored is taken as it is first: no job of it is run meanwhile.
    role = JobRole.CLIENT if may_be_restored else JobRole.COMMAND
    async with AsyncExitStack() as stack:
        opening = open_app(settings, role=role, may_be_restored=may_be_restored)
        app = await stack.enter_async_context(opening)
        desk = Desk(app=app, principal=_caller(settings), environment=Environment(settings.environment))
        try:
            return await work(desk)
        except RouterosMcpError as error:
            # Raised once the program is closed: inside, a task group would wrap it.
            failure = error
    raise failure


def _caller(settings: Settings) -> Principal:
    return Principal(
        subject=f"local:{getpass.getuser()}",
        role=Role.ADMIN,
        scopes=SCOPES_OF_ROLE[Role.ADMIN],
        devices=Selector.parse(settings.device_scope),
    )
