"""Every tool there is. `TOOLSETS` is the only list: a tool that is not in it does not exist."""

from routeros_mcp.tools.approval import APPROVAL
from routeros_mcp.tools.audit import AUDIT
from routeros_mcp.tools.change import CHANGE
from routeros_mcp.tools.config import CONFIG
from routeros_mcp.tools.health import HEALTH
from routeros_mcp.tools.inventory import INVENTORY
from routeros_mcp.tools.jobs import JOBS
from routeros_mcp.tools.live import READ
from routeros_mcp.tools.resolving import RESOLVING
from routeros_mcp.tools.sweeping import SWEEPING
from routeros_mcp.tools.wireless import DIAGNOSE

TOOLSETS = (INVENTORY, READ, DIAGNOSE, HEALTH, CONFIG, CHANGE, JOBS, AUDIT, APPROVAL, RESOLVING, SWEEPING)

__all__ = ["TOOLSETS"]
