"""Commands that a plan may send: a closed list, each with its risk and with what it cannot bring back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from types import MappingProxyType

from routeros_mcp.domain.errors import InvalidParams
from routeros_mcp.domain.models import Change, ChangeOp, MenuSpec, Risk
from routeros_mcp.domain.models.plan import Row
from routeros_mcp.domain.planning.operations import COMMAND, Operation, unknown_names
from routeros_mcp.domain.planning.rows import ref_of
from routeros_mcp.domain.values import did_you_mean

UPTIME = ".uptime"
"""Under this name the step of a restart holds the uptime right before it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandSpec:
    """One command by its whole path. `rows` is the menu of what it is about, read and compared before.

    `lost` says what no roll back brings back. `takes_link`: what hangs on its row is cut off for a while.
    """

    path: str
    rows: str
    risk: Risk
    reason: str
    lost: str
    takes_link: bool = False
    restarts: bool = False

    @property
    def menu(self) -> str:
        return self.path.rpartition("/")[0]

    @property
    def name(self) -> str:
        return self.path.rpartition("/")[2]


_LIST = (
    CommandSpec(
        path="/system/reboot",
        rows="/system/identity",
        risk=Risk.EXTREME,
        reason="the router restarts",
        lost="a restart: sessions, connections, counters and what is only in memory are gone, and the router "
        "is away for some minutes",
        restarts=True,
    ),
    CommandSpec(
        path="/ip/dhcp-client/renew",
        rows="/ip/dhcp-client",
        risk=Risk.HIGH,
        reason="the address of an interface may become another one",
        lost="a renewed lease: the old address, gateway and name servers may be gone",
        takes_link=True,
    ),
    CommandSpec(
        path="/ip/dhcp-client/release",
        rows="/ip/dhcp-client",
        risk=Risk.HIGH,
        reason="an interface loses its address until it gets a new one",
        lost="a released lease: the address may be gone, and what ran over it is cut",
        takes_link=True,
    ),
    CommandSpec(
        path="/ip/dns/cache/flush",
        rows="/ip/dns",
        risk=Risk.LOW,
        reason="all names are asked anew",
        lost="flushed names: each is asked anew",
    ),
    CommandSpec(
        path="/interface/ethernet/poe/power-cycle",
        rows="/interface/ethernet",
        risk=Risk.HIGH,
        reason="what hangs on the port loses its power",
        lost="a power cut: the device on the port starts over",
        takes_link=True,
    ),
    CommandSpec(
        path="/system/script/run",
        rows="/system/script",
        risk=Risk.EXTREME,
        reason="code that this server does not understand",
        lost="a script that ran: nobody knows here what it does, and nothing of it is undone",
    ),
)
COMMANDS: Mapping[str, CommandSpec] = MappingProxyType({spec.path: spec for spec in _LIST})
_CLOCKS_AGREE = timedelta(seconds=10)
_SWITCHES = frozenset({"enable", "disable"})
_NEVER = {
    "/certificate": "Keys that are made or removed cannot be brought back.",
    "/file": "Files that are removed cannot be brought back.",
    "/system/reset-configuration": "It erases the router.",
    "/system/backup": "Backups are loaded by routers themselves, under guard=checkpoint.",
    "/system/package": "Packages are not changed through plans.",
    "/system/shutdown": "Nobody could switch the router on again from here.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Command(Operation):
    """The wish for a command; `path` is the menu of the rows that it is about."""

    spec: CommandSpec


def command_wish(path: str, name: str, match: Mapping[str, str], *, all_matches: bool = False) -> Command:
    """What a caller means by a path and a command on it; the command may also end the path.

    Raises:
        InvalidParams: no command that can be planned, with the nearest ones and what to do instead.
    """
    asked = f"{path}/{name}" if name else path
    whole = "/" + "/".join(part for part in asked.replace(" ", "/").split("/") if part)
    spec = COMMANDS.get(whole)
    if spec is None:
        raise _refused(whole)
    return Command(op=ChangeOp.COMMAND, path=spec.rows, match=match, all_matches=all_matches, spec=spec)


def check_command(wish: Command, menu: MenuSpec | None) -> tuple[str, ...]:
    """Raises InvalidParams when it names no row and needs one, or the other way about."""
    is_single = menu is not None and menu.is_singleton
    if is_single and wish.match:
        raise InvalidParams(f"{wish.spec.path} is about the whole router.", fix="Leave `match` out.")
    if not is_single and not wish.match:
        raise InvalidParams(f"{wish.spec.path} names no row of {wish.path}.", fix="Give `match`.")
    if strange := unknown_names(wish, menu):
        known = menu.properties if menu is not None else ()
        raise InvalidParams(
            f"{wish.path} has no property {strange[0]!r}{did_you_mean(strange[0], known)}.",
            fix="Name the row by its own properties, such as name or interface.",
        )
    return ()


def command_change(
    device_id: str, wish: Command, row: Row, menu: MenuSpec | None, rows: Sequence[Row]
) -> Change:
    return Change(
        device_id=device_id,
        op=ChangeOp.COMMAND,
        path=wish.path,
        key=ref_of(row, rows, menu),
        after={COMMAND: wish.spec.path},
    )


def spec_of(change: Change) -> CommandSpec | None:
    """What is known of the command that the change sends; None for other changes, and for unknown ones."""
    if change.op is not ChangeOp.COMMAND:
        return None
    return COMMANDS.get((change.after or {}).get(COMMAND) or change.path)


def shown_path(change: Change) -> str:
    """The path of a change for people, policies and the trail: a command goes by its own menu."""
    spec = spec_of(change)
    return change.path if spec is None else spec.menu


def lost_by(changes: Sequence[Change]) -> tuple[str, ...]:
    """What the commands among the changes do not bring back, in words."""
    specs = [spec for change in changes if (spec := spec_of(change))]
    return tuple(dict.fromkeys(f"{spec.path}: {spec.lost}" for spec in specs))


def refuse_mixed(wishes: Sequence[object], *, is_guarded: bool) -> None:
    """Raises InvalidParams for commands beside changes of rows, or under a dead-man switch.

    Under a switch a restart would undo the change before anybody has confirmed it; without one, a roll back
    would leave half of the plan.
    """
    commands = [wish for wish in wishes if isinstance(wish, Command)]
    if commands and len(commands) < len(wishes):
        raise InvalidParams(
            f"{commands[0].spec.path} cannot stand in one plan with changes of rows.",
            fix="Apply the changes first, as a plan of their own; then plan the command.",
        )
    if commands and is_guarded:
        raise InvalidParams(
            f"{commands[0].spec.path} cannot be undone: there is nothing to guard.", fix="Leave `guard` out."
        )


def has_restarted(before: timedelta, now: timedelta, elapsed: timedelta) -> bool | None:
    """Whether a router that was up for `before` and is up for `now` has restarted; None where nobody can say.

    `elapsed` is what our clock says has passed, and clocks jump: alone it proves nothing.
    """
    if now < before:
        return True
    return False if abs(now - before - elapsed) <= _CLOCKS_AGREE else None


def _refused(path: str) -> InvalidParams:
    menu, _, name = path.rpartition("/")
    if name in _SWITCHES:
        return InvalidParams(
            f"{path} is no command in plans: it sets `disabled`.",
            fix=f'Use {{"op": "{name}", "path": "{menu}", "match": …}}.',
        )
    why = next((words for root, words in _NEVER.items() if path == root or path.startswith(f"{root}/")), "")
    can = ", ".join(COMMANDS)
    if why:
        return InvalidParams(f"{path} cannot be planned. {why}", fix=f"Plans can send: {can}.")
    return InvalidParams(
        f"{path} is no command that a plan can send{did_you_mean(path, COMMANDS)}.",
        fix=f"Plans can send: {can}. For anything else change rows, or work on the router by hand.",
    )
