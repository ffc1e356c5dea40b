"""One emulated router: its sockets, its certificate, its tables, its faults and its ledger of requests."""

import asyncio
import contextlib
import math
import socket
from collections.abc import Callable
from functools import partial
from http import HTTPStatus

import h11

from routeros_mcp.emulator import console, operations, views
from routeros_mcp.emulator.access import Access, Session
from routeros_mcp.emulator.clock import Clock
from routeros_mcp.emulator.commands import locate
from routeros_mcp.emulator.errors import Refusal, session_closed, unauthorized
from routeros_mcp.emulator.faults import Effect, Fault, Faults, Link
from routeros_mcp.emulator.machine import Login
from routeros_mcp.emulator.passing.driver import advance
from routeros_mcp.emulator.passing.power import Power, forget_memory
from routeros_mcp.emulator.program import Program
from routeros_mcp.emulator.reach import reachability
from routeros_mcp.emulator.reach.reachability import HTTPS, SSH
from routeros_mcp.emulator.sockets import tls
from routeros_mcp.emulator.sockets.doorways import OwnSockets, Sockets
from routeros_mcp.emulator.sockets.line import Line
from routeros_mcp.emulator.sockets.listener import Listener
from routeros_mcp.emulator.spec import RouterSpec
from routeros_mcp.emulator.ssh.server import SshServer
from routeros_mcp.emulator.store import Row, Store
from routeros_mcp.emulator.web import rest, webserver
from routeros_mcp.emulator.web.connection import Connection
from routeros_mcp.emulator.web.message import Reply, Request, json_reply, refusal_reply, split_target
from routeros_mcp.emulator.web.queueing import Job, UserQueue
from routeros_mcp.emulator.web.rest import Result

_HANDSHAKE_S = 5.0
_STOP_S = 2.0


class Router:
    """A router on real sockets, one for HTTPS and one for SSH. Start it through `Fleet`."""

    def __init__(self, spec: RouterSpec, host: str, clock: Clock, sockets: Sockets | None = None) -> None:
        sockets = sockets or OwnSockets()
        self.spec = spec
        self.host = host
        self.store = Store(spec, clock)
        self.ledger: list[Request] = []
        self.witnesses: list[Callable[[Request], None]] = []
        self.power = Power(self.store, self, partial(_begin, self.store))
        self._line = Line(clock.steady)
        ssh_doorway = sockets.doorway(SSH.service, host, 0)
        self.ssh = SshServer(
            self.store, ssh_doorway, self._line, self._record_command, self._ran, self.power.safe_mode
        )
        self._clock = clock
        self._held: list[tuple[Connection, Request]] = []
        self._access = Access(self.store)
        self.faults = Faults(self._link())
        self._identity = tls.Identity(spec.name, host)
        self._queues: dict[tuple[str, str], UserQueue] = {}
        self._connections: dict[Connection, int] = {}
        self._count = 0
        self._late: set[asyncio.TimerHandle] = set()
        https_doorway = sockets.doorway(HTTPS.service, host, spec.port)
        self._listener = Listener(self.store, HTTPS, https_doorway, self._line, self._handshake)
        self._changed = asyncio.Event()
        self._empty = asyncio.Event()
        self._empty.set()

    @property
    def name(self) -> str:
        return self.spec.name

    @property
    def port(self) -> int:
        return self._listener.port

    @property
    def address(self) -> str:
        return self._listener.address

    @property
    def ssh_address(self) -> str:
        return self.ssh.address

    @property
    def ssh_fingerprint(self) -> str:
        """SHA-256 of the host key as OpenSSH writes it: `SHA256:` and base64 without padding."""
        return self.ssh.fingerprint

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the certificate in DER form, lower-case hex."""
        return self._identity.fingerprint

    @property
    def username(self) -> str:
        return self.spec.users[0].name

    @property
    def password(self) -> str:
        return self.spec.users[0].password

    @property
    def writes(self) -> list[Request]:
        return [request for request in self.ledger if request.is_write]

    def ledger_clear(self) -> None:
        self.ledger.clear()

    # What a person at WinBox would see and do, past REST, its policies and the ledger.

    def rows(self, path: str) -> list[dict[str, str]]:
        """Return a menu's rows as REST shows them; a settings menu is a list of one."""
        if views.is_single(self.store, path):
            return [views.single(self.store, path)]
        return views.rows(self.store, path)

    def edit(self, path: str, key: str | None, values: dict[str, str]) -> None:
        """Change a row by id or name, or the settings menu when there is no key."""
        if key is None:
            operations.change(self.store, path, self.store.single(path), values)
            return
        operations.change(self.store, *locate(self.store, path, key), values)

    def add(self, path: str, values: dict[str, str]) -> str:
        """Add a row and return its id. Read-only keys such as `dynamic` are taken as they are."""
        fields = self.store.menu(path).fields
        own = {k: v for k, v in values.items() if k in fields and fields[k].is_readonly}
        given = {k: v for k, v in values.items() if k not in own}
        if not given:
            row = Row(self.store.next_number(path), {})
            self.store.table(path).rows.append(row)
        else:
            row = operations.add(self.store, path, given)
        row.values.update(own)
        return row.id

    def remove(self, path: str, key: str) -> None:
        operations.remove(self.store, *locate(self.store, path, key))

    def renumber(self) -> None:
        """Give every row another id, in the same order, as a restart or a restored backup may."""
        self.store.renumber()

    def set_resource(self, **values: float) -> None:
        """Override figures of /system/resource: `cpu_load=97`, `free_memory=1024`, `uptime_s=30`."""
        for name, value in values.items():
            key = name if name == "uptime_s" else name.replace("_", "-")
            self.store.overrides[key] = str(value)

    def hide_resource(self, *names: str) -> None:
        """Leave figures out of /system/resource, as a router does that has not finished starting."""
        self.store.hidden.update(names)

    def set_temperature(self, celsius: float, sensor: str = "cpu-temperature") -> None:
        self.store.health[sensor] = str(celsius)

    @property
    def has_late(self) -> bool:
        """Whether a request has arrived that is still to run, its connection gone or not."""
        return any(not timer.cancelled() for timer in self._late)

    async def until(self, is_so: Callable[[], bool]) -> None:
        """Wait until it is so; it is looked at whenever a request arrives or has run."""
        while not is_so():
            await self._changed.wait()

    def _tell(self, request: Request | None = None) -> None:
        """Wake who waits; witnesses see each request when it arrives, and again when it has run."""
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()
        if request is not None:
            for witness in self.witnesses:
                witness(request)

    # Time, power, and who stands before the device.

    async def advance(self, seconds: float) -> None:
        """Let time pass on this router alone: all that falls due runs in order, then this returns."""
        await advance([self.power.driver], seconds)

    def reboot(self) -> None:
        """Start the router over, as `/system/reboot` does."""
        self.power.reboot(self.username)

    def power_cut(self, lost_s: float | None = None, *, is_half_written: bool = False) -> None:
        """Take its power away for a moment.

        What was changed in the last `lost_s` seconds is lost; by default what the flash was not given yet
        (`write_back_s` of the spec). Files of that time are gone, or half there.
        """
        self.power.cut(lost_s, is_half_written=is_half_written)

    def press_button(self) -> None:
        """Press the button that confirms a change of device-mode."""
        self.power.press_button()

    # Life on the sockets.

    async def start(self) -> None:
        await self._listener.start()
        await self.ssh.start()
        self.power.start()

    async def stop(self) -> None:
        """Close everything and wait until it is closed."""
        self.power.stop()
        self._down()
        self._drop_requests()
        await self.ssh.stop()
        await self._listener.stop()
        async with asyncio.timeout(_STOP_S):
            await self._empty.wait()

    def _down(self) -> None:
        self._listener.down()
        self.ssh.down()
        for connection in tuple(self._connections):
            connection.abort()

    def _cut(self) -> None:
        self.power.link(is_up=False)
        self._down()

    def _mend(self) -> None:
        self.power.link(is_up=True)
        if self.power.is_serving:
            self._listener.up()
            self.ssh.up()

    def _silence(self, host: str) -> None:
        self.store.silent[host] = self.store.clock.steady()
        self.power.netwatch.changed("")

    def _revive(self, host: str) -> None:
        self.store.silent.pop(host, None)
        self.power.netwatch.changed("")

    def on(self) -> None:
        if self.power.netwatch.is_linked:
            self._listener.up()
            self.ssh.up()

    def off(self, *, is_clean: bool) -> None:
        self._listener.down()
        self.ssh.down()
        self._drop_requests()
        self._access.forget()
        for connection in tuple(self._connections):
            connection.close() if is_clean else connection.abort()

    def _drop_requests(self) -> None:
        for queue in self._queues.values():
            queue.stop()
        self._queues.clear()
        for timer in self._late:
            timer.cancel()
        self._held.clear()

    def happened(self) -> None:
        self._tell()

    def freed(self) -> None:
        held, self._held = self._held, []
        for connection, request in held:
            self._submit(connection, request, None)

    def reconsider_soon(self) -> None:
        self._tell()
        with contextlib.suppress(RuntimeError):
            asyncio.get_running_loop().call_soon(self._reconsider)

    def _link(self) -> Link:
        return Link(
            store=self.store,
            line=self._line,
            access=self._access,
            close=self._cut,
            open=self._mend,
            silence=self._silence,
            revive=self._revive,
            restart=self._restart,
            recertify=self._recertify,
            change_host_key=self.ssh.change_key,
        )

    def _restart(self, down_s: float) -> None:
        """Start over in an instant, as faults want it: what a reboot takes is gone, connections are cut."""
        forget_memory(self.store)
        self.store.booted_at = self.store.told_at = self.store.clock.steady()
        self._access.forget()
        self._cut()
        if down_s:
            self._after(down_s, self._mend)
        else:
            self._mend()

    def _reconsider(self) -> None:
        self._listener.reconsider()
        self.ssh.reconsider()

    def _recertify(self) -> None:
        self._identity = tls.Identity(self.spec.name, self.host)

    async def _handshake(self, accepted: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        try:
            await asyncio.sleep(self._line.delay_s())
            await loop.connect_accepted_socket(
                lambda: Connection(self),
                accepted,
                ssl=self._identity.context,
                ssl_handshake_timeout=_HANDSHAKE_S,
                ssl_shutdown_timeout=_HANDSHAKE_S,
            )
        except (OSError, asyncio.CancelledError):
            accepted.close()

    def opened(self, connection: Connection) -> None:
        self._count += 1
        self._connections[connection] = self._count
        self._empty.clear()
        spec, port = self.spec, connection.remote.rpartition(":")[2]
        local = f"{spec.management_address}:443" if spec.management_address else self.address
        self.store.connections[self._count] = (local, f"{spec.manager_address}:{port}")

    def closed(self, connection: Connection) -> None:
        if connection.is_waiting:
            self._line.aborted()
        number = self._connections.pop(connection, None)
        if number is not None:
            self.store.connections.pop(number, None)
        if not self._connections:
            self._empty.set()

    # Requests.

    def received(self, connection: Connection, head: h11.Request, body: bytes) -> None:
        """Record a request and let it run, unless it never arrives, or the line or a fault takes it."""
        if not reachability.lives_on(self.store, HTTPS):
            return
        if self._line.is_out:
            connection.abort()
            return
        request = self._record(head, body)
        if self._line.takes_401():
            self._deliver(connection, request, refusal_reply(unauthorized()))
            return
        fault = self.faults.take(request)
        early = webserver.early(self.store, request) if fault is None else None
        if early is not None:
            self._deliver(connection, request, early)
        elif fault is None or not self._stray(connection, request, fault):
            self._arrive(partial(self._submit, connection, request, fault))

    def _record(self, head: h11.Request, body: bytes) -> Request:
        path, query = split_target(head.target.decode("latin-1"))
        headers = {name.decode().lower(): value.decode("latin-1") for name, value in head.headers}
        request = Request(
            n=len(self.ledger) + 1,
            method=head.method.decode(),
            path=path,
            query=query,
            headers=headers,
            body=body,
            user=webserver.credentials(headers)[0],
            at=self._clock.wall(),
        )
        self.ledger.append(request)
        self._tell(request)
        return request

    def _record_command(self, user: str, text: str) -> tuple[Request, Fault | None]:
        """Enter a console command into the ledger; a fault may take it as it may take any request."""
        request = Request(n=len(self.ledger) + 1, method="EXEC", path=text, user=user, at=self._clock.wall())
        self.ledger.append(request)
        self._tell(request)
        return request, self.faults.take(request)

    def _ran(self, request: Request) -> None:
        request.executed = True
        self._tell(request)
        asyncio.get_running_loop().call_soon(self._reconsider)

    def _stray(self, connection: Connection, request: Request, fault: Fault) -> bool:
        """Act out a fault that keeps the request from its queue."""
        match fault.effect:
            case Effect.HANG:
                return True
            case Effect.DROP_BEFORE:
                connection.abort()
            case Effect.LATE:
                connection.abort()
                self._after(fault.seconds, lambda: self._submit(connection, request, None))
            case Effect.SESSION_CLOSED:
                self._deliver(connection, request, refusal_reply(session_closed()))
            case Effect.UNAUTHORIZED:
                self._deliver(connection, request, refusal_reply(unauthorized()))
            case Effect.REFUSED:
                self._deliver(connection, request, refusal_reply(Refusal(fault.words)))
            case _:
                return False
        return True

    def _arrive(self, then: Callable[[], None]) -> None:
        delay_s = self._line.delay_s()
        if delay_s:
            self._after(delay_s, then)
        else:
            then()

    def _after(self, delay_s: float, then: Callable[[], None]) -> None:
        def fire() -> None:
            self._late.discard(timer)
            then()

        timer = asyncio.get_running_loop().call_later(delay_s, fire)
        self._late.add(timer)

    def _submit(self, connection: Connection, request: Request, fault: Fault | None) -> None:
        if self.power.button.is_awaited:
            self._held.append((connection, request))
            return
        source = self.spec.manager_address
        key = (request.user, source)
        queue = self._queues.get(key)
        if queue is None:
            queue = self._queues[key] = UserQueue(self.spec.cap_s, self.spec.pace)
        wait_s = fault.seconds if fault is not None and fault.effect is Effect.SLOW else 0.0
        is_twice = fault is not None and fault.effect is Effect.TWICE
        run = partial(self._run_twice if is_twice else self._run, request, source)
        queue.submit(Job(run, partial(self._deliver, connection, request, fault=fault), wait_s))

    def _run(self, request: Request, source: str) -> Result:
        user, password = webserver.credentials(request.headers)
        try:
            session = self._access.login(user, password, source)
        except Refusal as refusal:
            return Result(refusal_reply(refusal))
        result = rest.answer(self.store, session, request)
        request.executed = result.reply.status < HTTPStatus.BAD_REQUEST
        self._tell(request)
        if request.method != "GET":
            asyncio.get_running_loop().call_soon(self._reconsider)
        return result

    def _run_twice(self, request: Request, source: str) -> Result:
        """The second answer counts; what either has done is done."""
        self._run(request, source)
        has_run = request.executed
        result = self._run(request, source)
        request.executed = request.executed or has_run
        return result

    def _deliver(
        self, connection: Connection, request: Request, reply: Reply, fault: Fault | None = None
    ) -> None:
        request.status = reply.status
        effect = fault.effect if fault is not None else None
        if effect is Effect.DROP_AFTER:
            connection.abort()
            return
        if effect is Effect.RESET:
            connection.reset()
            return
        if fault is not None and effect is Effect.REBOOT:
            self._restart(fault.seconds)
            return
        if not reachability.answers(self.store):
            return
        connection.send(
            self._spoiled(reply, fault),
            webserver.http_date(self.store.clock.wall()),
            0.5 if effect is Effect.HALF_ANSWER else 1.0,
        )
        asyncio.get_running_loop().call_soon(connection.resume)

    def _spoiled(self, reply: Reply, fault: Fault | None) -> Reply:
        match fault.effect if fault is not None else None:
            case Effect.WRONG_BODY if fault is not None:
                return json_reply(HTTPStatus.OK, views.single(self.store, fault.body_of))
            case Effect.GARBAGE:
                return Reply(status=HTTPStatus.OK, body=b'\x00\xff{"half":')
            case Effect.OVERSIZE if fault is not None:
                filler = [{".id": "*1", "comment": "x" * fault.size_bytes}]
                return json_reply(HTTPStatus.OK, filler)
            case _:
                return reply


def _begin(store: Store, login: Login, text: str) -> Program:
    session = Session(login.user, login.granted, math.inf, is_unattended=True)
    return console.start(console.Console(store, session), text)
