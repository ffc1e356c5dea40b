"""The dead-man switch: what a router runs by itself to undo a change that nobody has confirmed."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta

from routeros_mcp.domain.errors import Conflict
from routeros_mcp.domain.export.quoting import menu_words, property_word, quote
from routeros_mcp.domain.models import Change, ChangeOp, MenuSpec
from routeros_mcp.domain.models.plan import Row
from routeros_mcp.domain.planning.inverse import Undo
from routeros_mcp.domain.planning.rows import RowModel, configured
from routeros_mcp.domain.planning.table import fitting
from routeros_mcp.domain.redaction import is_secret_name
from routeros_mcp.domain.values import format_duration, parse_duration

MENU = "/system/scheduler"
PREFIX = "rmcp-dm-"
MARK = "rmcp-reverted-"
"""The name of the entry that a revert leaves behind, for whoever looks what has happened."""
STARTUP = "startup"
POLICY = "read,write,policy,test"
COMMENT = "undoes an unconfirmed change, made by routeros-mcp"
ARMED = f"armed: {COMMENT}"
"""What the script itself makes of the comment, as its last statement: it was read, and ran to its end."""
TICK_S = 10
BOOT_DELAY_S = 20
_NONCE = re.compile(r"[a-z0-9]{8,32}")
_LONGEST = 30_000
_HIDDEN_WHEN_OFF = frozenset({"routing-table"})
"""What a disabled route does not show (recorded on CHR 7.23.7): a script may not find it by that."""
_TYPED = re.compile(
    r"[0-9]{1,18}|[0-9]{1,3}(?:\.[0-9]{1,3}){3}(?:/[0-9]{1,2})?|(?:[0-9A-F]{2}:){5}[0-9A-F]{2}|(?:[0-9]+[wdhms])+"
)
"""Numbers, addresses, prefixes, MAC addresses and durations: a script can write them without quotes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One scheduler entry, as it is added and as it must read back."""

    name: str
    on_event: str
    interval: str
    start_time: str | None = None
    policy: str = POLICY

    def values(self) -> dict[str, str]:
        """What to write; without a start time the first run is one interval after the entry is added."""
        start = {"start-time": self.start_time} if self.start_time else {}
        return {
            "name": self.name,
            "interval": self.interval,
            "on-event": self.on_event,
            "policy": self.policy,
            "comment": COMMENT,
            **start,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadMan:
    """Both entries of one switch.

    `tick` looks every few seconds whether the router has been up past the deadline, or has restarted; `boot`
    runs after a restart, at which nobody can have confirmed, unless `tick` has been quicker. RouterOS runs no
    entry at startup that has an interval, so one entry cannot do both. Their scripts differ in one digit:
    that the one runs to its end says that the other can be read too. `armed` is the uptime of the arming.
    """

    nonce: str
    armed: timedelta
    deadline: timedelta
    tick: Entry
    boot: Entry

    @property
    def entries(self) -> tuple[Entry, Entry]:
        return self.tick, self.boot


def nonce_for(plan_id: str, device_id: str) -> str:
    """What names a plan's switch on a device; always the same, so that a crash leaves nothing unknown."""
    return hashlib.sha256(f"{plan_id}/{device_id}".encode()).hexdigest()[:12]


def build(
    nonce: str, inverses: Sequence[Change], *, uptime: timedelta, timeout: timedelta, tick_s: int = TICK_S
) -> DeadMan:
    """Build the switch that carries out the inverses, last first already, when `timeout` has passed.

    The deadline is counted on the router's uptime, which no clock change moves.

    Raises:
        Conflict: a change that no script can undo, with the reason.
    """
    revert = _revert(nonce, inverses)
    return assembled(nonce, revert, uptime=uptime, timeout=timeout, tick_s=tick_s)


def assembled(
    nonce: str, revert: str, *, uptime: timedelta, timeout: timedelta, tick_s: int, policy: str = POLICY
) -> DeadMan:
    """Both entries around the commands that undo the change.

    Raises:
        Conflict: they are too long for an entry.
    """
    if not _NONCE.fullmatch(nonce):
        raise ValueError(nonce)
    name, deadline = f"{PREFIX}{nonce}", uptime + timeout
    script = (
        f":if ($boot = 1) do={{ :delay {BOOT_DELAY_S}s }}; :local up [/system/resource/get uptime]; "
        f":if ($boot = 1 or $up > {_clock(deadline)} or $up < {_clock(uptime)}) "
        f"do={{ :if ([:len {_entry(name)}] > 0) do={{ {revert} }} }}; {_sign(f'{name}-boot')}"
    )
    tick, boot = f":local boot 0; {script}", f":local boot 1; {script}"
    if len(tick.encode()) > _LONGEST:
        raise Conflict(
            "The change is too large to be undone by a script on the router.",
            fix="Plan it in smaller parts, or under a checkpoint.",
        )
    return DeadMan(
        nonce=nonce,
        armed=uptime,
        deadline=deadline,
        tick=Entry(name=name, on_event=tick, interval=f"{tick_s}s", policy=policy),
        boot=Entry(name=f"{name}-boot", on_event=boot, interval="0s", start_time=STARTUP, policy=policy),
    )


def inverses(changes: Sequence[Change], undone: Undo, live: RowModel) -> list[Change]:
    """What undoes the changes of the live rows, last first, named so that a script on the router can find it.

    Raises:
        Conflict: no script can undo them, with the reason.
    """
    after = live.copy()
    for change in changes:
        after.apply(change)
    if undone.gaps:
        raise Conflict(f"It cannot be undone: {undone.gaps[0]}", fix="Plan it apart.")
    return [_named(inverse, after, live) for inverse in undone.changes]


def _named(inverse: Change, after: RowModel, before: RowModel) -> Change:
    menu, rows = after.schema.get(inverse.path), after.tables[inverse.path]
    if inverse.op is ChangeOp.ADD:
        _refuse_twins(inverse, before, menu)
    is_new = inverse.op is ChangeOp.ADD or not inverse.key
    key = inverse.key if is_new else script_key(inverse.key, rows, menu)
    return replace(inverse, key=key, position=_place(inverse, (before, after), menu))


def _refuse_twins(inverse: Change, before: RowModel, menu: MenuSpec | None) -> None:
    values = {name: text for name, text in (inverse.after or {}).items() if text}
    if len(fitting(before.tables[inverse.path], values, menu)) > 1:
        raise Conflict(
            f"{inverse.path}: no script tells the row that goes from another that looks the same.",
            fix="Give the row a comment of its own first.",
        )


def _place(inverse: Change, models: Sequence[RowModel], menu: MenuSpec | None) -> Mapping[str, str] | None:
    """The row before which one goes back, by what names it in a script."""
    if not inverse.position:
        return None
    for model in models:
        with suppress(Conflict):
            held = model.place_of(inverse)
            return script_key(configured(held or {}, menu), model.tables[inverse.path], menu)
    raise Conflict(f"{inverse.path}: no script finds the place of a row again.", fix="Plan it apart.")


def foreign(rows: Iterable[Row], nonce: str = "") -> list[str]:
    """Names of dead-man entries of somebody else, or of an earlier run: nothing is armed beside them."""
    names = [row.get("name", "") for row in rows]
    return [
        name
        for name in names
        if name.startswith((PREFIX, "rev-")) and not (nonce and name.startswith(PREFIX + nonce))
    ]


def disagreements(switch: DeadMan, rows: Iterable[Row]) -> list[str]:
    """How the entries read back differ from what was written, in words; empty when they stand as meant."""
    held = {row.get("name"): row for row in rows}
    return [word for entry in switch.entries for word in _differences(entry, held.get(entry.name))]


def is_signed(switch: DeadMan, rows: Iterable[Row]) -> bool:
    """Whether the script has run to its end on the router, which has read it and let it write."""
    return any(row.get("name") == switch.boot.name and row.get("comment") == ARMED for row in rows)


def has_run(switch: DeadMan, rows: Iterable[Row]) -> bool:
    """Whether the router has tried to run the ticking entry; it counts what it cannot read as well."""
    row = next((row for row in rows if row.get("name") == switch.tick.name), {})
    return row.get("run-count", "0").isdecimal() and int(row.get("run-count", "0")) > 0


def _differences(entry: Entry, row: Row | None) -> list[str]:
    if row is None:
        return [f"{entry.name} is not there"]
    words = []
    if row.get("on-event") != entry.on_event:
        words.append(f"{entry.name} does not hold what was written")
    if row.get("disabled", "false") != "false":
        words.append(f"{entry.name} is disabled")
    if not _is_timed(entry, row):
        words.append(f"{entry.name} does not run when it should")
    missing = lacking(row.get("policy", ""), entry.policy)
    if missing:
        words.append(f"{entry.name} lacks the policies {', '.join(missing)}")
    return words


def _is_timed(entry: Entry, row: Row) -> bool:
    is_startup = row.get("start-time") == STARTUP
    every = parse_duration(row.get("interval", "0s"))
    return every == parse_duration(entry.interval) and is_startup is (entry.start_time == STARTUP)


def lacking(granted: str, needed: str) -> tuple[str, ...]:
    """The needed policies that are not granted; both as RouterOS lists them, `!x` for a denied one."""
    return tuple(sorted(set(needed.split(",")) - {word.strip() for word in granted.split(",")}))


def _revert(nonce: str, inverses: Sequence[Change]) -> str:
    name = f"{PREFIX}{nonce}"
    steps = enumerate(statements(inverses), 1)
    guarded = [_guarded(text, f"{name}: step {n} failed") for n, text in steps]
    mark = f"{MENU}/add name={quote(MARK + nonce)} disabled=yes on-event={quote('')}"
    remove = f"{MENU}/remove [find where name={quote(name)} or name={quote(name + '-boot')}]"
    said = f":log warning {quote(f'{name}: an unconfirmed change was undone')}"
    return "; ".join([*guarded, _guarded(mark, f"{name}: no mark"), said, remove])


def statements(inverses: Sequence[Change]) -> list[str]:
    """The console commands that carry the inverses out.

    Raises:
        Conflict: one that no script can carry out.
    """
    return [statement for inverse in inverses for statement in _statements(inverse)]


def _guarded(statement: str, complaint: str) -> str:
    return f":do {{ {statement} }} on-error={{ :log error {quote(complaint)} }}"


def _statements(inverse: Change) -> list[str]:
    path = menu_words(inverse.path)
    match inverse.op:
        case ChangeOp.SET:
            return _set(path, inverse)
        case ChangeOp.REMOVE:
            return [f"{path}/remove {_find(path, inverse.key)}"]
        case ChangeOp.ADD:
            return [_add(path, inverse)]
        case ChangeOp.MOVE:
            to = f" destination={_find(path, inverse.position)}" if inverse.position else ""
            return [f"{path}/move {_find(path, inverse.key)}{to}"]
        case _:
            raise Conflict(f"No script undoes {inverse.op} of {inverse.path}.", fix="Plan it apart.")


def _set(path: str, inverse: Change) -> list[str]:
    values = inverse.after or {}
    _refuse_secrets(inverse.path, values)
    row = f" {_find(path, inverse.key)}" if inverse.key else ""
    given = " ".join(f"{property_word(n)}={quote(v)}" for n, v in values.items() if v is not None)
    taken = [f"{path}/set{row} {_unset(name)}" for name, value in values.items() if value is None]
    return ([f"{path}/set{row} {given}"] if given else []) + taken


def _unset(name: str) -> str:
    """A row is switched on again by a value: `!disabled` leaves it off."""
    return "disabled=no" if name == "disabled" else f"!{property_word(name)}"


def _add(path: str, inverse: Change) -> str:
    values = {name: value for name, value in (inverse.after or {}).items() if value is not None}
    _refuse_secrets(inverse.path, values)
    words = " ".join(f"{property_word(name)}={quote(value)}" for name, value in values.items())
    where = _find(path, values)
    place = f" place-before={_find(path, inverse.position)}" if inverse.position else ""
    return f":if ([:len {where}] = 0) do={{ {path}/add {words}{place} }}"


def _find(path: str, key: Mapping[str, str]) -> str:
    tests = " and ".join(_test(property_word(n), v) for n, v in key.items() if n != ".id")
    if not tests:
        raise Conflict(f"Nothing names the row of {path}.", fix="Give it a comment of its own first.")
    return f"[{path}/find where {tests}]"


def _test(name: str, text: str) -> str:
    """A comparison. The console tells a text from a number or an address that is written alike.

    An address with its prefix length is a text in /ip/address and a prefix in /ip/route, so both are tried.
    """
    switch = {"true": "yes", "false": "no"}.get(text, text)
    if switch in {"yes", "no"}:
        return f"{name}={switch}"
    return f"({name}={text} or {name}={quote(text)})" if _TYPED.fullmatch(text) else f"{name}={quote(text)}"


def script_key(key: Mapping[str, str], rows: Sequence[Row], menu: MenuSpec | None) -> dict[str, str]:
    """What names a row in a script, where lists do not compare: a name, a comment, or single values.

    Raises:
        Conflict: nothing that a script can compare tells the row from the others.
    """
    key = {name: text for name, text in key.items() if not name.startswith(".")}
    natural = {name: key[name] for name in (menu.keys if menu else ()) if name in key}
    shown = {name: text for name, text in natural.items() if name not in _HIDDEN_WHEN_OFF}
    comment = {"comment": key["comment"]} if key.get("comment") else {}
    single = {name: text for name, text in key.items() if text and not set(text) & set(",;!")}
    for chosen in (shown, natural, comment, single):
        plain = {name: text for name, text in chosen.items() if not is_secret_name(name)}
        for found in (plain, {**plain, "dynamic": "false"}):
            if plain and len(fitting(rows, found, menu)) <= 1:
                return found
    raise Conflict(
        f"No script can tell this row of {menu.path if menu else 'the menu'} from others.",
        fix="Give the row a comment of its own first.",
    )


def _refuse_secrets(path: str, values: Mapping[str, str | None]) -> None:
    secret = sorted(name for name in values if is_secret_name(name))
    if secret:
        raise Conflict(
            f"{path}: {', '.join(secret)} must not stand in a script on the router.",
            fix="Change it apart, or under a checkpoint.",
        )


def _entry(name: str) -> str:
    return f"[{MENU}/find where name={quote(name)}]"


def _sign(name: str) -> str:
    """Left on the entry that does not tick: none changes itself as it runs. Written once, for the flash."""
    unsigned = f"[{MENU}/find where name={quote(name)} and comment={quote(COMMENT)}]"
    return f"{MENU}/set {unsigned} comment={quote(ARMED)}"


def _clock(moment: timedelta) -> str:
    """A duration as the console reads it in an expression."""
    return format_duration(timedelta(seconds=int(moment.total_seconds())))
