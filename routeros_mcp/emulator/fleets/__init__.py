"""Fleets of 1 to 10,000 routers that look as if people had run them for years."""

from routeros_mcp.emulator.fleets.making import KINDS, branch_fleet, make_fleet

__all__ = ["KINDS", "branch_fleet", "make_fleet"]
