"""`routeros-mcp policy`: the rules by which plans are approved, as the program reads them."""

from __future__ import annotations

import argparse
from typing import Any

from rich.console import Console

from routeros_mcp.cli.installation import settings_of
from routeros_mcp.cli.output import Payload, facts, footer, show, table
from routeros_mcp.cli.output import shown as cell
from routeros_mcp.domain.planning.policies import ApprovalPolicy
from routeros_mcp.domain.planning.policies.wording import at_once_words, demand_words, match_words
from routeros_mcp.infra.policy_file import load_policy


def shown(chosen: argparse.Namespace) -> int:
    policy = load_policy(settings_of(chosen).policy_file)
    show(chosen, _told(policy, f"{_counted(policy)} in force."), _view)
    return 0


def checked(chosen: argparse.Namespace) -> int:
    policy = load_policy(chosen.file)
    show(chosen, _told(policy, f"{chosen.file} is valid: {_counted(policy)}."), _view)
    return 0


def _counted(policy: ApprovalPolicy) -> str:
    built_in = len(policy.all_rules) - len(policy.rules)
    return f"{len(policy.rules)} rule(s) of its own and {built_in} built-in ones"


def _told(policy: ApprovalPolicy, summary: str) -> dict[str, Any]:
    return {
        "summary": summary,
        "source": policy.source,
        "digest": policy.digest,
        "at_once": at_once_words(policy),
        "rules": [
            {
                "rule": rule.name,
                "for": match_words(rule.match),
                "demands": demand_words(rule.demand),
                "from": "file" if rule in policy.rules else "built in",
            }
            for rule in policy.all_rules
        ],
    }


def _view(console: Console, payload: Payload) -> None:
    names = {"policy": "source", "digest": "digest", "without approval": "at_once"}
    console.print(facts({title: payload[name] for title, name in names.items()}))
    rows = table("RULE", "FOR", "DEMANDS", "FROM")
    for rule in payload["rules"]:
        rows.add_row(
            cell(rule["rule"], "bold"), cell(rule["for"]), cell(rule["demands"]), cell(rule["from"], "dim")
        )
    console.print(rows)
    footer(console, payload)
