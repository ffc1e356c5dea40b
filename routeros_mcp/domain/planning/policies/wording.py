"""Rules in words, for those who write policies and for those who meet them."""

from __future__ import annotations

from collections.abc import Iterator

from routeros_mcp.domain.planning.policies.model import ApprovalPolicy, AtOnce, Caps, Demand, Match


def match_words(match: Match) -> str:
    """Which plans a rule is for."""
    return ", ".join(_conditions(match)) or "every plan"


def demand_words(demand: Demand) -> str:
    """What a rule asks of them."""
    return "; ".join([*_people(demand), *_times(demand), *_sizes(demand.caps)])


def at_once_words(policy: ApprovalPolicy) -> str:
    match policy.at_once:
        case AtOnce.NEVER:
            return "every change needs another person"
        case AtOnce.LAB:
            return "one low-risk change on one device needs no other person in the lab"
        case AtOnce.EVERYWHERE:
            return "one low-risk change on one device needs no other person"


def _conditions(match: Match) -> Iterator[str]:
    if match.environments:
        yield f"in {' or '.join(sorted(match.environments))}"
    for key, values in sorted(match.tags.items()):
        yield f"tag {key}={'|'.join(sorted(values))}"
    if match.risk is not None:
        yield f"risk {match.risk} or higher"
    if match.devices > 1:
        yield f"{match.devices} devices or more"
    if match.changes > 1:
        yield f"{match.changes} changes or more"
    if match.paths:
        yield f"below {' or '.join(match.paths)}"
    if match.irreversible:
        yield "with parts that cannot be undone"


def _people(demand: Demand) -> Iterator[str]:
    if demand.approvers is not None:
        yield "1 approver" if demand.approvers == 1 else f"{demand.approvers} approvers"
    if demand.among:
        yield f"approved only by {', '.join(sorted(demand.among))}"
    if demand.roles:
        yield f"approved in the role of {' or '.join(sorted(demand.roles))}"
    if demand.risk is not None:
        yield f"at least {demand.risk} risk"


def _times(demand: Demand) -> Iterator[str]:
    if demand.windows:
        yield f"only within {' or '.join(map(str, demand.windows))}"
    for freeze in demand.freezes:
        yield f"never from {freeze}"


def _sizes(caps: Caps) -> Iterator[str]:
    if caps.per_plan is not None:
        yield f"at most {caps.per_plan} devices in a plan"
    for key, most in sorted(caps.per_tag.items()):
        yield f"at most {most} devices of one {key} in a plan"
    if caps.per_day is not None:
        yield f"at most {caps.per_day} devices within 24 hours"
