"""Faults a test switches on: what a router or the link to it does wrong."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from routeros_mcp.emulator.message import Request

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


@dataclass(slots=True, kw_only=True)
class Fault:
    """One switched-on fault: `left` counts the requests it will still take, None means until cleared."""

    effect: Effect
    matches: Matcher
    left: int | None = None
    seconds: float = 0.0
    size_bytes: int = 0
    body_of: str = _RESOURCE


@dataclass(frozen=True, slots=True)
class Link:
    """What faults may do to the router's listening sockets, certificate and host key."""

    close: Callable[[], None]
    open: Callable[[], None]
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
        self._active: list[Fault] = []

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

    def drop_before(self, n: int = 1, on: Matcher | str | None = None) -> None:
        """Close the connection without running the request."""
        self._add(Effect.DROP_BEFORE, on, left=n)

    def drop_after(self, n: int = 1, on: Matcher | str | None = None) -> None:
        """Run the request, then close the connection without an answer."""
        self._add(Effect.DROP_AFTER, on, left=n)

    def half_answer(self, n: int = 1, on: Matcher | str | None = None) -> None:
        """Run the request, send half of the answer, close."""
        self._add(Effect.HALF_ANSWER, on, left=n)

    def late(self, seconds: float, n: int = 1, on: Matcher | str | None = WRITES) -> None:
        """Close the connection at once and run the request after `seconds`."""
        self._add(Effect.LATE, on, left=n, seconds=seconds)

    def session_closed(self, n: int = 1, on: Matcher | str | None = None) -> None:
        """Answer as at the 60 s cap, without waiting and without running the request."""
        self._add(Effect.SESSION_CLOSED, on, left=n)

    def wrong_certificate(self) -> None:
        """Present a certificate that nobody has pinned."""
        self._link.recertify()

    def wrong_host_key(self) -> None:
        """Present an SSH host key that nobody has pinned."""
        self._link.change_host_key()

    def unauthorized(self, n: int = 1, on: Matcher | str | None = None) -> None:
        """Answer 401 to a valid login, as a router does to bystanders of an aborted request."""
        self._add(Effect.UNAUTHORIZED, on, left=n)

    def wrong_body(self, n: int = 1, on: Matcher | str | None = READS, of: str = _RESOURCE) -> None:
        """Answer with the body of one settings menu whatever was asked, as seen shortly after a boot."""
        self._active.append(Fault(effect=Effect.WRONG_BODY, matches=matcher(on), left=n, body_of=of))

    def oversize(self, size_bytes: int, n: int | None = None, on: Matcher | str | None = READS) -> None:
        """Answer with a body of at least this many bytes."""
        self._add(Effect.OVERSIZE, on, left=n, size_bytes=size_bytes)

    def garbage(self, n: int = 1, on: Matcher | str | None = None) -> None:
        """Run the request and answer 200 with something that is not JSON."""
        self._add(Effect.GARBAGE, on, left=n)

    def clear(self) -> None:
        """Switch everything off and listen again; a changed certificate stays."""
        self._active.clear()
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
        return None

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
