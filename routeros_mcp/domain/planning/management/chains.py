"""What raw, destination NAT and the input chain do with the manager's next connection."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from routeros_mcp.domain.models.plan import Row
from routeros_mcp.domain.planning.management.matching import Packet, fits
from routeros_mcp.domain.planning.management.path import Finding, Reach

_DROPS = frozenset({"drop", "reject", "tarpit"})
_TRANSLATES = frozenset({"dst-nat", "netmap", "same", "socksify", "redirect", "endpoint-independent-nat"})
_DEEPEST = 16
_DECIDED = True


@dataclass(slots=True)
class _Walk:
    """One walk through chains: `findings` are the rules that drop the packet, certainly or perhaps."""

    packet: Packet
    menu: str
    findings: list[Finding] = field(default_factory=list)
    doubtful: bool = False

    def through(self, chain: str, depth: int = 0) -> bool:
        """Follow a chain; True when a rule has decided for certain."""
        for number, rule in enumerate(_rules(self.packet, self.menu, chain), 1):
            found = fits(rule, self.packet)
            if found is not False and self._meets(chain, number, rule, sure=found is True, depth=depth):
                return _DECIDED
            if found is True and rule.get("action") == "return":
                return False
        return False

    def _meets(self, chain: str, number: int, rule: Row, *, sure: bool, depth: int) -> bool:
        action = rule.get("action", "accept")
        if action in _DROPS:
            certain = sure and not self.doubtful
            self._blocked(Reach.CUT if certain else Reach.AT_RISK, chain, number, rule)
            return sure
        if action == "accept":
            self.doubtful = self.doubtful or not sure
            return sure
        if action == "jump" and depth < _DEEPEST:
            return self._jumps(rule.get("jump-target", ""), sure=sure, depth=depth)
        return False

    def _jumps(self, chain: str, *, sure: bool, depth: int) -> bool:
        held, self.doubtful = self.doubtful, self.doubtful or not sure
        decided = self.through(chain, depth + 1)
        self.doubtful = held or (self.doubtful and not sure)
        return decided and sure

    def _blocked(self, reach: Reach, chain: str, number: int, rule: Row) -> None:
        comment = f" ({rule['comment']})" if rule.get("comment") else ""
        what = "may keep" if reach is Reach.AT_RISK else "keeps"
        reason = f"{self.menu} {chain}: rule {number}{comment} {what} the manager's next connection out"
        self.findings.append(Finding(reach, reason, _cause(self.menu, rule)))


def filtered(packet: Packet) -> list[Finding]:
    """The rules of raw and filter that keep the manager's next connection out."""
    findings: list[Finding] = []
    for name, chain in (("raw", "prerouting"), ("filter", "input")):
        walk = _Walk(packet, f"{packet.path.family}/firewall/{name}")
        walk.through(chain)
        findings += walk.findings
    return findings


def translated(packet: Packet) -> list[Finding]:
    """The rules of destination NAT that send the manager's next connection elsewhere."""
    menu = f"{packet.path.family}/firewall/nat"
    doubtful = False
    for number, rule in enumerate(_rules(packet, menu, "dstnat"), 1):
        found = fits(rule, packet)
        action = rule.get("action", "accept")
        if found is False or action not in _TRANSLATES | {"accept", "return"}:
            continue
        if action in _TRANSLATES and _leads_elsewhere(rule, packet):
            certain = found is True and not doubtful
            reach = Reach.CUT if certain else Reach.AT_RISK
            reason = f"{menu} dstnat: rule {number} sends the manager's connection elsewhere"
            return [Finding(reach, reason, _cause(menu, rule))]
        if found is True:
            return []
        doubtful = True
    return []


def _leads_elsewhere(rule: Row, packet: Packet) -> bool:
    port = str(packet.path.port)
    moved = rule.get("action") != "redirect" and rule.get("to-addresses", packet.path.destination) not in {
        packet.path.destination,
        f"{packet.path.destination}/32",
    }
    return moved or rule.get("to-ports", port) != port


def _rules(packet: Packet, menu: str, chain: str) -> Iterator[Row]:
    for rule in packet.tables.get(menu, ()):
        if rule.get("chain") == chain and rule.get("disabled") != "true":
            yield rule


def _cause(menu: str, rule: Row) -> str:
    return f"{menu} {rule.get('.id') or sorted(rule.items())}"
