"""Completes arguments of prompts and resources from the fleet that the caller can see."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from mcp.types import Completion

from routeros_mcp.domain.models import Principal
from routeros_mcp.mcp.caller import Caller
from routeros_mcp.mcp.catalog import Catalog
from routeros_mcp.mcp.outcomes import Refusal

_MOST = 100

NOTHING = Completion(values=[])


@dataclass(frozen=True, slots=True)
class Source:
    """Where values come from: a call of a list tool, its rows, and the fields of a row that may be typed."""

    tool: str
    rows: str
    fields: tuple[str, ...]
    arguments: Mapping[str, object]


SOURCES: Mapping[str, Source] = {
    "device": Source("device_list", "devices", ("name", "id"), {"limit": 500}),
    "devices": Source("device_list", "devices", ("name",), {"limit": 500}),
    "plan_id": Source("plan_list", "plans", ("plan_id",), {"limit": 200}),
    "job_id": Source("job_list", "jobs", ("job_id",), {"limit": 200}),
    "snapshot_id": Source("snapshot_list", "snapshots", ("snapshot_id",), {"devices": ["all"], "limit": 200}),
}


class Completions:
    """A failing list completes to nothing: a half-typed word is no place for errors."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    async def complete(self, argument: str, typed: str, principal: Principal, visible: Catalog) -> Completion:
        source = SOURCES.get(argument)
        if source is None or source.tool not in visible.tools:
            return NOTHING
        outcome = await self._caller.call(principal, source.tool, source.arguments)
        if isinstance(outcome, Refusal):
            return NOTHING
        found = list(dict.fromkeys(_matching(outcome.payload, source, typed)))
        return Completion(values=found[:_MOST], total=len(found), has_more=len(found) > _MOST)


def _matching(payload: Mapping[str, Any], source: Source, typed: str) -> Iterator[str]:
    wanted = typed.casefold()
    for field in source.fields:
        for row in payload.get(source.rows, ()):
            value = row.get(field)
            if isinstance(value, str) and value.casefold().startswith(wanted):
                yield value
