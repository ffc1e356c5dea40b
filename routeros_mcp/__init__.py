"""Operate fleets of MikroTik RouterOS routers through MCP."""

__version__ = "0.1.0"
