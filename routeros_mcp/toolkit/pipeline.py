"""The one way a tool runs, whichever front end asked. The order is the security model: keep it readable."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from routeros_mcp.domain.access import decide
from routeros_mcp.domain.errors import DeadlineExceeded, Forbidden, NotFound, RouterosMcpError
from routeros_mcp.domain.models import AuditResult, DeviceDomain, Effect, Environment, Principal
from routeros_mcp.domain.ports import Ids, ReportProgress
from routeros_mcp.domain.services import Services
from routeros_mcp.toolkit.limits import RateLimiter
from routeros_mcp.toolkit.parsing import parse
from routeros_mcp.toolkit.record import CallRecord
from routeros_mcp.toolkit.spec import (
    AnyTool,
    Call,
    DeviceParams,
    DevicesParams,
    OptionalDeviceParams,
    Params,
    Result,
    Toolset,
    no_progress,
)

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Success:
    """The tool's result and the id under which the call is audited."""

    result: Result
    request_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """An error as the caller sees it; `data` holds figures for machines."""

    code: str
    message: str
    fix: str
    retryable: bool
    request_id: str
    data: Mapping[str, object]


class Pipeline:
    """Parses, resolves, decides, limits, records, runs, maps and records again."""

    def __init__(
        self,
        toolsets: Iterable[Toolset],
        services: Services,
        *,
        environment: Environment,
        limiter: RateLimiter,
        ids: Ids,
    ) -> None:
        listed = [tool for toolset in toolsets for tool in toolset.tools]
        self.tools: Mapping[str, AnyTool] = {tool.name: tool for tool in listed}
        if len(self.tools) != len(listed):
            raise ValueError("two tools share a name")
        self._services = services
        self._environment = environment
        self._limiter = limiter
        self._ids = ids

    async def call(
        self,
        principal: Principal,
        name: str,
        arguments: Mapping[str, Any],
        *,
        progress: ReportProgress = no_progress,
    ) -> Success | Failure:
        """Run one tool; an expected failure is answered, never raised, and every call is audited."""
        record = CallRecord(
            principal=principal, tool_name=name, arguments=arguments, request_id=self._ids.new()
        )
        try:
            result = await self._run(record, progress)
            await self._services.audit.record(record.entry(AuditResult.SUCCESS))
        except RouterosMcpError as error:
            return await self._refuse(record, error)
        except asyncio.CancelledError:
            await asyncio.shield(self._refuse(record, _hung_up()))
            raise
        except Exception:
            log.exception("tool_failed", extra={"tool": name, "request_id": record.request_id})
            return await self._refuse(record, _bug(record.request_id))
        return Success(result=result, request_id=record.request_id)

    async def _run(self, record: CallRecord, progress: ReportProgress) -> Result:
        tool = record.tool = self._tool(record.tool_name)
        params = parse(tool, record.arguments)
        record.devices = await self._resolve(record.principal, params)
        self._decide(record)
        self._limiter.take(record.principal.subject, tool.effect)
        if tool.effect is Effect.CHANGE:
            await self._services.audit.record(record.entry(AuditResult.ATTEMPT))
        call = Call(
            principal=record.principal,
            services=self._services,
            request_id=record.request_id,
            devices=record.devices,
            progress=progress,
        )
        return await _within_deadline(tool, call, params)

    def _tool(self, name: str) -> AnyTool:
        try:
            return self.tools[name]
        except KeyError:
            raise NotFound(f"There is no tool named {name!r}.", fix="Ask tools/list for the names.") from None

    async def _resolve(self, principal: Principal, params: Params) -> tuple[DeviceDomain, ...]:
        match params:
            case DeviceParams():
                return (await self._services.devices.find(principal, params.device),)
            case OptionalDeviceParams(device=str(word)):
                return (await self._services.devices.find(principal, word),)
            case DevicesParams():
                return tuple(await self._services.devices.resolve(principal, params.devices))
            case _:
                return ()

    def _decide(self, record: CallRecord) -> None:
        for device in record.devices or (None,):
            decision = decide(record.principal, record.declared, device, self._environment)
            if decision.refusal is not None:
                raise decision.refusal

    async def _refuse(self, record: CallRecord, error: RouterosMcpError) -> Failure:
        denied = isinstance(error, Forbidden)
        entry = record.entry(AuditResult.FAILURE, error=error)
        try:
            await self._services.audit.record(replace(entry, action="AUTHZ_DENIED") if denied else entry)
        except Exception:
            log.exception("audit_failed", extra={"tool": record.tool_name, "request_id": record.request_id})
        return Failure(
            code=error.code,
            message=error.message,
            fix=error.fix,
            retryable=error.retryable,
            request_id=record.request_id,
            data=dict(error.data),
        )


async def _within_deadline(tool: AnyTool, call: Call, params: Params) -> Result:
    try:
        async with asyncio.timeout(tool.timeout_s):
            return await tool.run(call, params)
    except TimeoutError as error:
        message = f"{tool.name} took longer than {tool.timeout_s:g} s."
        raise DeadlineExceeded(message, fix="Ask for fewer devices or fewer rows.") from error


def _hung_up() -> RouterosMcpError:
    return DeadlineExceeded("The caller hung up.", fix="A job that was started goes on: see job_list.")


def _bug(request_id: str) -> RouterosMcpError:
    return RouterosMcpError(
        "The server hit a bug; it was logged.", fix=f"Report it with the request id {request_id}."
    )
