"""The commands that may be run on a router: a closed list, each with its arguments and its frames."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from routeros_mcp.domain.errors import Forbidden, UnknownMenu
from routeros_mcp.domain.models.plan import Row
from routeros_mcp.infra.routeros.session import Session
from routeros_mcp.infra.routeros.wire import Request, command, decode, frames

_LONGEST_VALUE = 4_000
_SECTION = ".section"


def _by_key(name: str) -> Callable[[Sequence[Row]], list[Row]]:
    """Of the rows with the same key the last; rows without it are taken as they are."""

    def last_of_each(found: Sequence[Row]) -> list[Row]:
        return list({row.get(name, f"row {at}"): row for at, row in enumerate(found)}.values())

    return last_of_each


def _by_place(found: Sequence[Row]) -> list[Row]:
    """Of the rows at the same place of their frames the last: hops without an answer have no address."""
    latest: dict[int, Row] = {}
    seen: dict[str, int] = {}
    for row in found:
        section = row.get(_SECTION, "")
        place = seen[section] = seen.get(section, -1) + 1
        latest[place] = row
    return [latest[place] for place in sorted(latest)]


def _last_only(found: Sequence[Row]) -> list[Row]:
    return list(found[-1:])


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnostic:
    """One command of the list. Without the argument `ends_by` it would run until the router's 60 s cap."""

    path: str
    name: str
    takes: frozenset[str]
    ends_by: str
    merged: Callable[[Sequence[Row]], list[Row]]
    may_repeat: bool = True
    elsewhere: str | None = None
    arguments: Mapping[str, str] | None = None

    async def run(self, session: Session, timeout_s: float) -> list[Row]:
        """Run it; where this RouterOS keeps the command elsewhere, there."""
        try:
            found = await self._asked(session, self.path, timeout_s)
        except UnknownMenu:
            if self.elsewhere is None:
                raise
            found = await self._asked(session, self.elsewhere, timeout_s)
        return [{name: text for name, text in row.items() if name != _SECTION} for row in found]

    async def _asked(self, session: Session, path: str, timeout_s: float) -> list[Row]:
        request: Request = command(path, self.name, self.arguments or {})
        ask = session.ask if self.may_repeat else session.ask_once
        return self.merged(frames(decode((await ask(request, within_s=timeout_s)).body)))


_PING = {"address", "count", "size", "interval", "src-address", "interface", "vrf", "ttl", "do-not-fragment"}
_TRACEROUTE = {
    "address",
    "count",
    "max-hops",
    "timeout",
    "use-dns",
    "protocol",
    "src-address",
    "interface",
    "vrf",
}
_BANDWIDTH = {"address", "direction", "protocol", "duration"}
_COMMANDS = (
    # the home is /tool/ping; before 7.23 or so /ping was there as well (vendor's 7.24 tree, live reports)
    Diagnostic(
        path="/tool",
        name="ping",
        takes=frozenset(_PING),
        ends_by="count",
        merged=_by_key("seq"),
        elsewhere="",
    ),
    Diagnostic(
        path="/tool", name="traceroute", takes=frozenset(_TRACEROUTE), ends_by="count", merged=_by_place
    ),
    Diagnostic(
        path="/tool",
        name="bandwidth-test",
        takes=frozenset(_BANDWIDTH),
        ends_by="duration",
        merged=_last_only,
        may_repeat=False,
    ),
    Diagnostic(
        path="/interface",
        name="monitor-traffic",
        takes=frozenset({"interface", "once"}),
        ends_by="once",
        merged=_by_key("name"),
    ),
    Diagnostic(
        path="/interface/ethernet",
        name="monitor",
        takes=frozenset({"numbers", "once"}),
        ends_by="once",
        merged=_by_key("name"),
    ),
)
ALLOWED: Mapping[tuple[str, str], Diagnostic] = {(each.path, each.name): each for each in _COMMANDS}


def diagnostic(path: str, name: str, arguments: Mapping[str, str]) -> Diagnostic:
    """The command with its arguments, if it is one of the list and will come to an end.

    Raises:
        Forbidden: it is not.
    """
    known = ALLOWED.get((path, name))
    if known is None:
        listed = ", ".join(f"{menu}/{each}" for menu, each in ALLOWED)
        raise Forbidden(f"{path}/{name} is no diagnostic command.", fix=f"These are: {listed}.")
    unknown = sorted(set(arguments) - known.takes)
    if unknown:
        raise Forbidden(f"{path}/{name} is never run with {unknown[0]!r}.", fix="Leave the argument out.")
    if known.ends_by not in arguments:
        raise Forbidden(f"{path}/{name} does not end without {known.ends_by}.", fix="Give the argument.")
    unfit = [each for each, text in arguments.items() if len(text) > _LONGEST_VALUE or not _is_plain(text)]
    if unfit:
        raise Forbidden(
            f"The value of {unfit[0]} is too long or holds control characters.", fix="Correct it."
        )
    return replace(known, arguments=dict(arguments))


def _is_plain(text: str) -> bool:
    return not text or text.isprintable()
