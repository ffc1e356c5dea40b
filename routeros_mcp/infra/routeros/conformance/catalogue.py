"""Everything that is expected of a router, in the order it is tried."""

from __future__ import annotations

from routeros_mcp.infra.routeros.conformance import (
    console,
    forms,
    ordering,
    queries,
    reading,
    scripts,
    transport,
    writing,
)
from routeros_mcp.infra.routeros.conformance.model import Expectation

EXPECTATIONS: tuple[Expectation, ...] = tuple(
    expectation
    for module in (transport, reading, queries, forms, scripts, console, writing, ordering)
    for expectation in module.CHAPTER.expectations
)
