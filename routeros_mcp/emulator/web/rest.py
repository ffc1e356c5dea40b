"""REST verbs on menus: from a request to the reply the router's web server gives."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from urllib.parse import unquote

from routeros_mcp.emulator import actions, commands, operations, query, views
from routeros_mcp.emulator.access import Session
from routeros_mcp.emulator.commands import Call
from routeros_mcp.emulator.errors import Refusal, no_command, no_directory, no_resource
from routeros_mcp.emulator.menus.registry import Kind, Menu
from routeros_mcp.emulator.store import Row, Store
from routeros_mcp.emulator.web.message import Reply, Request, json_reply, refusal_reply

_PREFIX = "/rest"
_MODE = "/system/device-mode"
_READS_MODE_SINCE = (7, 22)


@dataclass(frozen=True, slots=True)
class Result:
    """A reply and how long the router works before it is ready; `at_end` may replace it by then."""

    reply: Reply
    takes_s: float = 0.0
    at_end: Callable[[Reply], Reply] | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """A URL resolved: the deepest menu it names and what is left of it."""

    path: str
    rest: tuple[str, ...]
    is_encoded_id: bool = False


def answer(store: Store, session: Session, request: Request) -> Result:
    """Run one authorised request. Refusals become replies."""
    try:
        place = resolve(store, request.path)
        store.journal.actor = session.user
        return _VERBS[request.method](Work(store, session, request, place))
    except Refusal as refusal:
        return Result(refusal_reply(refusal))


def resolve(store: Store, url_path: str) -> Place:
    """Find the deepest menu a URL names.

    `*` must come raw: `%2A` is not decoded and then is neither id nor name. Source: live 7.21.4, 7.23.2.

    Raises:
        Refusal: "no such command or directory (x)" for the first word that is none.
    """
    words = [word for word in url_path.removeprefix(_PREFIX).split("/") if word]
    path = ""
    for at, word in enumerate(words):
        if not store.has(f"{path}/{word}"):
            rest = tuple(words[at:])
            return _leaf(store, path, rest)
        path = f"{path}/{word}"
    return Place(path or "/", ())


def _leaf(store: Store, path: str, rest: tuple[str, ...]) -> Place:
    is_menu = path != "" and store.menu(path).kind is not Kind.DIRECTORY
    is_action = f"{path}/{'/'.join(rest)}" in actions.ACTIONS
    if len(rest) > 1 or not (is_menu or is_action):
        raise no_directory(unquote(rest[0]), store.spec.release)
    is_encoded = rest[0].upper().startswith("%2A")
    return Place(path or "/", (rest[0] if is_encoded else unquote(rest[0]),), is_encoded)


class Work:
    """One request at its place, with its arguments read when asked for."""

    def __init__(self, store: Store, session: Session, request: Request, place: Place) -> None:
        self.store = store
        self.session = session
        self.request = request
        self.path = place.path
        self.rest = place.rest
        self.is_encoded_id = place.is_encoded_id

    def call(self, arguments: Mapping[str, Any]) -> Call:
        return Call(store=self.store, session=self.session, path=self.path, arguments=arguments)

    @property
    def is_single(self) -> bool:
        return self.path != "/" and views.is_single(self.store, self.path)

    @property
    def is_directory(self) -> bool:
        return self.path == "/" or self.store.menu(self.path).kind is Kind.DIRECTORY

    def shown(self, path: str, row: Row) -> dict[str, str]:
        return views.row(self.store, path, row, with_secrets=self.session.sees_secrets)

    def names(self) -> list[str]:
        asked = dict(self.request.query).get(".proplist", "")
        return [name for name in asked.split(",") if name]


def _get(work: Work) -> Result:
    if work.is_directory:
        raise no_command()
    if work.rest:
        return _ok(_get_one(work))
    if work.path == _MODE:
        _read_mode(work)
    names = work.names()
    if work.is_single:
        shown = views.single(work.store, work.path, with_secrets=work.session.sees_secrets)
        return _ok(query.project(shown, names) if names else shown)
    wanted = [(name, text) for name, text in work.request.query if name != ".proplist"]
    rows = views.rows(work.store, work.path, with_secrets=work.session.sees_secrets)
    kept = [row for row in rows if all(query.same(row.get(name), text) for name, text in wanted)]
    return _ok([query.project(row, [".id", *names]) for row in kept] if names else kept)


def _read_mode(work: Work) -> None:
    """Crash where reading device-mode over REST does. Source: live findings; the end in 7.22 is assumed."""
    if work.store.spec.release < _READS_MODE_SINCE:
        raise Refusal("std failure: crashed (9)", HTTPStatus.INTERNAL_SERVER_ERROR)


def _get_one(work: Work) -> dict[str, str]:
    if work.is_encoded_id:
        raise Refusal("no such command prefix")
    if work.is_single or work.rest[0] in work.store.menu(work.path).commands:
        raise no_command()
    names = work.names()
    shown = _derived(work) or work.shown(*commands.locate(work.store, work.path, work.rest[0]))
    return query.project(shown, names) if names else shown


def _derived(work: Work) -> dict[str, str] | None:
    """Find a row that no table holds, as connected routes."""
    rows = views.rows(work.store, work.path) if work.rest[0].startswith("*") else []
    return next((row for row in rows if row[".id"] == work.rest[0]), None)


def _put(work: Work) -> Result:
    """Add one record. Source: recorded CHR 7.23.2: 201, Location, the whole object."""
    if work.rest or work.is_directory or work.is_single or "add" not in work.store.menu(work.path).commands:
        raise no_command()
    call = work.call(work.request.arguments())
    own = actions.ADDING.get(work.path)
    if own is not None:
        row = own(call)
    else:
        commands.need_write(work.session, work.path)
        row = operations.add(work.store, work.path, call.strings(), work.session.user)
    location = (("Location", f"{_PREFIX}{work.path}/{row.id}"),)
    return Result(json_reply(HTTPStatus.CREATED, work.shown(work.path, row), location))


def _patch(work: Work) -> Result:
    """Set one row. Without `write` it says it knows no such row. Source: live 7.21.4, 7.23.2."""
    if not work.rest or work.is_single or work.is_encoded_id or "write" not in work.session.granted:
        raise no_resource()
    if "set" not in work.store.menu(work.path).commands:
        raise no_command()
    commands.need_write(work.session, work.path)
    key = work.rest[0]
    path, row = commands.locate(work.store, work.path, key)
    arguments = work.call(work.request.arguments()).strings()
    menu = work.store.menu(work.path)
    if not key.startswith("*") and any(_is_unknown(menu, name) for name in arguments):
        raise no_resource()
    for name in arguments:
        if name.startswith("!"):
            raise Refusal(f"unknown parameter {name}")
    operations.change(work.store, path, row, arguments, work.session.user)
    return _ok(work.shown(work.path, row))


def _is_unknown(menu: Menu, name: str) -> bool:
    key = menu.inward(name)
    return key is None or menu.fields[key].is_readonly


def _delete(work: Work) -> Result:
    if not work.rest or work.is_single or work.is_encoded_id:
        raise no_resource()
    if "remove" not in work.store.menu(work.path).commands:
        raise no_command()
    commands.need_write(work.session, work.path)
    path, row = commands.locate(work.store, work.path, work.rest[0])
    operations.remove(work.store, path, row)
    return Result(Reply(status=HTTPStatus.NO_CONTENT))


def _post(work: Work) -> Result:
    if not work.rest:
        raise no_command()
    if (work.path, work.rest[0]) == (_MODE, "print"):
        _read_mode(work)
    call = work.call(work.request.arguments())
    outcome = commands.perform(call, work.rest[0])
    at_end = _spoiled_by(outcome.spoiled) if outcome.spoiled is not None else None
    return Result(json_reply(HTTPStatus.OK, outcome.content), outcome.takes_s, at_end)


def _spoiled_by(spoiled: Callable[[], Refusal | None]) -> Callable[[Reply], Reply]:
    def at_end(reply: Reply) -> Reply:
        refusal = spoiled()
        return reply if refusal is None else refusal_reply(refusal)

    return at_end


def _ok(content: object) -> Result:
    return Result(json_reply(HTTPStatus.OK, content))


_VERBS = {"GET": _get, "PUT": _put, "PATCH": _patch, "DELETE": _delete, "POST": _post}
