"""How dangerous a change is, and why. Rules are data; the first that fits a change judges it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from routeros_mcp.domain.models import Change, ChangeOp, DeviceDomain, Environment, Risk
from routeros_mcp.domain.planning.commands import shown_path, spec_of
from routeros_mcp.domain.planning.management import Reach

_LABELS = frozenset({"comment", "contact", "location", "note", "show-at-login"})
_NAMING = _LABELS | {"name"}
"""Elsewhere a name is more than a label: a DNS name, a login, an SNMP community, what a scheduler runs."""


@dataclass(frozen=True, slots=True)
class RiskRule:
    """A rule fits a change below one of the paths; `only` limits it to these properties."""

    risk: Risk
    reason: str
    paths: tuple[str, ...] = ()
    only: frozenset[str] = frozenset()
    outside_prod: bool = False


RULES: tuple[RiskRule, ...] = (
    RiskRule(Risk.EXTREME, "the router may restart or lose its configuration",
             ("/system/reset-configuration", "/system/backup", "/system/device-mode", "/system/package",
              "/system/routerboard", "/system/reboot", "/system/shutdown", "/partitions", "/disk")),
    RiskRule(Risk.HIGH, "who may log in", ("/user",)),
    RiskRule(Risk.HIGH, "how the router is managed", ("/certificate", "/ip/ssh", "/ip/service")),
    RiskRule(Risk.LOW, "comments only", (), _LABELS),
    RiskRule(Risk.LOW, "names and comments only", ("/interface", "/system/identity"), _NAMING),
    RiskRule(Risk.HIGH, "the firewall", ("/ip/firewall/filter", "/ip/firewall/nat", "/ip/firewall/mangle",
                                         "/ip/firewall/raw", "/ipv6/firewall")),
    RiskRule(Risk.MEDIUM, "an address list that rules may use", ("/ip/firewall/address-list",)),
    RiskRule(Risk.HIGH, "the firewall", ("/ip/firewall",)),
    RiskRule(Risk.HIGH, "routing", ("/ip/route", "/ipv6/route", "/routing")),
    RiskRule(Risk.HIGH, "code that the router runs by itself",
             ("/system/script", "/system/scheduler", "/tool/netwatch")),
    RiskRule(Risk.HIGH, "wireless networks", ("/interface/wifi", "/interface/wireless", "/caps-man")),
    RiskRule(Risk.LOW, "DNS and NTP settings outside production",
             ("/ip/dns", "/system/ntp", "/system/clock"), outside_prod=True),
    RiskRule(Risk.MEDIUM, "DNS and NTP settings", ("/ip/dns", "/system/ntp", "/system/clock")),
    RiskRule(Risk.MEDIUM, "addresses and DHCP",
             ("/ip/address", "/ip/pool", "/ip/dhcp-server", "/ipv6/address")),
    RiskRule(Risk.MEDIUM, "bridge ports and VLANs", ("/interface/bridge", "/interface/vlan")),
    RiskRule(Risk.MEDIUM, "queues", ("/queue",)),
    RiskRule(Risk.MEDIUM, "logging and monitoring", ("/system/logging", "/snmp")),
    RiskRule(Risk.HIGH, "interfaces", ("/interface",)),
)  # fmt: skip
OTHERWISE = RiskRule(Risk.HIGH, "a menu that no rule judges")
_WAYS = {
    Reach.AT_RISK: "it may cut the manager off from a router",
    Reach.CUT: "it cuts the manager off from a router",
}
_SEVERAL_PROD = RiskRule(Risk.HIGH, "several production devices")


def judge_change(change: Change, environment: Environment) -> RiskRule:
    if spec := spec_of(change):
        return RiskRule(spec.risk, f"{spec.name}: {spec.reason}")
    touched = frozenset(change.after or {}) if change.op is ChangeOp.SET else frozenset({"*"})
    return next((rule for rule in RULES if _fits(rule, change.path, touched, environment)), OTHERWISE)


def judge_plan(
    changes: Sequence[Change],
    devices: Sequence[DeviceDomain],
    ways_in: Sequence[Reach] = (),
    *,
    may_restart: bool = False,
) -> tuple[Risk, tuple[str, ...]]:
    """The highest risk of all changes, with the reasons that lead to it, worst first.

    `ways_in` says for each device what becomes of the manager's own way into it; `may_restart` that what is
    not confirmed is undone by a restart.
    """
    environments = {device.id: device.environment for device in devices}
    rules = {
        (shown_path(change), judge_change(change, environments[change.device_id])): None for change in changes
    }
    reasons = [(rule.risk, f"{path}: {rule.reason}") for path, rule in rules]
    touched = {change.device_id for change in changes}
    if sum(1 for device_id in touched if environments[device_id] is Environment.PROD) > 1:
        reasons.append((_SEVERAL_PROD.risk, _SEVERAL_PROD.reason))
    if may_restart:
        reasons.append((Risk.HIGH, "a router undoes it by loading a backup and restarting"))
    reasons += [(Risk.HIGH, _WAYS[reach]) for reach in sorted(set(ways_in)) if reach in _WAYS]
    reasons.sort(key=lambda reason: (-reason[0].rank, reason[1]))
    worst = reasons[0][0] if reasons else Risk.LOW
    return worst, tuple(f"{risk}: {text}" for risk, text in reasons)


def _fits(rule: RiskRule, path: str, touched: frozenset[str], environment: Environment) -> bool:
    if rule.outside_prod and environment is Environment.PROD:
        return False
    if rule.only and not touched <= rule.only:
        return False
    return not rule.paths or any(path == p or path.startswith(f"{p}/") for p in rule.paths)
