"""How outcomes of the pipeline look on the wire: results, tool errors, protocol errors."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mcp import MCPError
from mcp.types import CallToolResult, TextContent

from routeros_mcp.domain.errors import RouterosMcpError

if TYPE_CHECKING:
    from routeros_mcp.toolkit.pipeline import Failure

REQUEST_ID = "routeros-mcp/request_id"
ERROR = "routeros-mcp/error"

NOT_AVAILABLE = -31000
"""Our own JSON-RPC code for requests that have no place for a tool error; outside the reserved ranges."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a tool answered, as JSON data, and the id under which the call is audited."""

    payload: Mapping[str, Any]
    request_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """A failed call; `request_id` is empty when it never reached the pipeline."""

    code: str
    message: str
    fix: str
    retryable: bool
    request_id: str
    data: Mapping[str, object]

    @classmethod
    def of(cls, failure: RouterosMcpError | Failure, *, request_id: str = "") -> Refusal:
        return cls(
            code=failure.code,
            message=failure.message,
            fix=failure.fix,
            retryable=failure.retryable,
            request_id=request_id,
            data=dict(failure.data),
        )

    @property
    def text(self) -> str:
        return f"[{self.code}] {self.message} {self.fix}".strip()

    @property
    def details(self) -> dict[str, Any]:
        held = {
            "code": self.code,
            "retryable": self.retryable,
            "request_id": self.request_id,
            "data": self.data,
        }
        return {name: value for name, value in held.items() if value not in ("", {})}


def compact(payload: Mapping[str, Any]) -> str:
    return json.dumps(payload, separators=(",", ":"), ensure_ascii=False)


def tool_result(outcome: Answer | Refusal) -> CallToolResult:
    """Text and structure say the same; an error has no structure: it would not fit the output schema."""
    if isinstance(outcome, Refusal):
        text = TextContent(type="text", text=outcome.text)
        return CallToolResult(is_error=True, content=[text], _meta={ERROR: outcome.details})
    return CallToolResult(
        content=[TextContent(type="text", text=compact(outcome.payload))],
        structured_content=dict(outcome.payload),
        _meta={REQUEST_ID: outcome.request_id},
    )


def protocol_error(refusal: Refusal) -> MCPError:
    return MCPError(NOT_AVAILABLE, refusal.text, refusal.details)
