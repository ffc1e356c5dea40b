"""A router whose time only passes when a test lets it, and ways to talk to it."""

from __future__ import annotations

import contextlib
import ssl
from collections.abc import AsyncIterator, Mapping

import asyncssh
import httpx

from routeros_mcp.emulator import Clock, Fleet, Router, RouterSpec, User

NOON = 1_795_089_600.0  # 2026-11-19 12:00:00
ADMIN = User(name="admin", password="admin-password")
OTHER = User(name="other", password="other-password")
WRITER = User(name="writer", password="writer-password", group="write")
SCHEDULER = "/system/scheduler"


@contextlib.asynccontextmanager
async def powered(**spec: object) -> AsyncIterator[Router]:
    """Switch on a router at noon; its clock stands still but for `advance`."""
    clock = Clock(wall=lambda: NOON, steady=lambda: 1000.0)
    values = {"name": "core", "version": "7.23.2", "users": (ADMIN, OTHER, WRITER)} | spec
    async with Fleet.running([RouterSpec(**values)], clock=clock) as fleet:
        yield fleet["core"]


def http(router: Router, user: User = ADMIN) -> httpx.AsyncClient:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    url = f"https://{router.address}/rest"
    return httpx.AsyncClient(base_url=url, auth=(user.name, user.password), verify=context, timeout=5)


async def post(router: Router, path: str, user: User = ADMIN, **arguments: str) -> httpx.Response:
    """Send one POST on a connection of its own."""
    body = {name.replace("_", "-"): text for name, text in arguments.items()}
    async with http(router, user) as client:
        return await client.post(path, json=body)


async def is_silent(router: Router) -> bool:
    """Say whether a new connection gets no answer for a while."""
    return not await answers(router, within_s=0.3)


async def answers(router: Router, within_s: float = 5) -> bool:
    """Say whether a new connection and login get an answer."""
    try:
        async with http(router) as client:
            return (await client.get("/system/identity", timeout=within_s)).status_code == httpx.codes.OK
    except httpx.TransportError:
        return False


@contextlib.asynccontextmanager
async def logged_in(router: Router, user: User = ADMIN) -> AsyncIterator[asyncssh.SSHClientConnection]:
    host, _, port = router.ssh_address.partition(":")
    way = asyncssh.connect(
        host,
        int(port),
        username=user.name,
        password=user.password,
        known_hosts=None,
        config=None,
        agent_path=None,
        client_keys=None,
    )
    async with way as connection:
        yield connection


def schedule(router: Router, name: str = "job", **values: str) -> str:
    """Add an entry that leaves a line in the log every two minutes, unless told otherwise."""
    entry = {"name": name, "interval": "2m", "on-event": ":log info ran"}
    return router.add(SCHEDULER, entry | {key.replace("_", "-"): text for key, text in values.items()})


def messages(router: Router, topics: str = "") -> list[str]:
    return [row["message"] for row in router.rows("/log") if topics in row["topics"]]


def only(router: Router, path: str, **wanted: str) -> Mapping[str, str]:
    """Return the one row of a menu that holds these values."""
    (found,) = [row for row in router.rows(path) if wanted.items() <= row.items()]
    return found
