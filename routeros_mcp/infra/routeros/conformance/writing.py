"""Expectations about writes, tried on entries of an address list that no rule names."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus

from routeros_mcp.domain.ports import Query
from routeros_mcp.infra.routeros.conformance.bench import Ask, Bench, Reply, get, keys_of, post
from routeros_mcp.infra.routeros.conformance.chapter import (
    CONTRACT,
    LIVE,
    MANUAL,
    OURS,
    RECORDED,
    TERRAFORM,
    Chapter,
)
from routeros_mcp.infra.routeros.conformance.scratch import ADDRESS_LIST, FILE, SCHEDULER, Scratch
from routeros_mcp.infra.routeros.conformance.seen import NotTried, Seen

CHAPTER = Chapter("write", writes=True)
_NO_ID = "*FFFFFF0"
_TEXT = "first line\nsecond line"


def _entry(bench: Bench, number: int, **more: object) -> dict[str, object]:
    """An entry under an address made for documentation, each check its own."""
    return {"list": Scratch(bench.nonce).name, "address": f"192.0.2.{number}", **more}


def _put(path: str, body: Mapping[str, object]) -> Ask:
    return Ask(method="PUT", path=path, body=body)


async def _added(bench: Bench, number: int, **more: object) -> str:
    """The id of a new entry.

    Raises:
        NotTried: it was not made.
    """
    return _id_of(await bench.write(_put(ADDRESS_LIST, _entry(bench, number, **more))))


def _id_of(reply: Reply) -> str:
    if ".id" not in reply.object:
        raise NotTried(f"nothing could be added: {reply.told}")
    return str(reply.object[".id"])


async def _now(bench: Bench, row_id: str) -> dict[str, object]:
    return (await bench.see(get(f"{ADDRESS_LIST}/{row_id}"))).object


@CHAPTER.expects("PUT is 201 with Location and the whole object", RECORDED)
async def put(bench: Bench) -> Seen:
    reply = await bench.write(_put(ADDRESS_LIST, _entry(bench, 1)))
    location = reply.headers.get("location", "")
    names_it = bool(location) and location.endswith(f"/{reply.object.get('.id')}")
    words = f"{reply.told}, {'Location of the row' if names_it else 'no Location of the row'}"
    return Seen(words, reply.status == HTTPStatus.CREATED and names_it)


@CHAPTER.expects("The object of PUT shows the defaults it was given", RECORDED)
async def put_defaults(bench: Bench) -> Seen:
    shown = (await bench.write(_put(ADDRESS_LIST, _entry(bench, 2)))).object
    agrees = shown.get("disabled") == "false" and shown.get("dynamic") == "false"
    return Seen(keys_of(shown), agrees and "creation-time" in shown)


@CHAPTER.expects('POST add is 200 with the id as {"ret": "*1"}', MANUAL)
async def post_add(bench: Bench) -> Seen:
    reply = await bench.write(post(f"{ADDRESS_LIST}/add", **_entry(bench, 3)))
    has_id = str(reply.object.get("ret", "")).startswith("*")
    return Seen(reply.told, reply.status == HTTPStatus.OK and has_id)


@CHAPTER.expects("PATCH is 200 with the whole object as it is now", RECORDED)
async def patch(bench: Bench) -> Seen:
    row_id = await _added(bench, 4)
    reply = await bench.write(_patch(row_id, comment=bench.nonce))
    agrees = reply.status == HTTPStatus.OK and reply.object.get("comment") == bench.nonce
    return Seen(reply.told, agrees and "address" in reply.object)


@CHAPTER.expects("POST set is 200 and an empty list", MANUAL)
async def post_set(bench: Bench) -> Seen:
    row_id = await _added(bench, 5)
    reply = await bench.write(post(f"{ADDRESS_LIST}/set", id=row_id, comment=bench.nonce))
    is_set = (await _now(bench, row_id)).get("comment") == bench.nonce
    return Seen(reply.told, (reply.status, reply.json) == (HTTPStatus.OK, []) and is_set)


@CHAPTER.expects("PATCH with an empty comment takes the comment away", CONTRACT)
async def unset_by_empty(bench: Bench) -> Seen:
    row_id = await _added(bench, 6, comment="x")
    reply = await bench.write(_patch(row_id, comment=""))
    return await _without_comment(bench, row_id, reply)


@CHAPTER.expects('POST set with "!comment" takes the comment away', TERRAFORM)
async def unset_by_mark(bench: Bench) -> Seen:
    row_id = await _added(bench, 7, comment="x")
    reply = await bench.write(post(f"{ADDRESS_LIST}/set", id=row_id, **{"!comment": ""}))
    return await _without_comment(bench, row_id, reply)


@CHAPTER.expects("Our client unsets whatever way this version knows", OURS)
async def client_unset(bench: Bench) -> Seen:
    row_id = await _added(bench, 10, comment="x")
    await bench.rest.set(bench.target, ADDRESS_LIST, row_id, {"comment": None})
    has_comment = "comment" in await _now(bench, row_id)
    return Seen("still there" if has_comment else "gone", not has_comment)


@CHAPTER.expects("Our client adds, reads back, changes and removes a row", OURS)
async def client_round(bench: Bench) -> Seen:
    values = {name: str(value) for name, value in _entry(bench, 11).items()}
    row_id = await bench.rest.add(bench.target, ADDRESS_LIST, values)
    await bench.rest.set(bench.target, ADDRESS_LIST, row_id, {"comment": "changed"})
    (row,) = await bench.rest.read(bench.target, Query(path=ADDRESS_LIST, item=row_id)) or [{}]
    await bench.rest.remove(bench.target, ADDRESS_LIST, row_id)
    left = await bench.rest.count(bench.target, Query(path=ADDRESS_LIST, where=values))
    return Seen(f"{keys_of(row)}; {left} left", row.get("comment") == "changed" and not left)


@CHAPTER.expects("JSON booleans and yes are taken for true and false", MANUAL)
async def boolean_forms(bench: Bench) -> Seen:
    by_json = await bench.write(_put(ADDRESS_LIST, _entry(bench, 12, disabled=True)))
    by_word = await bench.write(_put(ADDRESS_LIST, _entry(bench, 13, disabled="yes")))
    shown = [str(reply.object.get("disabled", reply.told)) for reply in (by_json, by_word)]
    return Seen(f"shown as {' and '.join(shown)}", shown == ["true", "true"])


@CHAPTER.expects("The same list and address again is 400 failure: already have such entry", CONTRACT)
async def duplicate(bench: Bench) -> Seen:
    await _added(bench, 14)
    reply = await bench.write(_put(ADDRESS_LIST, _entry(bench, 14)))
    return reply.judged(HTTPStatus.BAD_REQUEST, "failure: already have such entry")


@CHAPTER.expects("Entries that differ only in disabled may stand side by side", CONTRACT)
async def duplicate_disabled(bench: Bench) -> Seen:
    await _added(bench, 15)
    reply = await bench.write(_put(ADDRESS_LIST, _entry(bench, 15, disabled="true")))
    return reply.judged(HTTPStatus.CREATED)


@CHAPTER.expects("DELETE is 204 without a body, and the row is gone", RECORDED)
async def delete(bench: Bench) -> Seen:
    row_id = await _added(bench, 16)
    reply = await bench.write(Ask(method="DELETE", path=f"{ADDRESS_LIST}/{row_id}"))
    after = await bench.see(get(f"{ADDRESS_LIST}/{row_id}"))
    agrees = reply.status == HTTPStatus.NO_CONTENT and not reply.answer.body
    return Seen(f"{reply.told}; then {after.status}", agrees and after.status == HTTPStatus.NOT_FOUND)


@CHAPTER.expects("POST remove takes several ids", MANUAL)
async def remove_several(bench: Bench) -> Seen:
    ids = [await _added(bench, 17), await _added(bench, 18)]
    reply = await bench.write(post(f"{ADDRESS_LIST}/remove", id=",".join(ids)))
    left = sum([".id" in await _now(bench, row_id) for row_id in ids])
    return Seen(f"{reply.told}; {left} left", reply.json == [] and not left)


@CHAPTER.expects("disable and enable switch a row", MANUAL)
async def switching(bench: Bench) -> Seen:
    row_id = await _added(bench, 19)
    shown = []
    for command in ("disable", "enable"):
        await bench.write(post(f"{ADDRESS_LIST}/{command}", id=row_id))
        shown.append(str((await _now(bench, row_id)).get("disabled")))
    return Seen(f"disabled {shown[0]}, then {shown[1]}", shown == ["true", "false"])


@CHAPTER.expects("An entry with a timeout is dynamic and shows what is left of it", CONTRACT)
async def timeout(bench: Bench) -> Seen:
    row = await _now(bench, await _added(bench, 20, timeout="1h"))
    return Seen(f"dynamic {row.get('dynamic')}", row.get("dynamic") == "true" and "timeout" in row)


@CHAPTER.expects("PATCH of an unknown id is 404", LIVE)
async def patch_unknown_id(bench: Bench) -> Seen:
    return (await bench.write(_patch(_NO_ID, comment="x"))).judged(HTTPStatus.NOT_FOUND)


@CHAPTER.expects("DELETE of an unknown id is 404", LIVE)
async def delete_unknown_id(bench: Bench) -> Seen:
    reply = await bench.write(Ask(method="DELETE", path=f"{ADDRESS_LIST}/{_NO_ID}"))
    return reply.judged(HTTPStatus.NOT_FOUND)


@CHAPTER.expects("PATCH without an id is 400 missing or invalid resource identifier", LIVE)
async def patch_without_id(bench: Bench) -> Seen:
    reply = await bench.write(Ask(method="PATCH", path=ADDRESS_LIST, body={}))
    return reply.judged(HTTPStatus.BAD_REQUEST, "missing or invalid resource identifier")


@CHAPTER.expects("PATCH of a settings menu is 400 missing or invalid resource identifier", LIVE)
async def patch_singleton(bench: Bench) -> Seen:
    reply = await bench.write(Ask(method="PATCH", path="/system/identity", body={}))
    return reply.judged(HTTPStatus.BAD_REQUEST, "missing or invalid resource identifier")


@CHAPTER.expects("PATCH with an unknown argument is 400 unknown parameter x", LIVE)
async def patch_unknown_argument(bench: Bench) -> Seen:
    reply = await bench.write(_patch(await _added(bench, 21), nonsense="x"))
    return reply.judged(HTTPStatus.BAD_REQUEST, "unknown parameter nonsense")


@CHAPTER.expects("An add without a required argument is 400 missing =x=", CONTRACT)
async def missing_argument(bench: Bench) -> Seen:
    reply = await bench.write(_put(ADDRESS_LIST, {"address": "192.0.2.22"}))
    return reply.judged(HTTPStatus.BAD_REQUEST, "missing =list=")


@CHAPTER.expects("A scheduler entry that starts at startup shows no next run", LIVE)
async def scheduler(bench: Bench) -> Seen:
    body = {"name": Scratch(bench.nonce).name, "start-time": "startup", "disabled": "true", "on-event": ""}
    shown = (await bench.write(_put(SCHEDULER, body))).object
    start = shown.get("start-time")
    agrees = start == "startup" and "next-run" not in shown and shown.get("disabled") == "true"
    return Seen(f"{keys_of(shown)}; start-time {start}", agrees)


@CHAPTER.expects("PUT of a file is 201, and file/read gives its text back", MANUAL)
async def file(bench: Bench) -> Seen:
    name = Scratch(bench.nonce).file
    made = await bench.write(_put(FILE, {"name": name, "contents": _TEXT}))
    read = await bench.see(post(f"{FILE}/read", file=name, offset="0", chunk_size="32768"))
    data = read.rows[0].get("data") if read.rows else None
    words = f"{made.status}; read {'the same' if data == _TEXT else read.told}"
    return Seen(words, made.status == HTTPStatus.CREATED and data == _TEXT)


@CHAPTER.expects("Reading past a file's end is 400 failure: chunk out of file bounds", CONTRACT)
async def file_bounds(bench: Bench) -> Seen:
    name = Scratch(bench.nonce).file
    reply = await bench.see(post(f"{FILE}/read", file=name, offset="4096", chunk_size="32768"))
    return reply.judged(HTTPStatus.BAD_REQUEST, "failure: chunk out of file bounds")


def _patch(row_id: str, **values: object) -> Ask:
    return Ask(method="PATCH", path=f"{ADDRESS_LIST}/{row_id}", body=values)


async def _without_comment(bench: Bench, row_id: str, reply: Reply) -> Seen:
    has_comment = "comment" in await _now(bench, row_id)
    words = f"{reply.told}; comment {'still there' if has_comment else 'gone'}"
    return Seen(words, reply.is_success and not has_comment)
