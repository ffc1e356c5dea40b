"""A connection test that names the first stage that fails and what to do about it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from routeros_mcp.domain.errors import BadAnswer, DeviceError, PolicyDenied
from routeros_mcp.domain.models import ProbeStage
from routeros_mcp.domain.ports import Query
from routeros_mcp.infra.routeros.addresses import parse_place
from routeros_mcp.infra.routeros.session import Session
from routeros_mcp.infra.routeros.wire import decode, read_request, rows

STAGES = ("address", "dns", "tcp", "tls", "pin", "login", "policy", "read")


@dataclass(slots=True)
class StageLog:
    """Stages passed so far, of those there are; each lasted since the one before it."""

    monotonic: Callable[[], float]
    order: tuple[str, ...] = STAGES
    transport: str = "rest"
    stages: list[ProbeStage] = field(default_factory=list)
    since: float = 0.0

    def __post_init__(self) -> None:
        self.since = self.monotonic()

    def passed(self, name: str, detail: str) -> None:
        self._add(name, detail, ok=True)

    def failed(self, error: DeviceError) -> None:
        """Put the failure where it belongs: an address is judged after its name has been looked up."""
        following = self.order[len(self.stages)]
        name = error.stage if error.stage in self.order else following
        self.stages = self.stages[: self.order.index(name)]
        self._add(name if len(self.stages) == self.order.index(name) else following, error.message, error.fix)

    def _add(self, name: str, detail: str, fix: str = "", *, ok: bool = False) -> None:
        now = self.monotonic()
        duration_ms = (now - self.since) * 1000
        self.since = now
        self.stages.append(
            ProbeStage(
                name=name, ok=ok, detail=detail, fix=fix, duration_ms=duration_ms, transport=self.transport
            )
        )


async def probed(session: Session) -> list[ProbeStage]:
    """Try the way to the router; the last stage listed is the failed one, or `read`."""
    log = StageLog(session.monotonic)
    try:
        await _reach(session, log)
        await _use(session, log)
    except DeviceError as error:
        log.failed(error)
    return log.stages


async def _reach(session: Session, log: StageLog) -> None:
    target, dialer = session.target, session.dialer
    place = parse_place(target.address)
    log.passed("address", place.authority)
    found = await dialer.look_up(place)
    log.passed("dns", f"{', '.join(map(str, found))}: within the management networks")
    sock = await dialer.connect(place, found)
    log.passed("tcp", f"connected to port {place.port}")
    connection = await dialer.handshake(target, place, sock)
    log.passed("tls", f"{connection.tls_version}, certificate sha256 {connection.fingerprint}")
    await dialer.check_pin(target, connection)
    log.passed("pin", "pinned on first use" if target.fingerprint is None else "the pinned certificate")
    await session.adopt(connection)


async def _use(session: Session, log: StageLog) -> None:
    try:
        name = await _singleton(session, "/system/identity", "name")
    except PolicyDenied:
        log.passed("login", f"logged in as {session.target.login.username}")
        raise
    log.passed("login", f"logged in as {session.target.login.username} at {name}")
    log.passed("policy", "the group may use the REST API and read")
    log.passed("read", f"RouterOS {await _singleton(session, '/system/resource', 'version')}")


async def _singleton(session: Session, path: str, name: str) -> str:
    answer = await session.ask(read_request(Query(path=path)))
    found = rows(decode(answer.body))
    if len(found) != 1 or name not in found[0]:
        # recorded: shortly after boot a router may answer with another path's body
        raise BadAnswer(
            f"The answer for {path} lacks {name!r}.",
            fix="If the router has just started, try again in a minute; else check what answers here.",
        )
    return found[0][name]
