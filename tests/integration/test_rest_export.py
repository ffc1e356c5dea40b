"""Exports from routers that do not run `/export` in a script, or cut it short."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from urllib.parse import unquote

import pytest
from hostile_router import QUICK, client, hostile, scripted, target

from routeros_mcp.domain.errors import BadAnswer, DeviceError, DeviceUnreachable, PolicyDenied
from routeros_mcp.infra.routeros.dial import Limits

HEAD = "# 2026-11-20 10:00:12 by RouterOS 7.20.5\r\n#\r\n"
LONG = Limits(connect_s=1, answer_s=2, pause_s=0)
BAD_REQUEST, OK, DENIED = "400 Bad Request", "200 OK", "500 Internal Server Error"


@dataclass(slots=True)
class FileRouter:
    """Answers the script with `script`, and exports `content` into a file if it may."""

    content: bytes
    script: object = field(default_factory=lambda: {"ret": "bad command name export (line 1 column 2)\r\n"})
    script_status: str = OK
    read_status: str = OK
    files: dict[str, bytes] = field(default_factory=dict)
    seen: list[str] = field(default_factory=list)

    def __call__(self, path: str, body: dict[str, str]) -> tuple[str, object]:
        path = unquote(path).removeprefix("/rest")
        self.seen.append(path)
        match path:
            case "/execute":
                return self.script_status, self.script
            case "/export":
                self.files[body["file"] + ".rsc"] = self.content
                return OK, []
            case "/file/read":
                return self.chunk(body)
            case "/file/print":
                return OK, [{".id": "*8020", "name": name} for name in self.files]
            case _:
                assert (path, body[".id"]) == ("/file/remove", "*8020")
                self.files.clear()
                return OK, []

    def chunk(self, body: dict[str, str]) -> tuple[str, object]:
        if self.read_status != OK:
            return self.read_status, {"error": 500, "detail": "not enough permissions (9)"}
        offset, size = int(body["offset"]), int(body["chunk-size"])
        piece = self.files[body["file"]][offset : offset + size]
        if not piece:
            return BAD_REQUEST, {"error": 400, "detail": "failure: chunk out of file bounds"}
        escaped = piece.replace(b'"', b'\\"').replace(b"\r", b"\\r").replace(b"\n", b"\\n")
        return OK, b'[{"data":"' + escaped + b'"}]'


async def exported(router: FileRouter, limits: Limits = LONG) -> str:
    async with hostile(scripted(router)) as place, client(limits) as rest:
        return await rest.export(target(place))


@pytest.mark.parametrize(
    "script",
    [
        {"ret": "bad command name export (line 1 column 2)\r\n"},
        {"ret": ""},
        {"ret": HEAD + "/ip address\r\nadd addr"},
    ],
    ids=["refused", "silent", "cut-short"],
)
async def test_an_export_that_no_script_gives_is_read_from_a_file_and_the_file_removed(
    script: object,
) -> None:
    router = FileRouter((HEAD + "/system identity\r\nset name=core\r\n").encode(), script=script)
    assert await exported(router) == HEAD.replace("\r", "") + "/system identity\nset name=core\n"
    assert router.files == {}
    assert router.seen == ["/execute", "/export", "/file/read", "/file/print", "/file/remove"]


async def test_a_login_that_may_not_run_scripts_exports_through_a_file() -> None:
    denied = {"error": 500, "detail": "not enough permissions (9)"}
    router = FileRouter(HEAD.encode(), script=denied, script_status=DENIED)
    assert "RouterOS" in await exported(router)


@pytest.mark.parametrize("size", [32768, 65536, 70001])
async def test_pieces_are_joined_even_inside_a_character(size: int) -> None:
    text = HEAD + "x" * (32767 - len(HEAD)) + "ü"
    content = text.encode().ljust(size, b"y")[:size] if size > 32768 else (HEAD + "x" * 40000).encode()[:size]
    router = FileRouter(content)
    assert await exported(router) == content.decode("utf-8").replace("\r\n", "\n") + "\n"


async def test_text_of_another_code_page_is_kept_readable() -> None:
    router = FileRouter(HEAD.encode() + b'/system note set note="caf\xe9"')
    assert 'note="café"' in await exported(router)


async def test_an_incomplete_export_leaves_no_file() -> None:
    router = FileRouter((HEAD + '#error exporting "/ip/ssh" (timeout)\r\n').encode())
    with pytest.raises(BadAnswer, match="/ip/ssh"):
        await exported(router)
    assert router.files == {}


async def test_a_file_that_cannot_be_read_is_removed_all_the_same() -> None:
    router = FileRouter(HEAD.encode(), read_status=DENIED)
    with pytest.raises(PolicyDenied) as caught:
        await exported(router)
    assert "bad command name export" in str(caught.value.__cause__)
    assert router.files == {}


async def test_an_export_over_the_cap_is_given_up_and_its_file_removed() -> None:
    router = FileRouter(HEAD.encode() + b"x" * 200_000)
    limits = Limits(connect_s=1, answer_s=2, answer_bytes=60_000, export_bytes=40_000, pause_s=0)
    with pytest.raises(BadAnswer, match="40000 bytes"):
        await exported(router, limits)
    assert router.files == {}


async def test_a_file_that_is_no_export_is_a_bad_answer() -> None:
    with pytest.raises(BadAnswer, match="does not look like an export"):
        await exported(FileRouter(b"hello"))


async def test_an_export_is_never_repeated_by_a_second_script_when_the_session_was_cut() -> None:
    cut = {"error": 400, "detail": "Session closed"}
    router = FileRouter(HEAD.encode(), script=cut, script_status=BAD_REQUEST)
    with pytest.raises(DeviceError) as caught:
        await exported(router, QUICK)
    assert caught.value.code == "session_closed"
    assert router.seen == ["/execute"]


async def test_an_export_that_comes_piece_by_piece_for_ever_is_given_up() -> None:
    piece = '[{"data":"' + "x" * 32768 + '"}]'

    def answer(path: str, _body: dict[str, str]) -> tuple[str, object]:
        return OK, piece.encode() if path == "/rest/file/read" else []

    limits = Limits(connect_s=1, answer_s=2, export_s=0.1, export_bytes=10**12, pause_s=0)
    async with hostile(scripted(answer)) as place, client(limits) as rest, asyncio.timeout(5):
        with pytest.raises(DeviceUnreachable, match=r"longer than 0\.1 s"):
            await rest.export(target(place))
