"""Requests and replies as the router's web server sees them."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any
from urllib.parse import unquote

from routeros_mcp.emulator.errors import Refusal

_TOKEN = re.compile(r'"(?:\\.|[^"\\])*"|[-+]?0[xX][0-9a-fA-F]+|-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?', re.DOTALL)
_READ_COMMANDS = frozenset(
    {
        "print",
        "get",
        "find",
        "monitor",
        "monitor-traffic",
        "ping",
        "traceroute",
        "listen",
        "read",
        "inspect",
        "cable-test",
        "scan",
        "check-for-updates",
    }
)
_READ_SCRIPTS = ("/export", ":put", ":error")


@dataclass(slots=True, kw_only=True)
class Request:
    """One recorded request; `status` and `executed` are filled in when it is done.

    A command over SSH has the method EXEC and its text as path.

    `executed` says that the command ran to its end on the router, whether or not an answer went out.
    """

    n: int
    method: str
    path: str
    query: tuple[tuple[str, str], ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    user: str = ""
    status: int | None = None
    executed: bool = False
    at: float = 0.0

    @property
    def text(self) -> str:
        return self.body.decode("utf-8", "surrogateescape")

    @property
    def command(self) -> str:
        return self.path.rsplit("/", 1)[-1]

    @property
    def is_write(self) -> bool:
        """Whether the request could change the router, as every console command not known to read could."""
        if self.method == "EXEC":
            return not self.path.startswith(_READ_SCRIPTS)
        if self.method in {"PUT", "PATCH", "DELETE"}:
            return True
        if self.method != "POST" or self.command in _READ_COMMANDS:
            return False
        return self.command != "execute" or not self._script().startswith(_READ_SCRIPTS)

    def _script(self) -> str:
        try:
            script = self.arguments().get("script", "")
        except Refusal:
            return ""
        return str(script)

    def arguments(self) -> dict[str, Any]:
        """Read the body: an object of strings, with lists kept for `.proplist` and `.query`.

        Raises:
            Refusal: not JSON, or not an object.
        """
        if not self.body.strip():
            return {}
        try:
            loaded = json.loads(_TOKEN.sub(_quoted, self.text), strict=False)
        except json.JSONDecodeError:
            raise _unparsed() from None
        if not isinstance(loaded, dict):
            raise _unparsed()
        return {str(name): _plain(value) for name, value in loaded.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What goes back: JSON unless `content_type` says otherwise."""

    status: int
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()
    content_type: str = "application/json"


def json_reply(status: int, content: object, headers: tuple[tuple[str, str], ...] = ()) -> Reply:
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    return Reply(status=status, body=text.encode("utf-8", "surrogateescape"), headers=headers)


def refusal_reply(refusal: Refusal) -> Reply:
    headers = (("WWW-Authenticate", "Basic"),) if refusal.status == HTTPStatus.UNAUTHORIZED else ()
    return json_reply(refusal.status, refusal.body(), headers)


def split_target(target: str) -> tuple[str, tuple[tuple[str, str], ...]]:
    """Split a request target into its raw path and decoded query pairs."""
    path, _, query = target.partition("?")
    pairs = (part.partition("=") for part in query.split("&") if part)
    return path, tuple((unquote(name), unquote(value)) for name, _, value in pairs)


def _unparsed() -> Refusal:
    return Refusal("Failed to parse json")


def _quoted(found: re.Match[str]) -> str:
    """Make a bare number a string: a leading 0 is octal, 0x hexadecimal. Source: vendor manual, REST API."""
    token = found[0]
    if token.startswith('"'):
        return token
    if "x" in token.lower():
        return f'"{int(token, 16)}"'
    if "e" in token.lower():
        raise _unparsed()
    digits = token.lstrip("-")
    if len(digits) > 1 and digits.startswith("0") and digits.isdecimal():
        try:
            return f'"{int(token, 8)}"'
        except ValueError:
            raise _unparsed() from None
    return f'"{token}"'


def _plain(value: Any) -> str | list[str]:
    match value:
        case bool():
            return "true" if value else "false"
        case None:
            return ""
        case str():
            return value
        case list():
            return [str(_plain(item)) for item in value]
        case _:
            raise _unparsed()
