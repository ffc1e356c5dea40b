"""One SSH connection to a router: host key judged before any login, whole answers, a byte cap."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager

import asyncssh

from routeros_mcp.domain.errors import (
    BadAnswer,
    DeviceError,
    DeviceUnreachable,
    HostKeyChanged,
    LoginFailed,
    RouterRefused,
)
from routeros_mcp.domain.models import SshAccess
from routeros_mcp.domain.ports import Target
from routeros_mcp.infra.routeros.connection import CLOSING_S, Lost
from routeros_mcp.infra.routeros.dial import same_fingerprint

# No colours, no questions about the terminal, and lines so wide that few are broken.
_LOGIN_OPTIONS = "+ct511w4098h"
_READ_BYTES = 64 * 1024
# The cheapest first, all that asyncssh knows behind them: old routers offer SHA-1 only.
_OPTIONS = asyncssh.SSHClientConnectionOptions(
    config=None,
    agent_path=None,
    client_keys=(),
    known_hosts=([], [], []),
    compression_algs=None,
    kex_algs="^curve25519-sha256",
    encryption_algs="^aes128-gcm@openssh.com",
    preferred_auth="publickey,password",
)

Reached = Callable[[str, str], None]
"""Told of each stage that was passed, and what there is to say about it."""
PinHostKey = Callable[[str, str], Awaitable[None]]


class SshConnection:
    """A logged-in connection."""

    def __init__(self, connection: asyncssh.SSHClientConnection, *, device_id: str, fingerprint: str) -> None:
        self._connection = connection
        self.device_id = device_id
        self.fingerprint = fingerprint
        self.idle_since = 0.0

    @property
    def is_usable(self) -> bool:
        return not self._connection.is_closed()

    async def execute(self, line: str, *, cap: int) -> bytes:
        """Run one line; all it printed, up to the end of the channel.

        Raises:
            Lost: the connection ended first. BadAnswer: longer than `cap` bytes. RouterRefused: no channel.
        """
        return (await self.transcript(line, cap=cap))[0]

    async def transcript(self, line: str, *, cap: int) -> tuple[bytes, int | None]:
        """As `execute`, with the exit status, None where the router gives none."""
        with self._lost():
            process = await self._connection.create_process(line, encoding=None, stderr=asyncssh.STDOUT)
            answer = bytearray()
            while chunk := await process.stdout.read(_READ_BYTES):
                answer += chunk
                if len(answer) > cap:
                    self._connection.abort()
                    raise too_long(cap)
            await process.wait_closed()
        if self._connection.is_closed():
            raise Lost("closed the connection in the middle of its answer")
        return bytes(answer), process.exit_status

    async def read_file(self, name: str, *, cap: int) -> bytes:
        """Raises as `execute` does; RouterRefused also when there is no such file, or no policy ftp."""
        with self._lost():
            async with self._connection.start_sftp_client() as sftp, sftp.open(name, "rb") as file:
                content: object = await file.read(cap + 1)
        if not isinstance(content, bytes):
            raise BadAnswer("The file did not come as bytes.", fix="Try again.")
        if len(content) > cap:
            raise too_long(cap)
        return content

    async def write_file(self, name: str, content: bytes) -> None:
        with self._lost():
            async with self._connection.start_sftp_client() as sftp, sftp.open(name, "wb") as file:
                await file.write(content)

    def abort(self) -> None:
        self._connection.abort()

    async def close(self) -> None:
        """Say goodbye, but do not wait long for the router to say it too."""
        self._connection.close()
        try:
            async with asyncio.timeout(CLOSING_S):
                await self._connection.wait_closed()
        except (TimeoutError, OSError, asyncssh.Error):
            self._connection.abort()

    @contextmanager
    def _lost(self) -> Iterator[None]:
        """Tell the end of the connection from a refusal on it."""
        try:
            yield
        except (asyncssh.ChannelOpenError, asyncssh.SFTPError) as error:
            if self._connection.is_closed():
                raise Lost("closed the connection") from error
            raise RouterRefused(
                f"The router refused it over SSH: {error.reason or type(error).__name__}.",
                fix="Check the file's name, the policies ssh and ftp, and the limit of sessions.",
            ) from error
        except (OSError, asyncssh.Error) as error:
            raise Lost("closed the connection") from error


class Caller(asyncssh.SSHClient):
    """Answers for one login: nothing secret leaves before the host key is the pinned one."""

    def __init__(self, target: Target, access: SshAccess, pin: PinHostKey, reached: Reached) -> None:
        self._target = target
        self._access = access
        self._pin = pin
        self._reached = reached
        self._secret: str | None = access.login.password.reveal()
        self._connection: asyncssh.SSHClientConnection | None = None
        self._is_pinned = False
        self.fingerprint = ""
        self.refusal: DeviceError | None = None

    def connection_made(self, conn: asyncssh.SSHClientConnection) -> None:
        self._connection = conn

    def validate_host_public_key(self, _host: str, _addr: str, _port: int, key: asyncssh.SSHKey) -> bool:
        self.fingerprint = key.get_fingerprint()
        self._reached("ssh", f"{key.get_algorithm()} host key {self.fingerprint}")
        pinned = self._access.host_key
        if pinned is not None and not same_fingerprint(pinned, self.fingerprint):
            self.refusal = _other_host_key(self._target, pinned, self.fingerprint)
            return False
        return True

    async def public_key_auth_requested(self) -> list[asyncssh.SSHKey] | None:
        if not self._access.is_key or not await self._may_tell():
            return None
        secret, self._secret = self._secret, None
        return [asyncssh.import_private_key(secret)] if secret is not None else None

    async def password_auth_requested(self) -> str | None:
        if self._access.is_key or not await self._may_tell():
            return None
        secret, self._secret = self._secret, None
        return secret

    async def settle_pin(self) -> None:
        """Make sure that the host key is the pinned one, or has just been pinned."""
        if not self._is_pinned:
            is_first = self._access.host_key is None
            if is_first:
                await self._pin(self._target.device_id, self.fingerprint)
            self._is_pinned = True
            self._reached("pin", "pinned on first use" if is_first else "the pinned host key")

    def abort(self) -> None:
        if self._connection is not None:
            self._connection.abort()

    async def _may_tell(self) -> bool:
        try:
            await self.settle_pin()
        except DeviceError as error:
            self.refusal = error
        return self.refusal is None


async def log_in(
    sock: socket.socket,
    target: Target,
    access: SshAccess,
    *,
    pin: PinHostKey,
    reached: Reached,
    within_s: float,
) -> SshConnection:
    """Exchange keys and log in on a connected socket, which is closed if that fails.

    Raises:
        HostKeyChanged: before any login was sent. LoginFailed, DeviceUnreachable.
    """
    caller = Caller(target, access, pin, reached)
    is_open = False
    try:
        _check_key(access)
        async with asyncio.timeout(within_s):
            connection = await asyncssh.run_client(
                sock,
                config=None,
                options=_OPTIONS,
                client_factory=lambda: caller,
                username=_with_options(access.login.username),
            )
            await caller.settle_pin()
        is_open = True
    except (OSError, asyncssh.Error) as error:
        raise caller.refusal or _failed(target, error, within_s) from error
    finally:
        if not is_open:
            caller.abort()
            sock.close()
    reached("login", f"logged in as {access.login.username}")
    return SshConnection(connection, device_id=target.device_id, fingerprint=caller.fingerprint)


def too_long(cap: int) -> BadAnswer:
    return BadAnswer(
        f"The router's answer over SSH is longer than {cap} bytes.",
        fix="Raise the limit for exports, or export parts of the configuration on the router.",
        cap_bytes=cap,
    )


def _with_options(username: str) -> str:
    return username if "+" in username else username + _LOGIN_OPTIONS


def _check_key(access: SshAccess) -> None:
    if not access.is_key:
        return
    try:
        asyncssh.import_private_key(access.login.password.reveal())
    except (asyncssh.KeyImportError, asyncssh.KeyEncryptionError) as error:
        raise LoginFailed(
            "The stored SSH key is no private key that can be read.",
            fix="Store one without passphrase: routeros-mcp device login NAME --ssh-key FILE.",
        ) from error


def _failed(target: Target, error: Exception, within_s: float) -> DeviceError:
    if isinstance(error, asyncssh.PermissionDenied):
        return LoginFailed(
            "The router refused the login over SSH.",
            fix=(
                "Check user and password or key, that the user is enabled, and that its group has the policy "
                "ssh. A router takes RSA and ed25519 keys only, and no password from a user who has a key."
            ),
        )
    where = f"The SSH handshake with {target.address}"
    if isinstance(error, TimeoutError):
        return DeviceUnreachable(
            f"{where} took longer than {within_s:g} s.",
            stage="ssh",
            fix="The router may be overloaded; try again, or check what listens at the port.",
        )
    if isinstance(error, asyncssh.KeyExchangeFailed):
        return DeviceUnreachable(
            f"{where} failed: no common algorithm.", stage="ssh", fix="Look at /ip/ssh on the router."
        )
    return DeviceUnreachable(
        f"{where} was cut off by the router.",
        stage="ssh",
        fix="Check that ssh accepts this server's address (/ip/service, `address`), and the port.",
    )


def _other_host_key(target: Target, pinned: str, presented: str) -> HostKeyChanged:
    return HostKeyChanged(
        f"{target.name} presents another SSH host key ({presented}) than the pinned one ({pinned}); "
        "no login was sent.",
        fix=(
            "If the router was reset or its host key made anew on purpose, have it pinned again: "
            "routeros-mcp device update NAME --forget-host-key; if not, somebody may be in between."
        ),
        pinned=pinned,
        presented=presented,
    )
