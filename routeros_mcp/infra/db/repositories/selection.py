"""Device selectors as SQL, so that a fleet is narrowed where it is stored."""

from __future__ import annotations

from sqlalchemy import ColumnElement, and_, exists, false, func, or_, true, type_coerce
from sqlalchemy.dialects.postgresql import JSONB

from routeros_mcp.domain.models import DeviceStatus, Selector
from routeros_mcp.infra.db.models import Device


def matches(selector: Selector, *, on_postgresql: bool) -> ColumnElement[bool]:
    """Tell what `Selector.matches` tells of a device."""
    named = _named(selector)
    if selector.has_filters:
        return or_(named, _filtered(selector, on_postgresql=on_postgresql))
    return true() if selector.every else named


def not_retired_unless_asked(wanted: Selector) -> ColumnElement[bool]:
    """Tell the devices in service, and retired ones that the caller names or whose status is asked for."""
    if DeviceStatus.DECOMMISSIONED in wanted.statuses:
        return true()
    return or_(Device.status != DeviceStatus.DECOMMISSIONED.value, _named(wanted))


def _named(selector: Selector) -> ColumnElement[bool]:
    if not selector.names:
        return false()
    names = sorted(selector.names)
    return or_(Device.id.in_(names), Device.name.in_(names))


def _filtered(selector: Selector, *, on_postgresql: bool) -> ColumnElement[bool]:
    conditions = [_tagged(key, values, on_postgresql=on_postgresql) for key, values in _by_key(selector)]
    if selector.environments:
        conditions.append(Device.environment.in_(sorted(selector.environments)))
    if selector.statuses:
        conditions.append(Device.status.in_(sorted(selector.statuses)))
    return and_(*conditions)


def _by_key(selector: Selector) -> list[tuple[str, list[str]]]:
    keys = sorted({key for key, _ in selector.tags})
    return [(key, sorted(value for held, value in selector.tags if held == key)) for key in keys]


def _tagged(key: str, values: list[str], *, on_postgresql: bool) -> ColumnElement[bool]:
    if on_postgresql:
        # Containment is what the GIN index answers.
        tags = type_coerce(Device.tags, JSONB)
        return or_(*(tags.contains({key: value}) for value in values))
    # Not a JSON path: a key may hold any character, quotes too.
    each = func.json_each(Device.tags).table_valued("key", "value")
    return exists().select_from(each).where(each.c.key == key, each.c.value.in_(values))
