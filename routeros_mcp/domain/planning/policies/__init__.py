"""What a plan needs before it may run: who approves it, when it may begin, how much it may touch."""

from routeros_mcp.domain.planning.policies.calendar import Freeze, Window, is_open, next_opening
from routeros_mcp.domain.planning.policies.model import (
    BUILT_IN,
    ApprovalPolicy,
    AtOnce,
    Caps,
    Demand,
    Match,
    PolicyRule,
)
from routeros_mcp.domain.planning.policies.persons import person_of
from routeros_mcp.domain.planning.policies.requirement import (
    PlanFacts,
    Requirement,
    excesses,
    raised_risk,
    required,
)

__all__ = [
    "BUILT_IN",
    "ApprovalPolicy",
    "AtOnce",
    "Caps",
    "Demand",
    "Freeze",
    "Match",
    "PlanFacts",
    "PolicyRule",
    "Requirement",
    "Window",
    "excesses",
    "is_open",
    "next_opening",
    "person_of",
    "raised_risk",
    "required",
]
