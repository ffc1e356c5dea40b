"""Expectations about TLS and HTTP themselves."""

from __future__ import annotations

import asyncio
from http import HTTPStatus

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from routeros_mcp.infra.routeros.conformance.bench import Ask, Bench, Reply, get, post
from routeros_mcp.infra.routeros.conformance.chapter import LIVE, MANUAL, OURS, QUICKCHR, Chapter
from routeros_mcp.infra.routeros.conformance.seen import Seen
from routeros_mcp.infra.routeros.connection import Connection
from routeros_mcp.infra.routeros.session import Session

IDENTITY = get("/system/identity")
CHAPTER = Chapter("http")
_HEAD_START_S = 0.05
_UNPARSED = "Failed to parse json"


@CHAPTER.expects("TLS 1.2 is what the router negotiates", QUICKCHR, until=(7, 23))
async def tls_version(bench: Bench) -> Seen:
    version = await bench.rest.alone(bench.target, _version)
    return Seen(version, version == "TLSv1.2")


@CHAPTER.wonders("Which TLS version, cipher and kind of certificate does www-ssl have?")
async def tls_facts(bench: Bench) -> Seen:
    return Seen(await bench.rest.alone(bench.target, _facts))


@CHAPTER.expects("A connection is kept open for the next request", LIVE)
async def keep_alive(bench: Bench) -> Seen:
    async def twice(session: Session) -> Seen:
        connection = await session.dialer.open(session.target)
        try:
            await _exchanged(session, connection)
            is_kept = connection.is_usable
            if is_kept:
                await _exchanged(session, connection)
            return Seen("kept" if is_kept else "closed after one answer", is_kept)
        finally:
            await connection.close()

    return await bench.rest.alone(bench.target, twice)


@CHAPTER.expects("Answers are application/json and tell their length", LIVE)
async def framing(bench: Bench) -> Seen:
    headers = (await bench.see(IDENTITY)).headers
    kind, is_counted = headers.get("content-type", "no type"), "content-length" in headers
    return Seen(f"{kind}, {'with' if is_counted else 'without'} length", _is_json(kind) and is_counted)


@CHAPTER.expects("No cookie is set", LIVE)
async def cookies(bench: Bench) -> Seen:
    has_cookie = "set-cookie" in (await bench.see(IDENTITY)).headers
    return Seen("a cookie" if has_cookie else "none", not has_cookie)


@CHAPTER.wonders("Which headers does an answer have?")
async def headers(bench: Bench) -> Seen:
    return Seen(", ".join(sorted((await bench.see(IDENTITY)).headers)))


@CHAPTER.expects("Without a login the answer is 401, asks for Basic, and has no detail", MANUAL)
async def no_login(bench: Bench) -> Seen:
    reply = await bench.see(Ask(method="GET", path="/system/identity", is_anonymous=True))
    asks = reply.headers.get("www-authenticate", "")
    words = f"{reply.told}, {'asks for ' + asks.split()[0] if asks else 'asks for nothing'}"
    agrees = reply.status == HTTPStatus.UNAUTHORIZED and reply.detail is None and asks.startswith("Basic")
    return Seen(words, agrees)


@CHAPTER.expects("The web page at / answers 200 without a login", LIVE)
async def root_page(bench: Bench) -> Seen:
    status = (await bench.see(Ask(method="GET", path="/", is_anonymous=True))).status
    return Seen(str(status), status == HTTPStatus.OK)


@CHAPTER.expects("Requests of one user on two connections are answered in the order they came", MANUAL)
async def one_after_another(bench: Bench) -> Seen:
    """The second one is short, and yet has to wait for the first."""
    slow = post("/execute", script=":delay 1s; :put done", as_string="")

    async def race(session: Session) -> list[str]:
        first = await session.dialer.open(session.target)
        second = await session.dialer.open(session.target)
        order: list[str] = []

        async def run(name: str, connection: Connection, ask: Ask) -> None:
            await _exchanged(session, connection, ask)
            order.append(name)

        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(run("slow", first, slow))
                await asyncio.sleep(_HEAD_START_S)
                group.create_task(run("quick", second, IDENTITY))
        finally:
            await first.close()
            await second.close()
        return order

    order = await bench.rest.alone(bench.target, race)
    return Seen(f"{order[0]} first, then {order[1]}", order == ["slow", "quick"])


CHAPTER.answers(
    "head", "HEAD is 501", LIVE, Ask(method="HEAD", path="/system/identity"), HTTPStatus.NOT_IMPLEMENTED
)
CHAPTER.answers(
    "options",
    "OPTIONS is 503",
    LIVE,
    Ask(method="OPTIONS", path="/system/identity"),
    HTTPStatus.SERVICE_UNAVAILABLE,
)
CHAPTER.answers(
    "content-type",
    "A body of another type than JSON is 415",
    LIVE,
    Ask(method="POST", path="/system/identity/print", body=b"{}", content_type="text/plain"),
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
)
CHAPTER.answers(
    "bad-json",
    f"A body that is no JSON is 400 {_UNPARSED}",
    LIVE,
    Ask(method="POST", path="/system/identity/print", body=b"{"),
    HTTPStatus.BAD_REQUEST,
    _UNPARSED,
)
CHAPTER.answers(
    "exponent",
    f"A number with an exponent is 400 {_UNPARSED}",
    MANUAL,
    Ask(method="POST", path="/system/identity/print", body=b'{"count":1e3}'),
    HTTPStatus.BAD_REQUEST,
    _UNPARSED,
)
CHAPTER.answers(
    "empty-object",
    "An empty object as body is no argument at all",
    OURS,
    Ask(method="POST", path="/system/identity/print", body=b"{}"),
    HTTPStatus.OK,
)


def _is_json(kind: str) -> bool:
    return kind.partition(";")[0].strip() == "application/json"


async def _exchanged(session: Session, connection: Connection, ask: Ask = IDENTITY) -> Reply:
    return Reply(await session.send_over(connection, ask.request))


async def _version(session: Session) -> str:
    connection = await session.dialer.open(session.target)
    try:
        return connection.tls_version
    finally:
        await connection.close()


async def _facts(session: Session) -> str:
    connection = await session.dialer.open(session.target)
    try:
        certificate = x509.load_der_x509_certificate(connection.certificate)
        return f"{connection.tls_version}, {connection.cipher}, {_kind_of(certificate)}"
    finally:
        await connection.close()


def _kind_of(certificate: x509.Certificate) -> str:
    key = certificate.public_key()
    match key:
        case rsa.RSAPublicKey():
            kind = f"RSA {key.key_size}"
        case ec.EllipticCurvePublicKey():
            kind = f"EC {key.curve.name}"
        case _:
            kind = "another kind of key"
    signer = "itself" if certificate.issuer == certificate.subject else "another"
    return f"{kind}, signed by {signer}"
