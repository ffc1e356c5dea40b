"""Whether a router would still let its manager in after a change."""

from routeros_mcp.domain.planning.management.path import (
    Judgement,
    ManagementPath,
    Reach,
    discover,
)
from routeros_mcp.domain.planning.management.verdict import MENUS, judge, touches

__all__ = ["MENUS", "Judgement", "ManagementPath", "Reach", "discover", "judge", "touches"]
