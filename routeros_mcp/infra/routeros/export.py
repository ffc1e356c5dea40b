"""The router's configuration as text: by script where the login may, else through a file on the router."""

from __future__ import annotations

import asyncio

from routeros_mcp.domain.errors import BadAnswer, DeviceError, DeviceUnreachable, PolicyDenied, RouterRefused
from routeros_mcp.domain.export import quote
from routeros_mcp.infra.routeros.refusals import clean
from routeros_mcp.infra.routeros.session import Session
from routeros_mcp.infra.routeros.wire import command, decode, returned, rows

_CHUNK_BYTES = 32768  # recorded: the most that /file/read gives at once
_FILE = "/file"


async def exported(session: Session, nonce: str) -> str:
    """Read the whole configuration, with LF line ends.

    Raises:
        BadAnswer: it is incomplete or too long.
        DeviceUnreachable: it took too long.
        DeviceError: the router refused every way.
    """
    try:
        async with asyncio.timeout(session.limits.export_s):
            return checked(await _either_way(session, nonce))
    except TimeoutError as error:
        raise DeviceUnreachable(
            f"The export of {session.target.name} took longer than {session.limits.export_s:g} s.",
            stage="answer",
            fix="Try again when the router is less busy, or export on the router itself.",
        ) from error


async def _either_way(session: Session, nonce: str) -> str:
    """Prefer the ways that show a cut text; the bare command is for a router that offers neither."""
    try:
        return await _by_script(session, f"rmcp-end-{nonce}")
    except (RouterRefused, PolicyDenied) as refused:
        return await _unmarked(session, nonce, refused)


async def _unmarked(session: Session, nonce: str, refused: DeviceError) -> str:
    try:
        return await _by_file(session, nonce, refused)
    except (RouterRefused, PolicyDenied) as denied:
        try:
            return await _by_script(session, "")
        except (RouterRefused, PolicyDenied):
            raise denied from refused


async def _by_script(session: Session, end: str) -> str:
    """Run `/export` in the console; a script's error is HTTP 200 with its words as the result (recorded).

    An export has no end mark, so the script prints `end` after it: whatever cuts the text off is noticed.
    """
    script = f"/export;:put {quote(end)}" if end else "/export"
    request = command("", "execute", {"script": script, "as-string": ""})
    answer = decode((await session.ask(request, cap=session.limits.export_bytes)).body)
    text = returned(answer).rstrip() if rows(answer) else ""
    if not (looks_like_export(text) and text.endswith(end)):
        raise RouterRefused(
            clean(text) or "The router's /export printed nothing.",
            fix="Give the login's group the policies read, write, test and ftp, or read menu by menu.",
        )
    return text.removesuffix(end)


async def _by_file(session: Session, nonce: str, refused: DeviceError) -> str:
    """Export into a file, read it in pieces, and remove it whatever happens."""
    name = f"rmcp-{nonce}"
    try:
        await session.ask_once(command("", "export", {"compact": "", "file": name}))
        return decoded(await _file_bytes(session, f"{name}.rsc"))
    except (RouterRefused, PolicyDenied) as error:
        raise error from refused
    finally:
        await _remove(session, f"{name}.rsc")


async def _file_bytes(session: Session, name: str) -> bytes:
    content = bytearray()
    while len(content) <= session.limits.export_bytes:
        chunk = await _chunk(session, name, len(content))
        content += chunk
        if len(chunk) < _CHUNK_BYTES:
            return bytes(content)
    raise BadAnswer(
        f"The export is longer than {session.limits.export_bytes} bytes.",
        fix="Raise the limit for exports, or export parts of the configuration on the router.",
    )


async def _chunk(session: Session, name: str, offset: int) -> bytes:
    body = {"file": name, "offset": str(offset), "chunk-size": str(_CHUNK_BYTES)}
    try:
        answer = await session.ask(command(_FILE, "read", body))
    except RouterRefused as refused:
        if "out of file bounds" in refused.message:
            return b""
        raise
    # offsets count bytes, and a piece may end inside a character: latin-1 keeps each byte as it is
    found = rows(decode(answer.body, "latin-1"))
    try:
        return "".join(row.get("data", "") for row in found).encode("latin-1")
    except UnicodeEncodeError as error:
        raise BadAnswer("A piece of the export is not plain bytes.", fix="Try again.") from error


async def _remove(session: Session, name: str) -> None:
    """Remove our file if it is there; a failure must not hide what happened before."""
    try:
        words = {".query": [f"name={name}"], ".proplist": [".id", "name"]}
        found = rows(decode((await session.ask(command(_FILE, "print", words))).body))
        for row in found:
            if row.get("name") == name and ".id" in row:
                await session.ask_once(command(_FILE, "remove", {".id": row[".id"]}))
    except DeviceError:
        return


def decoded(content: bytes) -> str:
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        return content.decode("latin-1")


def looks_like_export(text: str) -> bool:
    """An export begins `# 2025-03-10 12:16:25 by RouterOS 7.18.2`."""
    head = text.lstrip().split("\n", 1)[0]
    return head.startswith("# ") and "by RouterOS" in head


def checked(text: str) -> str:
    """The export with LF line ends.

    Raises:
        BadAnswer: it is none, or the router could not export everything.
    """
    lines = text.replace("\r\n", "\n").replace("\r", "\n").strip()
    if not looks_like_export(lines):
        raise BadAnswer(
            "What the router exported does not look like an export.",
            fix="Run /export on the router and compare.",
        )
    if "#error exporting" in lines:
        # RouterOS 7.11 and newer leave out what timed out and say so in a comment
        failed = lines[lines.index("#error exporting") :].split("\n", 1)[0]
        raise BadAnswer(
            f"The export is incomplete: {clean(failed)}", fix="Try again when the router is less busy."
        )
    return f"{lines}\n"
