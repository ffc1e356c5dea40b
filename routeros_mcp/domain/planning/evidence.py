"""What a router's rows say about a plan whose outcome is open: as before, as planned, or neither."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from routeros_mcp.domain.models import Change, ChangeOp, StepState
from routeros_mcp.domain.models.plan import Row
from routeros_mcp.domain.planning.commands import spec_of
from routeros_mcp.domain.planning.footprint import Footprint, Image, is_invisible
from routeros_mcp.domain.planning.rows import Schema, describe_key

RESOLVED_AS = (StepState.CONFIRMED, StepState.NOT_APPLIED, StepState.ROLLED_BACK, StepState.ABANDONED)
"""What a person may say that became of a device; abandoned says nothing of its rows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """In words: how the rows differ from before the plan, and what of the plan they do not show.

    `hidden` names what no row can show, `armed` a dead-man switch of the plan that may still act, `unread`
    why nothing could be read.
    """

    from_before: tuple[str, ...] = ()
    from_planned: tuple[str, ...] = ()
    hidden: tuple[str, ...] = ()
    armed: tuple[str, ...] = ()
    unread: str = ""

    def against(self, claim: StepState) -> tuple[str, ...]:
        """What speaks against the claim; nothing ever speaks against giving up."""
        if claim is StepState.ABANDONED:
            return ()
        if self.unread:
            return (self.unread,)
        rows = self.from_planned if claim is StepState.CONFIRMED else self.from_before
        return (*rows, *self.hidden, *self.armed)


def evidence_of(
    changes: Sequence[Change],
    images: Sequence[Image],
    tables: Mapping[str, Sequence[Row]],
    schema: Schema,
    entries: Sequence[str],
) -> Evidence:
    """Compare the rows with both sides; secrets opened, `entries` name the plan's on the scheduler."""
    hidden = [each for each in changes if is_invisible(each, tables[each.path], schema.get(each.path))]
    before, planned = Footprint.of(images, schema), Footprint.of(images, schema)
    for change in changes:
        if change.op is not ChangeOp.COMMAND:
            planned.apply(change)
    return Evidence(
        from_before=before.differences(tables),
        from_planned=planned.differences(tables),
        hidden=tuple(f"{_named(each, schema)}: the router does not show whether" for each in hidden),
        armed=tuple(f"its dead-man switch {name} is still there and may act" for name in entries),
    )


def _named(change: Change, schema: Schema) -> str:
    menu = schema.get(change.path)
    if spec := spec_of(change):
        return spec.path
    given = {name: value for name, value in (change.after or {}).items() if value is not None}
    key = describe_key(change.key or given, menu)
    return f"{change.op} {change.path} [{key}]"
