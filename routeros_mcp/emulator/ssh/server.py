"""The SSH service of one emulated router: host key, connections, commands."""

import asyncio
import socket
from collections.abc import Callable
from functools import cached_property

import asyncssh

from routeros_mcp.emulator.faults import Effect, Fault
from routeros_mcp.emulator.passing.safe_mode import SafeMode
from routeros_mcp.emulator.reach import reachability
from routeros_mcp.emulator.reach.reachability import SSH
from routeros_mcp.emulator.sockets.doorways import Doorway
from routeros_mcp.emulator.sockets.line import Line
from routeros_mcp.emulator.sockets.listener import Listener
from routeros_mcp.emulator.ssh import shell as ssh_shell
from routeros_mcp.emulator.ssh.files import FileTable
from routeros_mcp.emulator.ssh.login import Gatekeeper
from routeros_mcp.emulator.store import Store
from routeros_mcp.emulator.web.message import Request

Record = Callable[[str, str], tuple[Request, Fault | None]]
_LOGIN_S = 20
# A login over ed25519 takes 2 ms here, one over RSA 40; RouterOS has had both since 7.9.
_KEY = "ssh-ed25519"


class SshServer:
    """Exec, shell and SFTP on a socket of its own.

    `attempts` lists every login that was tried.
    """

    def __init__(
        self,
        store: Store,
        doorway: Doorway,
        line: Line,
        record: Record,
        ran: Callable[[Request], None],
        safe_mode: SafeMode,
    ) -> None:
        self.attempts: list[str] = []
        self.accepted = 0
        self._store = store
        self._line = line
        self._record = record
        self._ran = ran
        self._safe_mode = safe_mode
        self._is_cut = False
        self._listener = Listener(store, SSH, doorway, line, self._serve)
        self._connections: set[asyncssh.SSHServerConnection] = set()

    @property
    def address(self) -> str:
        return self._listener.address

    @property
    def port(self) -> int:
        return self._listener.port

    @property
    def fingerprint(self) -> str:
        return self._key.get_fingerprint()

    @cached_property
    def _key(self) -> asyncssh.SSHKey:
        """Make the host key when somebody asks for it: most routers of a large fleet are never asked."""
        return asyncssh.generate_private_key(_KEY)

    @property
    def open_connections(self) -> int:
        return len(self._connections)

    async def start(self) -> None:
        await self._listener.start()

    async def stop(self) -> None:
        self.down()
        await self._listener.stop()

    def down(self) -> None:
        """Refuse new connections and cut the open ones: the router does not hear that they ended."""
        self._is_cut = True
        self._listener.down()
        for connection in tuple(self._connections):
            connection.abort()

    def up(self) -> None:
        self._is_cut = False
        self._listener.up()

    def reconsider(self) -> None:
        self._listener.reconsider()

    def change_key(self) -> None:
        self.__dict__.pop("_key", None)

    async def _serve(self, accepted: socket.socket) -> None:
        """See one connection through, from the key exchange to its end."""
        gatekeeper = self._gatekeeper()
        try:
            connection = await asyncssh.run_server(
                accepted,
                config=None,
                server_factory=lambda: gatekeeper,
                server_host_keys=[self._key],
                process_factory=self._process,
                sftp_factory=self._files,
                encoding="utf-8",
                errors="surrogateescape",
                line_editor=False,
                login_timeout=_LOGIN_S,
                agent_forwarding=False,
            )
            await connection.wait_closed()
        except (OSError, asyncssh.Error):
            return
        finally:
            gatekeeper.abort()
            accepted.close()

    def _gatekeeper(self) -> Gatekeeper:
        self.accepted += 1
        return Gatekeeper(self._store, self.attempts, self._connections.add, self._connections.discard)

    def _files(self, channel: asyncssh.SSHServerChannel[bytes]) -> FileTable:
        return FileTable(channel, self._store)

    async def _process(self, process: asyncssh.SSHServerProcess[str]) -> None:
        if process.command is None:
            shell = ssh_shell.Shell(process, self._store, self._ran_by, self._safe_mode)
            await shell.converse(lambda: self._is_cut)
            process.exit(0)
        else:
            await self._execute(process, process.command)

    def _ran_by(self, user: str, text: str) -> None:
        self._ran(self._record(user, text)[0])

    async def _execute(self, process: asyncssh.SSHServerProcess[str], text: str) -> None:
        """Run one line without terminal, prompt or echo, unless a fault takes it."""
        if not reachability.lives_on(self._store, SSH):
            await asyncio.get_running_loop().create_future()
        login = ssh_shell.login_of(process)
        request, fault = self._record(login.session.user, text)
        effect = fault.effect if fault is not None else None
        await asyncio.sleep(self._line.delay_s())
        match effect:
            case Effect.REFUSED if fault is not None:
                process.stdout.write(f"{fault.words}\r\n")
                process.exit(self._store.spec.ssh_error_status)
                return
            case Effect.HANG:
                await process.stdin.read()
                await asyncio.get_running_loop().create_future()
            case Effect.SLOW if fault is not None:
                await asyncio.sleep(fault.seconds)
            case Effect.DROP_BEFORE:
                process.channel.get_connection().abort()
                return
        program = ssh_shell.begin(self._store, login, text)
        ran = await ssh_shell.paced(program, self._store.spec.pace)
        self._ran(request)
        output = _spoiled(ran.output, fault)
        if not reachability.answers(self._store):
            await asyncio.get_running_loop().create_future()
        if effect in {Effect.DROP_AFTER, Effect.REBOOT}:
            process.channel.get_connection().abort()
            return
        process.stdout.write(output)
        process.exit(self._store.spec.ssh_error_status if ran.has_failed else 0)


def _spoiled(output: str, fault: Fault | None) -> str:
    match fault.effect if fault is not None else None:
        case Effect.HALF_ANSWER:
            return output[: len(output) // 2]
        case Effect.GARBAGE:
            return "\x00\udcff\x1b[2J{half"
        case Effect.OVERSIZE if fault is not None:
            return "x" * fault.size_bytes
        case _:
            return output
