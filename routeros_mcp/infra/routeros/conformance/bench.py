"""What a check works with: the client's own ways to one router, and what answered, fit to be judged."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from http import HTTPStatus
from typing import Any

from routeros_mcp.domain.models.plan import Row
from routeros_mcp.domain.ports import Query, Target
from routeros_mcp.infra.routeros.conformance.seen import NotApplicable, Seen, Subject
from routeros_mcp.infra.routeros.export import checked
from routeros_mcp.infra.routeros.plain_answer import Answer
from routeros_mcp.infra.routeros.refusals import clean, refusal
from routeros_mcp.infra.routeros.rest import RestClient
from routeros_mcp.infra.routeros.ssh import SshClient
from routeros_mcp.infra.routeros.wire import Request

_MOST_KEYS = 40
_POLICIES = ("not enough permissions", "not allowed (9)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """One request to look at: `path` below /rest, `body` as JSON unless it is bytes already."""

    method: str
    path: str
    body: Mapping[str, object] | bytes | None = None
    content_type: str = "application/json"
    is_anonymous: bool = False

    @property
    def request(self) -> Request:
        body = self.body
        text = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
        target = f"/rest{self.path}" if self.path != "/" else "/"
        return Request(method=self.method, target=target, body=text, content_type=self.content_type)


def get(path: str) -> Ask:
    return Ask(method="GET", path=path)


def post(path: str, /, **body: object) -> Ask:
    """A command; the argument `query` becomes `.query`, and so on for names that begin with a dot."""
    dotted = {"query": ".query", "proplist": ".proplist", "id": ".id"}
    given = {dotted.get(name, name.replace("_", "-")): value for name, value in body.items()}
    return Ask(method="POST", path=path, body=given)


@dataclass(frozen=True)
class Reply:
    """What came back for one request."""

    answer: Answer

    @property
    def status(self) -> int:
        return self.answer.status

    @property
    def is_success(self) -> bool:
        return self.status < HTTPStatus.BAD_REQUEST

    @cached_property
    def headers(self) -> dict[str, str]:
        return {name.decode("latin-1"): value.decode("latin-1") for name, value in self.answer.headers}

    @cached_property
    def json(self) -> Any:
        """The body with the types it came in; None when it is no JSON."""
        try:
            return json.loads(self.answer.body.decode("utf-8", "replace"), strict=False)
        except ValueError:
            return None

    @property
    def rows(self) -> list[dict[str, Any]]:
        """The objects of a list; of anything else none."""
        return [row for row in self.json if isinstance(row, dict)] if isinstance(self.json, list) else []

    @property
    def object(self) -> dict[str, Any]:
        return self.json if isinstance(self.json, dict) else {}

    @property
    def detail(self) -> str | None:
        detail = self.object.get("detail")
        return None if detail is None else str(detail)

    @property
    def told(self) -> str:
        """Status and shape, or the router's words for a refusal; never a value of its configuration."""
        return f"{self.status}{self._shape()}"

    def judged(self, status: int, detail: str | None = None) -> Seen:
        agrees = self.status == status and (detail is None or self.detail == detail)
        return Seen(self.told, agrees)

    def refusal_of_policy(self) -> None:
        """Raises PolicyDenied when it is the login that lacks something."""
        words = clean(self.detail or "")
        if not self.is_success and any(known in words.lower() for known in _POLICIES):
            raise refusal(self.status, words)

    def _shape(self) -> str:
        if self.detail is not None:
            return f" {clean(self.detail)}"
        if isinstance(self.json, list):
            return f", a list of {len(self.json)}"
        if "error" in self.object:
            return " without detail"
        if self.object:
            return f", an object of {keys_of(self.object)}"
        return ", no body" if not self.answer.body.strip() else ", a body that is no JSON object"


def keys_of(row: Mapping[str, object]) -> str:
    names = list(row)
    more = f" and {len(names) - _MOST_KEYS} more" if len(names) > _MOST_KEYS else ""
    return ", ".join(names[:_MOST_KEYS]) + more


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """One router under examination. `nonce` marks what this run makes."""

    rest: RestClient
    ssh: SshClient
    target: Target
    subject: Subject
    nonce: str
    exports: dict[str, str] = field(default_factory=dict)
    """What has been exported already, by transport: large routers take half a minute for it."""

    async def see(self, ask: Ask, *, is_write: bool = False) -> Reply:
        """Send the request as it is over the client's connection.

        Raises:
            PolicyDenied: the login lacks what it takes.
        """
        reply = Reply(
            await self.rest.alone(
                self.target,
                lambda session: session.see(ask.request, is_anonymous=ask.is_anonymous, is_write=is_write),
            )
        )
        reply.refusal_of_policy()
        return reply

    async def write(self, ask: Ask) -> Reply:
        """As `see`, once, over a connection of its own."""
        return await self.see(ask, is_write=True)

    async def read(self, path: str, *fields: str, **where: str) -> Sequence[Row]:
        """Read a menu as every tool does."""
        return await self.rest.read(self.target, Query(path=path, fields=fields, where=where))

    async def first(self, path: str) -> dict[str, Any]:
        """The first row of a menu.

        Raises:
            NotApplicable: there is none.
        """
        rows = (await self.see(get(path))).rows
        if not rows:
            raise NotApplicable(f"{path} has no rows here")
        return rows[0]

    async def execute(self, script: str) -> Reply:
        return await self.see(post("/execute", script=script, as_string=""))

    async def export_over_rest(self) -> str:
        """The export by script alone: the client's other way would write a file.

        Raises:
            BadAnswer: what came is no whole export.
        """
        if "rest" not in self.exports:
            self.exports["rest"] = checked(str((await self.execute("/export")).object.get("ret", "")))
        return self.exports["rest"]

    async def export_over_ssh(self) -> str:
        """Raises what the client's own export raises."""
        if "ssh" not in self.exports:
            self.exports["ssh"] = await self.ssh.export(self.target)
        return self.exports["ssh"]

    async def line(self, text: str) -> tuple[str, int | None]:
        """What a line over SSH prints, as it comes, and its exit status."""
        printed, status = await self.ssh.transcript(self.target, text)
        return printed.decode("utf-8", "replace"), status
