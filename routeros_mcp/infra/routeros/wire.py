"""Queries as RouterOS REST requests, and answers as rows: pure translation, no I/O."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from routeros_mcp.domain.errors import BadAnswer, InvalidParams, NoSuchItem, RouterRefused, UnknownMenu
from routeros_mcp.domain.models.plan import Row
from routeros_mcp.domain.ports import Query
from routeros_mcp.infra.routeros.refusals import clean

Body = Mapping[str, str | Sequence[str]]

_PATH = re.compile(r"(?:/[A-Za-z0-9_-]+)+")
_PROPERTY = re.compile(r"[A-Za-z0-9._][A-Za-z0-9._-]*")
_COUNT = re.compile(r"[0-9]{1,18}")
_NOT_OURS = "Something else may answer at this address; try the router's own WebFig, then report this."


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One REST request; `target` is the request line's, `body` None for GET."""

    method: str
    target: str
    body: bytes | None = None
    # up to 7.2 the type had to be exactly this, without a charset (recorded by tik4net)
    content_type: str = "application/json"


# -- requests --------------------------------------------------------------------------------------------


def command(path: str, name: str, body: Body) -> Request:
    """POST a command of a menu, the only verb that no HTTP software repeats by itself."""
    text = json.dumps(body, ensure_ascii=False).encode("utf-8", "replace")
    return Request(method="POST", target=f"{_menu(path) if path else '/rest'}/{name}", body=text)


def read_request(query: Query) -> Request:
    """The request whose answer holds the query's rows; `narrowed` makes the rest of the query true."""
    if query.item is not None:
        return _item_request(query, query.item)
    if not query.where and not query.fields:
        return Request(method="GET", target=_menu(query.path))
    body: dict[str, str | Sequence[str]] = {}
    if query.where:
        body[".query"] = query_words(query.where)
    if query.fields:
        body[".proplist"] = _proplist(query)
    return command(query.path, "print", body)


def count_request(query: Query) -> Request:
    body: dict[str, str | Sequence[str]] = {"count-only": ""}
    if query.where:
        body[".query"] = query_words(query.where)
    return command(query.path, "print", body)


def query_words(where: Mapping[str, str]) -> Sequence[str]:
    """Exact matches in the router's stack language, joined by AND.

    `x=false` also takes rows without `x`: what was never set is left out (recorded on CHR 7.23.7).
    """
    words: list[str] = []
    for position, (name, value) in enumerate(where.items()):
        _check_property(name)
        words += [f"{name}=false", f"-{name}", "#|"] if value == "false" else [f"{name}={value}"]
        if position and "false" in where.values():
            # words left on the stack are ANDed anyway (vendor manual, API queries); explicit beside an OR
            words.append("#&")
    return words


def narrowed(found: Sequence[Row], query: Query) -> list[Row]:
    """Apply the query to the rows again: a router may ignore what it does not understand."""
    rows = [row for row in found if matches(row, query.where)] if query.where else list(found)
    if not query.fields:
        return rows
    wanted = {".id", *query.fields}
    return [{name: value for name, value in row.items() if name in wanted} for row in rows]


def matches(row: Row, where: Mapping[str, str]) -> bool:
    return all(row.get(name, "false" if value == "false" else None) == value for name, value in where.items())


def _item_request(query: Query, item: str) -> Request:
    if not item:
        raise NoSuchItem("No row has an empty id.", fix="Name the row by its id or name.")
    # `*` must stay raw: %2A is not decoded (recorded on 7.21.4 and 7.23.2)
    target = f"{_menu(query.path)}/{quote(item, safe='*', errors='replace')}"
    if query.fields:
        target += f"?.proplist={','.join(_proplist(query))}"
    return Request(method="GET", target=target)


def _proplist(query: Query) -> Sequence[str]:
    """`.id` is always asked for, since POST print leaves it out otherwise (recorded on CHR 7.23.7)."""
    names = dict.fromkeys((".id", *query.fields, *query.where))
    for name in names:
        _check_property(name)
    return list(names)


def _menu(path: str) -> str:
    if not _PATH.fullmatch(path):
        raise UnknownMenu(f"{path!r} is not a RouterOS path.", fix="Write it with slashes: /ip/address.")
    return f"/rest{path}"


def _check_property(name: str) -> None:
    if not _PROPERTY.fullmatch(name):
        raise InvalidParams(
            f"{name!r} is not the name of a RouterOS property.", fix="Use names as in `print`."
        )


# -- answers ---------------------------------------------------------------------------------------------


def decode(body: bytes, encoding: str | None = None) -> object:
    """The JSON value of an answer; an empty body is an empty list (recorded on 7.10.2 after `set`).

    RouterOS puts control characters and bytes of any code page into its strings, so neither is an error.
    Numbers become their own text.

    Raises:
        BadAnswer: not JSON, too deeply nested, or an object that gives one key two values.
    """
    text = _text(body, encoding)
    if not text.strip():
        return []
    try:
        return json.loads(
            text,
            strict=False,
            parse_int=str,
            parse_float=str,
            parse_constant=str,
            object_pairs_hook=_object,
        )
    except ValueError as error:
        raise BadAnswer("The router's answer is not JSON.", fix=_NOT_OURS) from error
    except RecursionError as error:
        raise BadAnswer("The router's answer is nested too deeply.", fix=_NOT_OURS) from error


def rows(answer: object) -> list[Row]:
    """The rows of a decoded answer; a singleton is a list of one, `[{}]` is none.

    Raises:
        BadAnswer: a row is not an object.
        RouterRefused: the last frame of a progress command reports an error.
    """
    return _last_frame(frames(answer))


def frames(answer: object) -> list[Row]:
    """The rows of a progress command, all of them, each with the number of its frame in `.section`.

    Raises:
        BadAnswer: a row is not an object.
        RouterRefused: the last frame reports an error, which comes under HTTP 200.
    """
    items = answer if isinstance(answer, list) else [answer]
    found = [_row(item) for item in items if item != {}]
    status = found[-1].get("status", "") if found and ".section" in found[-1] else ""
    if status.upper().startswith("ERROR"):
        raise RouterRefused(clean(status), fix="The words are the router's own.")
    return found


def printed(answer: object) -> list[Row]:
    """The rows of a POST print, which says `{"ret": ""}` when it has nothing to say."""
    return [] if isinstance(answer, dict) and answer == {"ret": ""} else rows(answer)


def returned(answer: object) -> str:
    """The `ret` of a command's answer.

    Raises:
        BadAnswer: there is none.
    """
    found = rows(answer)
    if len(found) != 1 or "ret" not in found[0]:
        raise BadAnswer("The router's answer lacks the command's result.", fix=_NOT_OURS)
    return found[0]["ret"]


def counted(answer: object) -> int:
    text = returned(answer)
    if not _COUNT.fullmatch(text):
        raise BadAnswer(f"The router counted {clean(text)!r}, which is not a number.", fix=_NOT_OURS)
    return int(text)


def detail_of(body: bytes, hide: Sequence[str] = ()) -> str | None:
    """The words of a RouterOS error, "" when it has none, None when the body is no RouterOS error."""
    try:
        answer = decode(body)
    except BadAnswer:
        return None
    if not isinstance(answer, dict) or "error" not in answer:
        return None
    return clean(_as_text(answer.get("detail", "")), hide)


def _text(body: bytes, encoding: str | None) -> str:
    if encoding:
        return body.decode(encoding)
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError:
        return body.decode("latin-1")  # comments typed in WinBox keep their Windows code page


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) == len(pairs):
        return found
    for name, value in pairs:
        if found[name] != value:
            raise BadAnswer(f"The router gives {clean(name)!r} two values in one row.", fix=_NOT_OURS)
    return found


def _row(item: object) -> Row:
    if not isinstance(item, dict):
        raise BadAnswer("The router's answer holds something that is not a row.", fix=_NOT_OURS)
    return {
        name if name.isascii() else _as_text(name): (
            value if isinstance(value, str) and value.isascii() else _as_text(value)
        )
        for name, value in item.items()
        if value is not None
    }


def _as_text(value: object) -> str:
    if not isinstance(value, str):
        return json.dumps(value)  # no RouterOS does this; what it would mean is left to the reader
    if value.isascii():
        return value
    # a lone surrogate (`\\ud800`) is no text: it could be neither stored nor sent on
    return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _last_frame(found: list[Row]) -> list[Row]:
    """Of a progress command's frames only the last counts."""
    if not found or ".section" not in found[-1]:
        return found
    last = found[-1][".section"]
    frame = [row for row in found if row.get(".section") == last]
    return [{name: value for name, value in row.items() if name != ".section"} for row in frame]
