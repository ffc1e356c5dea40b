"""Faults a test switches on: what a router or the link to it does wrong."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from routeros_mcp.emulator.access import Access
from routeros_mcp.emulator.clock import stamp
from routeros_mcp.emulator.sockets.line import Line
from routeros_mcp.emulator.store import Store
from routeros_mcp.emulator.web.message import Request

_RESOURCE = "/system/resource"

Matcher = Callable[[Request], bool]


def _is_read(request: Request) -> bool:
    return not request.is_write


def _is_write(request: Request) -> bool:
    return request.is_write


def _is_command(request: Request) -> bool:
    return request.method == "EXEC"


READS: Matcher = _is_read
WRITES: Matcher = _is_write
COMMANDS: Matcher = _is_command


class Effect(StrEnum):
    """What happens to a request that a fault takes."""

    SLOW = "slow"
    HANG = "hang"
    DROP_BEFORE = "drop-before"
    DROP_AFTER = "drop-after"
    HALF_ANSWER = "half-answer"
    LATE = "late"
    SESSION_CLOSED = "session-closed"
    UNAUTHORIZED = "unauthorized"
    WRONG_BODY = "wrong-body"
    OVERSIZE = "oversize"
    GARBAGE = "garbage"
    REFUSED = "refused"
    REBOOT = "reboot"
    RESET = "reset"
    TWICE = "twice"


@dataclass(slots=True, kw_only=True)
class Fault:
    """One switched-on fault: `left` counts the requests it will still take, None means until cleared."""

    effect: Effect
    matches: Matcher
    left: int | None = None
    seconds: float = 0.0
    size_bytes: int = 0
    body_of: str = _RESOURCE
    words: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """What faults may do to a router beside taking its requests; `restart` is down for so many seconds."""

    store: Store
    line: Line
    access: Access
    close: Callable[[], None]
    open: Callable[[], None]
    restart: Callable[[float], None]
    recertify: Callable[[], None]
    change_host_key: Callable[[], None]
    silence: Callable[[str], None]
    revive: Callable[[str], None]


def matcher(on: Matcher | str | None) -> Matcher:
    """Take a callable, or a menu path whose requests match, or nothing for all."""
    if on is None:
        return lambda _request: True
    if isinstance(on, str):
        prefix = "/rest" + on.removeprefix("/rest")
        return lambda request: request.path.startswith(prefix)
    return on


class Faults:
    """The switches of one router. Each takes matching requests, first switched on first."""

    def __init__(self, link: Link) -> None:
        self._link = link
        self._store = link.store
        self._line = link.line
        self._active: list[Fault] = []
        self._drawn: Callable[[Request], Fault | None] | None = None

    def down(self) -> None:
        """Refuse new connections and cut the open ones."""
        self._link.close()

    def up(self) -> None:
        self._link.open()

    def silence(self, host: str) -> None:
        """Make a host of the network dead to the router: by IP address, or by MAC address a client's."""
        self._link.silence(host)

    def revive(self, host: str) -> None:
        self._link.revive(host)

    def slow(self, seconds: float, on: Matcher | str | None = None) -> None:
        """Work this long before each matching request runs, holding the user's queue."""
        self._add(Effect.SLOW, on, seconds=seconds)

    def hang(self, on: Matcher | str | None = None) -> None:
        """Accept requests and never run or answer them."""
        self._add(Effect.HANG, on)

    def drop_before(self, n: int | None = 1, on: Matcher | str | None = None) -> None:
        """Close the connection without running the request."""
        self._add(Effect.DROP_BEFORE, on, left=n)

    def drop_after(self, n: int | None = 1, on: Matcher | str | None = None) -> None:
        """Run the request, then close the connection without an answer."""
        self._add(Effect.DROP_AFTER, on, left=n)

    def half_answer(self, n: int | None = 1, on: Matcher | str | None = None) -> None:
        """Run the request, send half of the answer, close."""
        self._add(Effect.HALF_ANSWER, on, left=n)

    def late(self, seconds: float, n: int | None = 1, on: Matcher | str | None = WRITES) -> None:
        """Close the connection at once and run the request after `seconds`."""
        self._add(Effect.LATE, on, left=n, seconds=seconds)

    def twice(self, n: int | None = 1, on: Matcher | str | None = WRITES) -> None:
        """Run the request two times, and answer as the second time."""
        self._add(Effect.TWICE, on, left=n)

    def session_closed(self, n: int | None = 1, on: Matcher | str | None = None) -> None:
        """Answer as at the 60 s cap, without waiting and without running the request."""
        self._add(Effect.SESSION_CLOSED, on, left=n)

    def wrong_certificate(self) -> None:
        """Present a certificate that nobody has pinned."""
        self._link.recertify()

    def wrong_host_key(self) -> None:
        """Present an SSH host key that nobody has pinned."""
        self._link.change_host_key()

    def unauthorized(self, n: int | None = 1, on: Matcher | str | None = None) -> None:
        """Answer 401 to a valid login, as a router does to bystanders of an aborted request."""
        self._add(Effect.UNAUTHORIZED, on, left=n)

    def wrong_body(self, n: int | None = 1, on: Matcher | str | None = READS, of: str = _RESOURCE) -> None:
        """Answer with the body of one settings menu whatever was asked, as seen shortly after a boot."""
        self._active.append(Fault(effect=Effect.WRONG_BODY, matches=matcher(on), left=n, body_of=of))

    def oversize(self, size_bytes: int, n: int | None = None, on: Matcher | str | None = READS) -> None:
        """Answer with a body of at least this many bytes."""
        self._add(Effect.OVERSIZE, on, left=n, size_bytes=size_bytes)

    def garbage(self, n: int | None = 1, on: Matcher | str | None = None) -> None:
        """Run the request and answer 200 with something that is not JSON."""
        self._add(Effect.GARBAGE, on, left=n)

    # The line to the router.

    def reset(self, n: int = 1) -> None:
        """Reset so many new connections before anything is said on them."""
        self._line.resets = n

    def lossy(self, percent: float) -> None:
        """Lose so many of a hundred new connections: nobody ever answers on them."""
        self._line.lost_percent = percent

    def latency(self, seconds: float, jitter_s: float = 0.0) -> None:
        """Let each request take so long to arrive, more or less by the jitter."""
        self._line.latency_s, self._line.jitter_s = seconds, jitter_s

    def flapping(self, period_s: float, down_s: float) -> None:
        """Let the line go out for the last `down_s` of each period."""
        self._line.flap_period_s, self._line.flap_down_s = period_s, down_s

    def aborts_hurt(self, seconds: float = 1.75) -> None:
        """Act as routers do after a client left in the middle of a request: resets, and a stray 401."""
        self._line.aborts_hurt_s = seconds

    # The router itself.

    def after_boot(self, n: int = 2) -> None:
        """Start over, and answer the first reads with the body of another menu."""
        self._link.restart(0.0)
        self.wrong_body(n)

    def disk_full(self) -> None:
        """Refuse every file, and say that no room is left."""
        self._store.is_disk_full = True
        self._store.overrides["free-hdd-space"] = "0"

    def half_written_flash(self, within_s: float = 40.0, down_s: float = 0.0) -> None:
        """Cut the power: of files written in the last 40 s half is there when the router is up again."""
        since = stamp(self._store.local() - within_s)
        for row in self._store.table("/file").rows:
            contents = row.values.get("contents", "")
            if row.values.get("last-modified", "") >= since:
                row.values["contents"] = contents[: len(contents) // 2]
        self._link.restart(down_s)

    def policy_loss(self, *policies: str) -> None:
        """Take policies from every group, at once."""
        self._store.lost_policies |= frozenset(policies)
        self._link.access.forget()

    def device_mode(self) -> None:
        """Refuse what the device mode `home` forbids: schedulers, fetching."""
        forbidden = ("/system/scheduler", "/tool/fetch")

        def takes(request: Request) -> bool:
            told = f"{request.path} {request.text}".replace(" /", "/")
            return request.is_write and any(path in told for path in forbidden)

        fault = Fault(effect=Effect.REFUSED, matches=takes, words="failure: not allowed by device-mode")
        self._active.append(fault)

    def unreadable(self, words: str) -> None:
        """Fail to read every script that holds these words, as a version does that lacks what they name."""
        self._store.unreadable = words

    def clock_jump(self, seconds: float) -> None:
        """Move the router's wall clock at once, as a time server does after a boot without a battery."""
        self._store.clock.set_wall(self._store.clock.wall() + seconds)
        self._store.machine.changed("/system/scheduler")

    def reboot_on(self, on: Matcher | str | None = "/system/scheduler/add", down_s: float = 0.0) -> None:
        """Run the first matching request, and restart before it is answered."""
        self._add(Effect.REBOOT, on, left=1, seconds=down_s)

    def leaking_sessions(self) -> None:
        """Forget logins between requests: each leaves two more rows in /user/active and a line in the log."""
        self._link.access.keeps_logins = False

    def draw_from(self, drawn: Callable[[Request], Fault | None]) -> None:
        """Ask for the fault of each request that no fault of its own takes."""
        self._drawn = drawn

    def clear(self) -> None:
        """Switch everything off and listen again; what has been changed on the router stays changed."""
        self._active.clear()
        self._drawn = None
        self._line.calm()
        self._link.access.keeps_logins = True
        self._store.lost_policies = frozenset()
        self._store.unreadable = ""
        if self._store.is_disk_full:
            self._store.is_disk_full = False
            del self._store.overrides["free-hdd-space"]
        self._link.open()

    def take(self, request: Request) -> Fault | None:
        """Return the fault that hits this request and count it."""
        for fault in self._active:
            if fault.matches(request):
                if fault.left is not None:
                    fault.left -= 1
                    if not fault.left:
                        self._active.remove(fault)
                return fault
        return self._drawn(request) if self._drawn is not None else None

    def _add(
        self,
        effect: Effect,
        on: Matcher | str | None,
        *,
        left: int | None = None,
        seconds: float = 0.0,
        size_bytes: int = 0,
    ) -> None:
        fault = Fault(effect=effect, matches=matcher(on), left=left, seconds=seconds, size_bytes=size_bytes)
        self._active.append(fault)
