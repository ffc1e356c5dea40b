"""Checks of a router against what the client expects of it, and the report about them."""

from routeros_mcp.infra.routeros.conformance.catalogue import EXPECTATIONS
from routeros_mcp.infra.routeros.conformance.document import as_markdown, as_payload, summary
from routeros_mcp.infra.routeros.conformance.model import Expectation, Finding, Report, Verdict
from routeros_mcp.infra.routeros.conformance.proof import Listener, RouterProof
from routeros_mcp.infra.routeros.conformance.scratch import Scratch

__all__ = [
    "EXPECTATIONS",
    "Expectation",
    "Finding",
    "Listener",
    "Report",
    "RouterProof",
    "Scratch",
    "Verdict",
    "as_markdown",
    "as_payload",
    "summary",
]
