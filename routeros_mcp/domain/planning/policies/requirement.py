"""From a policy and the facts of a plan to what the plan needs; pure, asked at each approval and at apply."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from routeros_mcp.domain.models import DeviceDomain, Environment, Risk
from routeros_mcp.domain.planning.policies.calendar import Freeze, Window
from routeros_mcp.domain.planning.policies.model import ApprovalPolicy, AtOnce, Caps, Match
from routeros_mcp.domain.planning.policies.wording import demand_words


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanFacts:
    """What rules look at; devices as the registry has them now."""

    devices: tuple[DeviceDomain, ...]
    paths: frozenset[str]
    changes: int
    risk: Risk
    irreversible: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """Caps of one rule, and the devices that they count: those that the rule is for."""

    rule: str
    match: Match
    caps: Caps


@dataclass(frozen=True, slots=True, kw_only=True)
class Requirement:
    """What a plan needs. An approver has to be acceptable to every rule: `among` and `roles` of all, cut.

    None in `among` or `roles` excludes nobody. Of each group of `windows` one has to be open.
    """

    approvers: int
    risk: Risk
    among: frozenset[str] | None = None
    roles: frozenset[str] | None = None
    windows: tuple[tuple[Window, ...], ...] = ()
    freezes: tuple[Freeze, ...] = ()
    limits: tuple[Limit, ...] = ()
    at_once: bool = False
    reasons: tuple[str, ...] = ()

    def is_met_by(self, approvals: int) -> bool:
        return approvals >= self.approvers

    def admits(self, person: str, role: str) -> bool:
        """Whether this person, in this role, may approve."""
        return (self.among is None or person in self.among) and (self.roles is None or role in self.roles)


def required(policy: ApprovalPolicy, facts: PlanFacts) -> Requirement:
    """What the built-in rules and those of the policy demand of a plan, all together.

    No rule takes back what another one demands: a policy with more rules is never looser.
    """
    risk = raised_risk(policy, facts)
    raised = replace(facts, risk=risk)
    rules = [rule for rule in policy.all_rules if fits(rule.match, raised)]
    demands = [rule.demand for rule in rules]
    return Requirement(
        approvers=max([1, *(demand.approvers or 1 for demand in demands)]),
        risk=risk,
        among=_common([demand.among for demand in demands]),
        roles=_common([demand.roles for demand in demands]),
        windows=tuple(demand.windows for demand in demands if demand.windows),
        freezes=tuple(freeze for demand in demands for freeze in demand.freezes),
        limits=tuple(Limit(rule=r.name, match=r.match, caps=r.demand.caps) for r in rules if r.demand.caps),
        at_once=_is_at_once(policy, raised) and not any(demand.wants_approvers for demand in demands),
        reasons=tuple(f"{rule.name}: {demand_words(rule.demand)}" for rule in rules),
    )


def raised_risk(policy: ApprovalPolicy, facts: PlanFacts) -> Risk:
    """The plan's risk, or the higher one that rules give it; a raised risk may make further rules fit."""
    risk = facts.risk
    while True:
        raised = replace(facts, risk=risk)
        found = [rule.demand.risk for rule in policy.all_rules if fits(rule.match, raised)]
        highest = max((one for one in found if one is not None), key=lambda one: one.rank, default=risk)
        if highest.rank <= risk.rank:
            return risk
        risk = highest


def fits(match: Match, facts: PlanFacts) -> bool:
    return (
        (match.risk is None or facts.risk.rank >= match.risk.rank)
        and len(facts.devices) >= match.devices
        and facts.changes >= match.changes
        and (facts.irreversible or not match.irreversible)
        and (not match.paths or any(_is_below(path, top) for path in facts.paths for top in match.paths))
        and (not (match.environments or match.tags) or any(_concerns(match, d) for d in facts.devices))
    )


def excesses(
    requirement: Requirement, devices: Sequence[DeviceDomain], earlier: Sequence[DeviceDomain] = ()
) -> Iterator[str]:
    """What is over the caps, in words; `earlier` are the devices that other plans touched within a day."""
    for limit in requirement.limits:
        own = [device for device in devices if _concerns(limit.match, device)]
        yield from _over(limit, own, [device for device in earlier if _concerns(limit.match, device)])


def _over(limit: Limit, own: Sequence[DeviceDomain], earlier: Sequence[DeviceDomain]) -> Iterator[str]:
    caps = limit.caps
    if caps.per_plan is not None and len(own) > caps.per_plan:
        yield f"{limit.rule}: {len(own)} devices in one plan, at most {caps.per_plan} allowed"
    for key, most in caps.per_tag.items():
        counted = Counter(device.tags[key] for device in own if key in device.tags)
        for value, count in sorted(counted.items()):
            if count > most:
                yield f"{limit.rule}: {count} devices of {key}={value} in one plan, at most {most} allowed"
    day = {device.id for device in (*own, *earlier)}
    if caps.per_day is not None and len(day) > caps.per_day:
        yield f"{limit.rule}: {len(day)} devices within 24 hours, at most {caps.per_day} allowed"


def _concerns(match: Match, device: DeviceDomain) -> bool:
    if match.environments and device.environment not in match.environments:
        return False
    return all(device.tags.get(key) in values for key, values in match.tags.items())


def _is_at_once(policy: ApprovalPolicy, facts: PlanFacts) -> bool:
    if facts.risk is not Risk.LOW or len(facts.devices) != 1 or policy.at_once is AtOnce.NEVER:
        return False
    return policy.at_once is AtOnce.EVERYWHERE or facts.devices[0].environment is Environment.LAB


def _common(sets: Sequence[frozenset[str]]) -> frozenset[str] | None:
    named = [one for one in sets if one]
    return frozenset.intersection(*named) if named else None


def _is_below(path: str, top: str) -> bool:
    return path == top or path.startswith(f"{top.rstrip('/')}/")
