"""RouterOS on real sockets, independent of the product: the oracle its tests and its lab talk to."""

from routeros_mcp.emulator.clock import Clock
from routeros_mcp.emulator.facts.provenance import Behaviour, Tag, fidelity, provenance
from routeros_mcp.emulator.fault_mix import Mix, mix_in
from routeros_mcp.emulator.fault_table import FAULTS, BadFault, FaultKind, Wanted, wanted
from routeros_mcp.emulator.faults import COMMANDS, READS, WRITES, Fault, Faults, Matcher
from routeros_mcp.emulator.fleet import Fleet
from routeros_mcp.emulator.fleets import KINDS, branch_fleet, make_fleet
from routeros_mcp.emulator.router import Router
from routeros_mcp.emulator.sockets.doorways import TooFewFiles
from routeros_mcp.emulator.spec import RouterSpec, User
from routeros_mcp.emulator.web.message import Request

__all__ = [
    "COMMANDS",
    "FAULTS",
    "KINDS",
    "READS",
    "WRITES",
    "BadFault",
    "Behaviour",
    "Clock",
    "Fault",
    "FaultKind",
    "Faults",
    "Fleet",
    "Matcher",
    "Mix",
    "Request",
    "Router",
    "RouterSpec",
    "Tag",
    "TooFewFiles",
    "User",
    "Wanted",
    "branch_fleet",
    "fidelity",
    "make_fleet",
    "mix_in",
    "provenance",
    "wanted",
]
