"""The way to a router, stage by stage: name, TCP, TLS, pinned certificate; all before any login is sent."""

from __future__ import annotations

import asyncio
import hashlib
import re
import socket
import ssl
from asyncio import sslproto
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv6Address

from routeros_mcp.domain.errors import DeviceUnreachable, PinMismatch
from routeros_mcp.domain.ports import Pins, Target
from routeros_mcp.infra.routeros.addresses import (
    IpAddress,
    IpNetwork,
    Place,
    Resolver,
    check_allowed,
    parse_place,
    resolve,
)
from routeros_mcp.infra.routeros.connection import CLOSING_S, Connection, Inbox

_TLS_BUFFER = 16 * 1024
_SERVER_NAME = re.compile(r"(?!-)[A-Za-z0-9_-]{1,63}(?:\.[A-Za-z0-9_-]{1,63})*\.?")
_NO_CERTIFICATE = (
    "Assign a certificate to www-ssl: /ip/service/set www-ssl certificate=<name>. Without one the router "
    "offers only anonymous ciphers."
)
_TURNED_AWAY = (
    "Check that www-ssl accepts this server's address (/ip/service, `address` or `available-from`), has a "
    "certificate, and is not at its session limit."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Times and sizes of router I/O. A router cuts a request after 60 s, so answers get a little more."""

    connect_s: float = 5.0
    ssh_login_s: float = 15.0  # key exchange and login: seconds of arithmetic on a small board
    answer_s: float = 70.0
    export_s: float = 300.0  # all requests of one export together
    answer_bytes: int = 8 * 1024 * 1024
    export_bytes: int = 32 * 1024 * 1024
    pause_s: float = 1.0  # before the second try on a new connection: an abort disturbs a router for 1-2.5 s
    shaken_s: float = 3.0  # so long after a lost connection a 401 may be another's (recorded on 7.21.5)
    keep_s: float = 90.0
    keep_connections: int = 1000
    breaker_failures: int = 3  # so many transport failures in a row, and the router is left alone for a while
    backoff_s: float = 5.0  # at first; 0 switches the breaker off
    backoff_max_s: float = 960.0
    backoff_jitter: float = 0.1  # plus or minus this share, so that routers do not come back in step


class Dialer:
    """Opens connections to routers within the allowed networks."""

    def __init__(
        self,
        *,
        pins: Pins,
        networks: Sequence[IpNetwork],
        connect_s: float,
        resolver: Resolver,
        service: str = "www-ssl",
    ) -> None:
        self._pins = pins
        self._networks = tuple(networks)
        self._connect_s = connect_s
        self._resolver = resolver
        self._service = service
        self._context = _context()
        _shrink_tls_buffers()

    async def open(self, target: Target) -> Connection:
        """A connection whose certificate is the pinned one, or has just been pinned.

        Raises:
            AddressNotAllowed, DeviceUnreachable, PinMismatch: nothing was sent.
        """
        place = parse_place(target.address)
        sock = await self.connect(place, await self.look_up(place))
        connection = await self.handshake(target, place, sock)
        await self.check_pin(target, connection)
        return connection

    async def look_up(self, place: Place) -> Sequence[IpAddress]:
        try:
            async with asyncio.timeout(self._connect_s):
                found = await resolve(place, self._resolver)
        except TimeoutError as error:
            raise DeviceUnreachable(
                f"Looking up {place.host!r} took longer than {self._connect_s:g} s.",
                stage="dns",
                fix="Check this server's DNS, or register the router by its IP address.",
            ) from error
        check_allowed(place, found, self._networks)
        return found

    async def connect(self, place: Place, found: Sequence[IpAddress]) -> socket.socket:
        """Connect to the first address that answers: exactly the addresses that were judged."""
        share_s = self._connect_s / len(found)
        for address in found[:-1]:
            try:
                return await self._connect_to(address, place.port, share_s)
            except DeviceUnreachable:
                continue
        return await self._connect_to(found[-1], place.port, share_s)

    async def handshake(self, target: Target, place: Place, sock: socket.socket) -> Connection:
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(self._connect_s):
                transport, inbox = await loop.create_connection(
                    Inbox,
                    sock=sock,
                    ssl=self._context,
                    server_hostname=place.host if _SERVER_NAME.fullmatch(place.host) else "",
                    ssl_shutdown_timeout=CLOSING_S,
                )
        except (OSError, ValueError) as error:
            raise _tls_failed(place, error, self._connect_s) from error
        certificate = transport.get_extra_info("ssl_object").getpeercert(binary_form=True)
        fingerprint = hashlib.sha256(certificate or b"").hexdigest()
        return Connection(transport, inbox, device_id=target.device_id, fingerprint=fingerprint)

    async def check_pin(self, target: Target, connection: Connection) -> None:
        """Compare with the pinned fingerprint or pin on first use; close the connection unless they agree."""
        is_pinned = False
        try:
            if target.fingerprint is None:
                await self._pins.pin(target.device_id, connection.fingerprint)
            elif not same_fingerprint(target.fingerprint, connection.fingerprint):
                raise _other_certificate(target, connection.fingerprint)
            is_pinned = True
        finally:
            if not is_pinned:
                await connection.close()

    async def _connect_to(self, address: IpAddress, port: int, within_s: float) -> socket.socket:
        family = socket.AF_INET6 if isinstance(address, IPv6Address) else socket.AF_INET
        # named as TCP: only then does asyncio switch off the delay of small packets
        sock = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        is_connected = False
        try:
            sock.setblocking(False)
            async with asyncio.timeout(within_s):
                await asyncio.get_running_loop().sock_connect(sock, (str(address), port))
            is_connected = True
        except OSError as error:
            raise self._tcp_failed(address, port, error, within_s) from error
        finally:
            if not is_connected:
                sock.close()
        return sock

    def _tcp_failed(
        self, address: IpAddress, port: int, error: OSError, within_s: float
    ) -> DeviceUnreachable:
        where = f"{address} port {port}"
        if isinstance(error, ConnectionRefusedError):
            return DeviceUnreachable(
                f"{where} refuses connections.",
                stage="tcp",
                fix=(
                    f"Enable {self._service} on the router (/ip/service/set {self._service} disabled=no), "
                    "or correct the port."
                ),
            )
        if isinstance(error, TimeoutError):
            words = f"{where} did not answer within {within_s:g} s."
        else:
            words = f"{where} cannot be reached: {error.strerror or type(error).__name__}."
        fix = "Check that the router is up, the route to it, and its firewall's input chain."
        return DeviceUnreachable(words, stage="tcp", fix=fix)


def same_fingerprint(one: str, other: str) -> bool:
    """Fingerprints in hex agree whatever their case and whether or not colons stand between the bytes.

    Those of SSH, `SHA256:` and base64, agree only to the letter.
    """
    if one.startswith("SHA256:"):
        return one == other
    return one.replace(":", "").lower() == other.replace(":", "").lower()


def _context() -> ssl.SSLContext:
    """One for all routers: their certificates are self-signed, so the pin decides instead of a CA."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    # RouterOS up to 7.23 stops at TLS 1.2; its old certificates carry SHA-1 signatures, unverified here
    context.set_ciphers("DEFAULT:@SECLEVEL=1")
    return context


def _shrink_tls_buffers() -> None:
    """Have asyncio read one TLS record at a time: 55 instead of 301 KB for each open connection (measured).

    The attribute is not public, so it is left alone wherever it is not what CPython 3.11-3.13 have.
    """
    if isinstance(getattr(sslproto.SSLProtocol, "max_size", None), int):
        sslproto.SSLProtocol.max_size = _TLS_BUFFER


def _tls_failed(place: Place, error: Exception, within_s: float) -> DeviceUnreachable:
    where = f"The TLS handshake with {place.authority}"
    if isinstance(error, TimeoutError):
        return DeviceUnreachable(
            f"{where} took longer than {within_s:g} s.",
            stage="tls",
            fix="The router may be overloaded; try again, or check what listens at the port.",
        )
    reason = str(getattr(error, "reason", None) or "")
    if "HANDSHAKE_FAILURE" in reason or "NO_SHARED_CIPHER" in reason:
        return DeviceUnreachable(
            f"{where} failed: no common cipher.", stage="tls", fix=_NO_CERTIFICATE, reason=reason
        )
    if isinstance(error, ssl.SSLError) and "EOF" not in reason:
        words = reason.replace("_", " ").lower() or "protocol error"
        fix = "Check that the port is www-ssl's (not www, api or winbox), and that it allows TLS 1.2."
        return DeviceUnreachable(f"{where} failed: {words}.", stage="tls", fix=fix, reason=reason)
    return DeviceUnreachable(f"{where} was cut off by the router.", stage="tls", fix=_TURNED_AWAY)


def _other_certificate(target: Target, presented: str) -> PinMismatch:
    return PinMismatch(
        f"{target.name} presents another certificate (sha256 {presented}) than the pinned one "
        f"(sha256 {target.fingerprint}); no login was sent.",
        fix=(
            "If the certificate was replaced on purpose, compare the fingerprint on the router "
            "(/certificate/print detail) and accept the new one; if not, somebody may be in between."
        ),
        pinned=target.fingerprint,
        presented=presented,
    )
