"""Every fault by name: what it does, and what a client that is right does about it."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from fnmatch import fnmatchcase

from routeros_mcp.emulator.clock import Clock
from routeros_mcp.emulator.faults import Faults
from routeros_mcp.emulator.policies import ALL
from routeros_mcp.emulator.router import Router
from routeros_mcp.emulator.spec import RouterSpec

_ALL_REQUESTS = "requests; default all"
_FOREVER = 10**9
_LARGE_BYTES = 16 * 1024 * 1024


class BadFault(ValueError):
    """A fault that cannot be switched on as it was written; the message says why and what there is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultKind:
    """One line of the table. `argument` says what may follow the name, nothing when nothing may.

    `switch` takes the argument as it was written, empty when it was left out.
    """

    name: str
    does: str
    right: str
    argument: str = ""
    switch: Callable[[Faults, str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A fault, the routers it is for (a pattern of names) and its argument."""

    kind: FaultKind
    routers: str
    argument: str

    def switch_on(self, routers: Iterable[Router]) -> int:
        """Switch the fault on at every router the pattern names, and return how many there are."""
        taken = [router for router in routers if fnmatchcase(router.name, self.routers)]
        for router in taken:
            self.kind.switch(router.faults, self.argument)
        return len(taken)


def _number(text: str, default: float, unit: str) -> float:
    try:
        value = float(text) if text else default
    except ValueError:
        raise BadFault(f"{text!r} is no number of {unit}.") from None
    if not 0 <= value < _FOREVER:
        raise BadFault(f"{text} {unit} are too many or too few.")
    return value


def _count(text: str) -> int | None:
    return int(_number(text, 0, "requests")) or None


def _pair(text: str, default: tuple[float, float]) -> tuple[float, float]:
    first, _, second = text.partition("/")
    return _number(first, default[0], "seconds"), _number(second, default[1], "seconds")


def _policies(text: str) -> list[str]:
    names = (text or "write").split("+")
    for name in names:
        if name not in ALL:
            raise BadFault(f"There is no policy {name!r}; there are {', '.join(ALL)}.")
    return names


_RESEND_NEVER = (
    "Reads are asked again once; a write only when the router was read and cannot have it any more."
)

_KINDS = (
    FaultKind(
        name="down",
        does="Nobody listens: connections are refused, or reset where the fleet shares its sockets.",
        right="Say at once that it cannot be reached; after three times leave it alone for a while.",
        switch=lambda faults, _: faults.down(),
    ),
    FaultKind(
        name="reset",
        does="New connections are reset before anything is said on them.",
        right="Nothing was sent, so nothing has happened: fail as unreachable, and a later try works.",
        argument="connections; default all",
        switch=lambda faults, text: faults.reset(int(_number(text, 0, "connections")) or _FOREVER),
    ),
    FaultKind(
        name="lossy",
        does="So many of a hundred new connections are never answered.",
        right="Give up after the time for connecting, not after the time for answers; other routers go on.",
        argument="percent; default 20",
        switch=lambda faults, text: faults.lossy(_number(text, 20, "percent")),
    ),
    FaultKind(
        name="latency",
        does="Every request takes this long to arrive, more or less by the jitter.",
        right="Wait: slow is not dead. One request at a time to a router, others in parallel.",
        argument="seconds/jitter; default 0.4/0.2",
        switch=lambda faults, text: faults.latency(*_pair(text, (0.4, 0.2))),
    ),
    FaultKind(
        name="flapping",
        does="The line goes out for a while in each period: connections are reset.",
        right="Connect anew when it is back, and keep what was learnt; no write is repeated.",
        argument="period/outage in seconds; default 60/10",
        switch=lambda faults, text: faults.flapping(*_pair(text, (60, 10))),
    ),
    FaultKind(
        name="slow",
        does="The router works this long before each request, and the user's queue waits.",
        right="Wait up to the router's own limit of 60 s and a little more.",
        argument="seconds; default 2",
        switch=lambda faults, text: faults.slow(_number(text, 2, "seconds")),
    ),
    FaultKind(
        name="hang",
        does="Requests are taken and never answered.",
        right="End at the deadline; a write that was sent has an unknown outcome.",
        switch=lambda faults, _: faults.hang(),
    ),
    FaultKind(
        name="cap",
        does="Requests end as at the router's limit of 60 s: 400 Session closed.",
        right="Not repeated: ask for less. A write that was cut may still be running.",
        argument=_ALL_REQUESTS,
        switch=lambda faults, text: faults.session_closed(_count(text)),
    ),
    FaultKind(
        name="drop-before",
        does="The connection is closed and the request is not run.",
        right=_RESEND_NEVER,
        argument=_ALL_REQUESTS,
        switch=lambda faults, text: faults.drop_before(_count(text)),
    ),
    FaultKind(
        name="drop-after",
        does="The request is run and the connection closed without an answer.",
        right=_RESEND_NEVER,
        argument=_ALL_REQUESTS,
        switch=lambda faults, text: faults.drop_after(_count(text)),
    ),
    FaultKind(
        name="late",
        does="The connection is closed at once and a write is run only seconds later.",
        right="Unknown outcome: keep reading until the time in which it may still happen is over.",
        argument="seconds; default 5",
        switch=lambda faults, text: faults.late(_number(text, 5, "seconds"), n=None),
    ),
    FaultKind(
        name="half-answer",
        does="The request is run, and half of the answer arrives.",
        right="Half an answer is none: a read is asked again, a write is not.",
        argument=_ALL_REQUESTS,
        switch=lambda faults, text: faults.half_answer(_count(text)),
    ),
    FaultKind(
        name="garbage",
        does="The request is run, and the answer is not JSON.",
        right="Name it a bad answer, show none of it, and do not ask again.",
        argument=_ALL_REQUESTS,
        switch=lambda faults, text: faults.garbage(_count(text)),
    ),
    FaultKind(
        name="oversize",
        does="Reads are answered with more than anybody can hold.",
        right="Stop reading at the limit, close the connection, and name it a bad answer.",
        argument="bytes; default 16 MiB",
        switch=lambda faults, text: faults.oversize(int(_number(text, _LARGE_BYTES, "bytes"))),
    ),
    FaultKind(
        name="wrong-body",
        does="Reads get the body of /system/resource, whatever was asked.",
        right="Check that the answer has the keys of what was asked before believing it.",
        argument=_ALL_REQUESTS,
        switch=lambda faults, text: faults.wrong_body(_count(text)),
    ),
    FaultKind(
        name="after-boot",
        does="The router restarts, and answers its first reads with another menu's body.",
        right="Notice the restart by the uptime; ask again until the answers are whole.",
        argument="reads; default 2",
        switch=lambda faults, text: faults.after_boot(int(_number(text, 2, "reads"))),
    ),
    FaultKind(
        name="unauthorized",
        does="A right login gets 401.",
        right="Right after a lost connection ask once more; otherwise name it, and never try other logins.",
        argument=_ALL_REQUESTS,
        switch=lambda faults, text: faults.unauthorized(_count(text)),
    ),
    FaultKind(
        name="aborts-hurt",
        does="After a client left amid a request, connections are reset and one request gets 401.",
        right="Let requests end; after a time-out wait before the next try, and doubt a 401 once.",
        argument="seconds; default 1.75",
        switch=lambda faults, text: faults.aborts_hurt(_number(text, 1.75, "seconds")),
    ),
    FaultKind(
        name="wrong-certificate",
        does="The router presents another certificate than the pinned one.",
        right="Send no login; name both fingerprints, and let a person decide.",
        switch=lambda faults, _: faults.wrong_certificate(),
    ),
    FaultKind(
        name="wrong-host-key",
        does="The router presents another SSH host key than the pinned one.",
        right="Send no login over SSH; name both keys, and let a person decide.",
        switch=lambda faults, _: faults.wrong_host_key(),
    ),
    FaultKind(
        name="disk-full",
        does="No file can be written, and no room is left.",
        right="Report the router's words and the full disk; leave no half-written file behind.",
        switch=lambda faults, _: faults.disk_full(),
    ),
    FaultKind(
        name="half-written-flash",
        does="The power is cut: files of the last 40 s are half there, and the router restarts.",
        right="Trust no file that was written just before a restart: read it back, or write it anew.",
        switch=lambda faults, _: faults.half_written_flash(),
    ),
    FaultKind(
        name="policy-loss",
        does="The login loses policies.",
        right="Name the missing policy, not a bad password; what needs no such policy goes on.",
        argument="policies as in write+policy; default write",
        switch=lambda faults, text: faults.policy_loss(*_policies(text)),
    ),
    FaultKind(
        name="device-mode",
        does="The device mode forbids schedulers and fetching.",
        right="Report the router's words, and do not rely on a safety net that could not be set up.",
        switch=lambda faults, _: faults.device_mode(),
    ),
    FaultKind(
        name="clock-jump",
        does="The router's wall clock jumps forward.",
        right="Trust uptime for restarts, and order events by more than the router's clock.",
        argument="seconds; default 86400",
        switch=lambda faults, text: faults.clock_jump(_number(text, 86_400, "seconds")),
    ),
    FaultKind(
        name="reboot-during-arm",
        does="The router restarts when a scheduler entry is added: it is there, but nobody was told.",
        right="Unknown outcome: read back whether the entry exists before anything else is changed.",
        argument="seconds down; default 0",
        switch=lambda faults, text: faults.reboot_on(down_s=_number(text, 0, "seconds")),
    ),
    FaultKind(
        name="leaking-sessions",
        does="The router keeps no login: each request leaves two more rows in /user/active.",
        right="Work on; do not take rows in /user/active for people.",
        switch=lambda faults, _: faults.leaking_sessions(),
    ),
)
FAULTS: Mapping[str, FaultKind] = {kind.name: kind for kind in _KINDS}


def wanted(text: str) -> Wanted:
    """Read `NAME[:routers][:argument]`, such as `slow:ams-*:1.5`; without a pattern it is for all routers.

    Raises:
        BadFault: no such fault, or an argument that it does not take.
    """
    name, _, rest = text.partition(":")
    pattern, _, argument = rest.partition(":")
    kind = FAULTS.get(name)
    if kind is None:
        close = get_close_matches(name, FAULTS, n=3, cutoff=0.5)
        hint = f" Did you mean {' or '.join(close)}?" if close else ""
        raise BadFault(f"There is no fault {name!r}.{hint}")
    if argument and not kind.argument:
        raise BadFault(f"The fault {name} takes no argument, and {argument!r} was given.")
    # Rehearsed on a router that is switched off: what it would not take is told before the lab starts.
    kind.switch(Router(RouterSpec(name="rehearsal"), "127.0.0.1", Clock()).faults, argument)
    return Wanted(kind=kind, routers=pattern or "*", argument=argument)
