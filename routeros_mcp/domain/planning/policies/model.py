"""An approval policy: rules that a plan may fit, and what each demands of it. It can only tighten."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from routeros_mcp.domain.models import Environment, Risk
from routeros_mcp.domain.planning.policies.calendar import Freeze, Window


class AtOnce(StrEnum):
    """Where one low-risk change on one device needs no second person."""

    EVERYWHERE = "everywhere"
    LAB = "lab"
    NEVER = "never"

    @property
    def strictness(self) -> int:
        return list(AtOnce).index(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """Which plans a rule is for: all that is named has to hold, and for devices it is enough that one fits.

    `risk`, `devices` and `changes` are the least that fits; `paths` name menus with all below them.
    """

    environments: frozenset[Environment] = frozenset()
    tags: Mapping[str, frozenset[str]] = field(default_factory=dict)
    paths: tuple[str, ...] = ()
    risk: Risk | None = None
    devices: int = 0
    changes: int = 0
    irreversible: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Caps:
    """The most devices that one plan, one plan among those of one value of a tag, or one day may touch."""

    per_plan: int | None = None
    per_tag: Mapping[str, int] = field(default_factory=dict)
    per_day: int | None = None

    def __bool__(self) -> bool:
        return self.per_plan is not None or self.per_day is not None or bool(self.per_tag)


@dataclass(frozen=True, slots=True, kw_only=True)
class Demand:
    """What a rule asks for; what it leaves out stays as it was.

    `among` holds persons as `person_of` has them, `roles` names of roles; empty ones exclude nobody.
    """

    approvers: int | None = None
    among: frozenset[str] = frozenset()
    roles: frozenset[str] = frozenset()
    risk: Risk | None = None
    windows: tuple[Window, ...] = ()
    freezes: tuple[Freeze, ...] = ()
    caps: Caps = field(default_factory=Caps)

    @property
    def wants_approvers(self) -> bool:
        return self.approvers is not None or bool(self.among) or bool(self.roles)


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyRule:
    name: str
    match: Match
    demand: Demand


BUILT_IN_RULES = (
    PolicyRule(
        name="extreme risk",
        match=Match(risk=Risk.EXTREME),
        demand=Demand(approvers=2),
    ),
    PolicyRule(
        name="cannot be undone, in production",
        match=Match(environments=frozenset({Environment.PROD}), irreversible=True),
        demand=Demand(approvers=2),
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalPolicy:
    """The rules beside the built-in ones, which hold always. `digest` names exactly this policy."""

    rules: tuple[PolicyRule, ...] = ()
    at_once: AtOnce = AtOnce.EVERYWHERE
    digest: str = "built-in"
    source: str = "built in"

    @property
    def all_rules(self) -> tuple[PolicyRule, ...]:
        return (*BUILT_IN_RULES, *self.rules)


BUILT_IN = ApprovalPolicy()
