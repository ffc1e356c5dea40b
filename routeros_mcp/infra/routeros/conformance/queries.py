"""Expectations about the query words of print, the API's stack language."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from routeros_mcp.infra.routeros.conformance.bench import Bench, get, post
from routeros_mcp.infra.routeros.conformance.chapter import LIVE, MANUAL, RECORDED, Chapter
from routeros_mcp.infra.routeros.conformance.seen import Seen

CHAPTER = Chapter("query")
_MENU = "/ip/service"
_DIVIDE = 100
_Keeps = Callable[[dict[str, Any]], bool]


def _port(row: dict[str, Any]) -> int:
    text = str(row.get("port", ""))
    return int(text) if text.isdecimal() else 0


async def _compared(bench: Bench, words: list[str], keeps: _Keeps) -> Seen:
    """Ask the router for the rows, and choose them ourselves from the whole list."""
    found = await bench.see(post(f"{_MENU}/print", query=words))
    # rows of connections come and go with each request of ours
    kept = [row["name"] for row in found.rows if row.get("dynamic") != "true" and "name" in row]
    listed = (await bench.see(get(_MENU))).rows
    wanted = [row["name"] for row in listed if row.get("dynamic") != "true" and keeps(row)]
    return Seen(f"{found.told} for {' '.join(words)}; expected {len(wanted)} static ones", kept == wanted)


def _words(name: str, expected: str, words: list[str], keeps: _Keeps) -> None:
    async def check(bench: Bench) -> Seen:
        return await _compared(bench, words, keeps)

    check.__name__ = name
    CHAPTER.expects(expected, RECORDED if name == "equal" else MANUAL)(check)


def _is(name: str) -> _Keeps:
    return lambda row: row.get("name") == name


_words("equal", "name=x keeps rows with that value", ["name=www-ssl"], _is("www-ssl"))
_words("has", "A bare name keeps rows that have the key", ["certificate"], lambda row: "certificate" in row)
_words("has-not", "-name keeps rows without the key", ["-certificate"], lambda row: "certificate" not in row)
_words("and", "Words without an operator are ANDed", ["name=ssh", "dynamic=false"], _is("ssh"))
_words(
    "or",
    "#| joins the two words before it",
    ["name=ssh", "name=www-ssl", "#|"],
    lambda row: row.get("name") in {"ssh", "www-ssl"},
)
_words("not", "#! negates the word before it", ["name=ssh", "#!"], lambda row: row.get("name") != "ssh")
_words("greater", ">name=x compares numbers", [f">port={_DIVIDE}"], lambda row: _port(row) > _DIVIDE)
_words("less", "<name=x compares numbers", [f"<port={_DIVIDE}"], lambda row: 0 < _port(row) < _DIVIDE)


@CHAPTER.expects("~ is no query word: nothing matches, and it is no error", LIVE)
async def tilde(bench: Bench) -> Seen:
    reply = await bench.see(post(f"{_MENU}/print", query=["name~ssh"]))
    return Seen(reply.told, (reply.status, reply.json) == (HTTPStatus.OK, []))
