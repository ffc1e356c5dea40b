"""Expectations about reading: addresses, projections, refusals."""

from __future__ import annotations

from http import HTTPStatus

from routeros_mcp.infra.routeros.conformance.bench import Ask, Bench, Reply, get, keys_of, post
from routeros_mcp.infra.routeros.conformance.chapter import CONTRACT, LIVE, MANUAL, OURS, RECORDED, Chapter
from routeros_mcp.infra.routeros.conformance.seen import NotApplicable, Seen

CHAPTER = Chapter("read")
ABSENT = "rosmcp-nothing"
_PORTS = "/interface?type=ether"  # a router may have thousands of other interfaces
_NO_ID = "*FFFFFF0"


@CHAPTER.expects("A list menu is 200 and a list of objects", RECORDED)
async def list_menu(bench: Bench) -> Seen:
    reply = await bench.see(get("/ip/address"))
    is_list = isinstance(reply.json, list) and len(reply.rows) == len(reply.json)
    return Seen(reply.told, reply.status == HTTPStatus.OK and is_list)


@CHAPTER.expects("A settings menu is 200 and one object", RECORDED)
async def singleton(bench: Bench) -> Seen:
    reply = await bench.see(get("/system/identity"))
    return Seen(reply.told, reply.status == HTTPStatus.OK and set(reply.object) == {"name"})


@CHAPTER.expects("One row by its id, the star sent raw, is an object", RECORDED)
async def by_raw_id(bench: Bench) -> Seen:
    row = await bench.first(_PORTS)
    return _same_row(await bench.see(get(f"/interface/{row['.id']}")), row)


@CHAPTER.expects("One row by its name is the same object", MANUAL)
async def by_name(bench: Bench) -> Seen:
    row = next(iter(await bench.read("/ip/service", "name", name="www-ssl")), None)
    if row is None:
        raise NotApplicable("there is no service www-ssl")
    return _same_row(await bench.see(get("/ip/service/www-ssl")), row)


@CHAPTER.expects("An id with its star encoded (%2A) is not decoded: 400", LIVE)
async def encoded_id(bench: Bench) -> Seen:
    row = await bench.first(_PORTS)
    return (await bench.see(get(f"/interface/%2A{row['.id'][1:]}"))).judged(HTTPStatus.BAD_REQUEST)


@CHAPTER.expects("?name=value keeps exactly the rows with that value", MANUAL)
async def filter_by_value(bench: Bench) -> Seen:
    row = await bench.first(_PORTS)
    reply = await bench.see(get(f"/interface?.id={row['.id']}"))
    return Seen(reply.told, [found.get(".id") for found in reply.rows] == [row[".id"]])


@CHAPTER.expects("A filter that nothing matches is 200 and an empty list", MANUAL)
async def filter_without_match(bench: Bench) -> Seen:
    reply = await bench.see(get(f"/interface?name={ABSENT}"))
    return Seen(reply.told, (reply.status, reply.json) == (HTTPStatus.OK, []))


@CHAPTER.expects("A filter takes yes for true", MANUAL)
async def filter_by_yes(bench: Bench) -> Seen:
    by_yes = await bench.see(get("/ip/service?disabled=yes&.proplist=name"))
    by_true = await bench.see(get("/ip/service?disabled=true&.proplist=name"))
    return Seen(f"{len(by_yes.rows)} by yes, {len(by_true.rows)} by true", by_yes.json == by_true.json)


@CHAPTER.expects("?.proplist of a list adds .id", CONTRACT)
async def proplist_of_list(bench: Bench) -> Seen:
    return _has_keys(await bench.see(get("/interface?.proplist=name")), {".id", "name"})


@CHAPTER.expects("?.proplist of one row gives exactly what was asked for", CONTRACT)
async def proplist_of_one(bench: Bench) -> Seen:
    row = await bench.first(_PORTS)
    reply = await bench.see(get(f"/interface/{row['.id']}?.proplist=name"))
    return Seen(reply.told, set(reply.object) == {"name"})


@CHAPTER.expects("POST print with .proplist as text gives exactly what was asked for", RECORDED)
async def proplist_of_print(bench: Bench) -> Seen:
    return _has_keys(await bench.see(post("/interface/print", proplist="name,type")), {"name", "type"})


@CHAPTER.expects("POST print with .proplist as a list does the same", MANUAL)
async def proplist_as_list(bench: Bench) -> Seen:
    return _has_keys(await bench.see(post("/interface/print", proplist=["name", "type"])), {"name", "type"})


@CHAPTER.expects("POST print lists the same rows in the same order as GET", MANUAL)
async def print_like_get(bench: Bench) -> Seen:
    printed = await bench.see(post("/interface/print"))
    listed = await bench.see(get("/interface"))
    same = [row.get(".id") for row in printed.rows] == [row.get(".id") for row in listed.rows]
    return Seen(f"{len(printed.rows)} rows printed, {len(listed.rows)} listed", same)


@CHAPTER.expects('count-only is {"ret": "N"} with the number of rows', LIVE)
async def count_only(bench: Bench) -> Seen:
    reply = await bench.see(post("/interface/print", count_only=""))
    listed = len((await bench.see(get("/interface?.proplist=name"))).rows)
    return Seen(f"{reply.told}, rows listed: {listed}", reply.json == {"ret": str(listed)})


@CHAPTER.expects("Our client counts as many rows as it reads", OURS)
async def client_count(bench: Bench) -> Seen:
    from routeros_mcp.domain.ports import Query

    counted = await bench.rest.count(bench.target, Query(path="/interface"))
    read = len(await bench.read("/interface", "name"))
    return Seen(f"counted {counted}, read {read}", counted == read)


@CHAPTER.expects("A filter on false finds rows that lack the key too, as our client sends it", CONTRACT)
async def client_false(bench: Bench) -> Seen:
    found = await bench.read("/interface", "name", disabled="false")
    rows = (await bench.see(get("/interface"))).rows
    expected = {row.get("name") for row in rows if row.get("disabled", "false") == "false"}
    return Seen(f"{len(found)} of {len(rows)} rows", {row.get("name") for row in found} == expected)


@CHAPTER.wonders("POST on a bare menu: refused, or 200 without effect?")
async def post_on_menu(bench: Bench) -> Seen:
    return Seen((await bench.see(Ask(method="POST", path="/system/identity", body={}))).told)


@CHAPTER.wonders("What does /console/inspect answer for a menu's children?", since=(7, 20))
async def console_inspect(bench: Bench) -> Seen:
    reply = await bench.see(post("/console/inspect", request="child", path="ip,address"))
    keys = f", rows with {keys_of(reply.rows[0])}" if reply.rows else ""
    return Seen(f"{reply.told}{keys}")


CHAPTER.answers(
    "unknown-path",
    "An unknown path is 400 no such command or directory (x)",
    LIVE,
    get(f"/{ABSENT}"),
    HTTPStatus.BAD_REQUEST,
    f"no such command or directory ({ABSENT})",
)
CHAPTER.answers(
    "unknown-id",
    "An unknown id is 404 without detail",
    LIVE,
    get(f"/interface/{_NO_ID}"),
    HTTPStatus.NOT_FOUND,
)
CHAPTER.answers(
    "unknown-name",
    "An unknown name is 404 where rows have names",
    LIVE,
    get(f"/interface/{ABSENT}"),
    HTTPStatus.NOT_FOUND,
)
CHAPTER.answers(
    "name-without-names",
    "A name where rows have none is 400 no such command prefix",
    LIVE,
    get(f"/ip/address/{ABSENT}"),
    HTTPStatus.BAD_REQUEST,
    "no such command prefix",
)
CHAPTER.answers(
    "get-of-command",
    "GET of a command is 400 no such command",
    LIVE,
    get("/ip/address/print"),
    HTTPStatus.BAD_REQUEST,
    "no such command",
)
CHAPTER.answers(
    "unknown-parameter",
    "An unknown argument is 400 unknown parameter x",
    LIVE,
    post("/interface/print", nonsense="1"),
    HTTPStatus.BAD_REQUEST,
    "unknown parameter nonsense",
)
CHAPTER.answers(
    "missing-script",
    "execute without a script is 400",
    OURS,
    Ask(method="POST", path="/execute", body={}),
    HTTPStatus.BAD_REQUEST,
)
CHAPTER.answers(
    "listen-on-singleton",
    "listen on a settings menu is 400 unknown parameter follow-only",
    CONTRACT,
    Ask(method="POST", path="/system/identity/listen", body={}),
    HTTPStatus.BAD_REQUEST,
    "unknown parameter follow-only",
)


def _same_row(reply: Reply, row: dict[str, str] | object) -> Seen:
    wanted = row.get(".id") if isinstance(row, dict) else None
    return Seen(reply.told, reply.status == HTTPStatus.OK and reply.object.get(".id") == wanted)


def _has_keys(reply: Reply, keys: set[str]) -> Seen:
    found = {key for row in reply.rows for key in row}
    return Seen(f"{reply.told} with the keys {', '.join(sorted(found))}", found == keys)
