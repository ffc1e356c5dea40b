"""A TLS server that says what a test tells it to, byte by byte: what no honest router would play."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import functools
import hashlib
import json
import ssl
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from ipaddress import ip_network
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from routeros_mcp.domain.errors import PinMismatch
from routeros_mcp.domain.models import Login
from routeros_mcp.domain.models.credential import Secret
from routeros_mcp.domain.ports import Query, Target
from routeros_mcp.infra.routeros.dial import Limits
from routeros_mcp.infra.routeros.rest import RestClient

Manners = Callable[["Talk"], Awaitable[None]]


@dataclass(slots=True)
class Talk:
    """One accepted connection."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    number: int
    requests: list[bytes]
    unlocked: asyncio.Event

    async def request(self) -> bytes:
        """The next whole request, head and body; b"" when the client has hung up."""
        try:
            head = await self.reader.readuntil(b"\r\n\r\n")
        except asyncio.IncompleteReadError:
            return b""
        length = next(
            (int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")), 0
        )
        whole = head + await self.reader.readexactly(length)
        self.requests.append(whole)
        return whole

    def send(self, raw: bytes) -> None:
        self.writer.write(raw)

    def answer(self, body: bytes, status: str = "200 OK", *headers: str) -> None:
        lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers, "", ""]
        self.writer.write("\r\n".join(lines).encode() + body)

    def reset(self) -> None:
        self.writer.transport.abort()


@dataclass(slots=True)
class HostileRouter:
    """`requests` holds every whole request on the wire, `unlocked` is for manners that wait for the test."""

    port: int = 0
    fingerprint: str = ""
    connections: int = 0
    requests: list[bytes] = field(default_factory=list)
    hang_ups: int = 0
    unlocked: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"


@contextlib.asynccontextmanager
async def hostile(manners: Manners, *, context: ssl.SSLContext | None = None) -> AsyncIterator[HostileRouter]:
    """Serve each connection by `manners`, then close it."""
    router = HostileRouter(fingerprint=identity()[1])
    handlers: set[asyncio.Task[None] | None] = set()

    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        handlers.add(asyncio.current_task())
        router.connections += 1
        try:
            with contextlib.suppress(OSError, asyncio.IncompleteReadError):
                await manners(Talk(reader, writer, router.connections, router.requests, router.unlocked))
        finally:
            router.hang_ups += 1
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()

    server = await asyncio.start_server(
        accept, "127.0.0.1", 0, ssl=context or identity()[0], ssl_shutdown_timeout=1.0
    )
    router.port = server.sockets[0].getsockname()[1]
    try:
        yield router
    finally:
        router.unlocked.set()
        server.close()
        for handler in handlers:
            if handler is not None:
                with contextlib.suppress(asyncio.CancelledError):
                    handler.cancel()
                    await handler
        await server.wait_closed()


@functools.cache
def identity(name: str = "hostile") -> tuple[ssl.SSLContext, str]:
    """A server context and the fingerprint of its certificate."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    start = dt.datetime(2025, 1, 1, tzinfo=dt.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(start + dt.timedelta(days=9000))
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "identity.pem"
        path.write_bytes(certificate.public_bytes(serialization.Encoding.PEM) + private)
        context.load_cert_chain(path)
    return context, hashlib.sha256(certificate.public_bytes(serialization.Encoding.DER)).hexdigest()


PASSWORD = "correct horse"
QUICK = Limits(connect_s=0.5, answer_s=0.5, answer_bytes=10_000, pause_s=0, backoff_s=0)
IDENTITY = Query(path="/system/identity")
OK = b'{"name":"core"}'


class Pins:
    """Remembers the first fingerprint of each device."""

    def __init__(self) -> None:
        self.pinned: dict[str, str] = {}

    async def pin(self, device_id: str, fingerprint: str) -> None:
        if self.pinned.setdefault(device_id, fingerprint) != fingerprint:
            raise PinMismatch("pinned meanwhile")


@contextlib.asynccontextmanager
async def client(limits: Limits = QUICK, **more: object) -> AsyncIterator[RestClient]:
    wiring = {"pins": Pins(), "networks": [ip_network("127.0.0.0/8")], "limits": limits, **more}
    async with RestClient(**wiring).running() as rest:
        yield rest


def target(router: HostileRouter, **changes: str) -> Target:
    login = Login(username="ops", password=Secret(PASSWORD))
    fields = {"device_id": "d1", "name": "core", "address": router.address, "fingerprint": router.fingerprint}
    return Target(**{**fields, **changes}, login=login)


def scripted(answer: Callable[[str, dict[str, str]], tuple[str, object]]) -> Manners:
    """Answer each request by its path and body."""

    async def manners(talk: Talk) -> None:
        while whole := await talk.request():
            head, _, body = whole.partition(b"\r\n\r\n")
            status, content = answer(head.split()[1].decode(), json.loads(body or b"{}"))
            raw = content if isinstance(content, bytes) else json.dumps(content).encode()
            talk.answer(raw, status)

    return manners


async def polite(talk: Talk) -> None:
    while await talk.request():
        talk.answer(OK)


def body_of(status: str, body: bytes) -> Manners:
    async def manners(talk: Talk) -> None:
        while await talk.request():
            talk.answer(body, status)

    return manners
