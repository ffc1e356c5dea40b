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
class _Source:
    """Where values come from: the rows of a list tool's answer, and the fields of a row that may be typed."""

    tool: str
    rows: str
    fields: tuple[str, ...]


_SOURCES: Mapping[str, _Source] = {
    "device": _Source("device_list", "devices", ("name", "id")),
    "devices": _Source("device_list", "devices", ("name",)),
    "plan_id": _Source("plan_list", "plans", ("id",)),
    "job_id": _Source("job_list", "jobs", ("id",)),
    "snapshot_id": _Source("snapshot_list", "snapshots", ("id",)),
}


class Completions:
    """A failing list completes to nothing: a half-typed word is no place for errors."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    async def complete(self, argument: str, typed: str, principal: Principal, visible: Catalog) -> Completion:
        source = _SOURCES.get(argument)
        if source is None or source.tool not in visible.tools:
            return NOTHING
        outcome = await self._caller.call(principal, source.tool, {})
        if isinstance(outcome, Refusal):
            return NOTHING
        found = list(dict.fromkeys(_matching(outcome.result.payload(), source, typed)))
        return Completion(values=found[:_MOST], total=len(found), has_more=len(found) > _MOST)


def _matching(payload: Mapping[str, Any], source: _Source, typed: str) -> Iterator[str]:
    wanted = typed.casefold()
    for field in source.fields:
        for row in payload.get(source.rows, ()):
            value = row.get(field)
            if isinstance(value, str) and value.casefold().startswith(wanted):
                yield value
