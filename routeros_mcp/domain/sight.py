"""Keeps from a caller what concerns devices out of their sight."""

from __future__ import annotations

from dataclasses import replace
from typing import Protocol, TypeVar

from routeros_mcp.domain.models import Principal, Selector
from routeros_mcp.domain.pagination import Page
from routeros_mcp.domain.ports import Transaction


class Concerning(Protocol):
    """Something that concerns devices."""

    @property
    def device_ids(self) -> tuple[str, ...]: ...


C = TypeVar("C", bound=Concerning)


async def only_visible(tx: Transaction, principal: Principal, page: Page[C]) -> Page[C]:
    """The page without what concerns a device out of sight; a page may come out shorter than asked."""
    if principal.devices.sees_all:
        return page
    concerned = frozenset(device_id for item in page.items for device_id in item.device_ids)
    wanted = Selector(names=concerned)
    seen = {d.id for d in await tx.devices.select(wanted, principal.devices, limit=len(concerned) or 1)}
    return replace(page, items=tuple(item for item in page.items if seen.issuperset(item.device_ids)))
