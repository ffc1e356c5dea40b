"""How a tool is declared: parameters, result, tier, handler. Nothing here knows MCP or SQL."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar, cast, get_type_hints

from pydantic import BaseModel, ConfigDict, Field

from routeros_mcp.domain.models import DeviceDomain, Effect, Principal, Scope, Tier
from routeros_mcp.domain.ports import ReportProgress
from routeros_mcp.domain.services import Services


class Params(BaseModel):
    """Base of tool parameters: unknown names are refused, never ignored."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class DeviceParams(Params):
    """For tools on one device: the pipeline resolves it within the caller's sight and judges it."""

    device: str = Field(min_length=1, max_length=255)
    """Device name or id, from device_list."""


class OptionalDeviceParams(Params):
    """For tools that a device may be named to: as `DeviceParams` when there is one."""

    device: str | None = Field(default=None, min_length=1, max_length=255)
    """Device name or id: the answer is for its version."""


class DevicesParams(Params):
    """For tools on many devices: the pipeline resolves the selector and judges each device."""

    devices: list[str] = Field(min_length=1, max_length=500)
    """Which devices: names, ids, `tag:site=ams`, `env:lab`, `status:degraded`, or `all`."""


class Result(BaseModel):
    """Base of tool results: an object, with one line for a person in front."""

    model_config = ConfigDict(frozen=True, from_attributes=True, use_attribute_docstrings=True)

    def headline(self) -> str:
        """One line that says what the answer is."""
        return "done"

    def payload(self) -> dict[str, Any]:
        """The answer as plain JSON data: the headline as `summary`, then the fields that hold something."""
        return {"summary": self.headline(), **self.model_dump(mode="json", exclude_none=True)}


async def no_progress(done: int, total: int, message: str) -> None:
    """Report to nobody."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One invocation: who asks, about which devices, and the services to answer with."""

    principal: Principal
    services: Services
    request_id: str
    devices: tuple[DeviceDomain, ...] = ()
    progress: ReportProgress = no_progress

    @property
    def device(self) -> DeviceDomain:
        """The one device of a tool that takes one."""
        (device,) = self.devices
        return device


P = TypeVar("P", bound=Params)
R = TypeVar("R", bound=Result)
Handler = Callable[[Call, P], Awaitable[R]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tool(Generic[P, R]):
    """A tool as a value. The description is its docstring: what the model reads."""

    name: str
    title: str
    description: str
    tier: Tier
    scope: Scope
    effect: Effect
    idempotent: bool
    timeout_s: float
    params: type[P]
    result: type[R]
    run: Handler[P, R]


AnyTool = Tool[Params, Result]


@dataclass(frozen=True, slots=True, kw_only=True)
class Traits:
    """What the policy and the hints need to know of a tool; one value per kind of tool keeps them honest."""

    tier: Tier = Tier.FUNDAMENTAL
    scope: Scope = Scope.READ
    effect: Effect = Effect.READ
    idempotent: bool = True


READS = Traits()
RECORDS = Traits(effect=Effect.RECORD, idempotent=False)


@dataclass(slots=True)
class Toolset:
    """A named group of tools, all that a module of `tools/` exports.

    The tools of a `terminal_only` set are never offered over MCP: what they do must not pass through a model.
    Those of a set `on_request` are offered only where the operator names the set: lists cost room.
    """

    name: str
    description: str
    terminal_only: bool = False
    on_request: bool = False
    tools: list[AnyTool] = field(default_factory=list)

    def tool(
        self,
        title: str,
        traits: Traits = READS,
        *,
        timeout_s: float = 30.0,
    ) -> Callable[[Handler[P, R]], Handler[P, R]]:
        """Declare the decorated handler as a tool named like it."""

        def register(handler: Handler[P, R]) -> Handler[P, R]:
            hints = get_type_hints(handler)
            declared = Tool(
                name=handler.__name__,
                title=title,
                description=_description(handler),
                tier=traits.tier,
                scope=traits.scope,
                effect=traits.effect,
                idempotent=traits.idempotent,
                timeout_s=timeout_s,
                params=cast("type[Params]", hints["params"]),
                result=cast("type[Result]", hints["return"]),
                run=cast("Handler[Params, Result]", handler),
            )
            self.tools.append(declared)
            return handler

        return register


def _description(handler: Callable[..., object]) -> str:
    if not handler.__doc__:
        raise TypeError(f"{handler.__name__} needs a docstring: it is what the model reads")
    return " ".join(handler.__doc__.split())
