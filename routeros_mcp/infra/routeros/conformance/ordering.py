"""Expectations about ordered menus, tried on disabled firewall rules in a chain that nothing jumps to."""

from __future__ import annotations

from http import HTTPStatus

from routeros_mcp.infra.routeros.conformance.bench import Ask, Bench, Reply, get, post
from routeros_mcp.infra.routeros.conformance.chapter import CONTRACT, FIELD, LIVE, MANUAL, OURS, Chapter
from routeros_mcp.infra.routeros.conformance.scratch import FILTER, Scratch
from routeros_mcp.infra.routeros.conformance.seen import NotTried, Seen

CHAPTER = Chapter("order", writes=True)
_NO_ID = "*FFFFFF0"


def _rule(bench: Bench, comment: str, **more: object) -> dict[str, object]:
    chain = Scratch(bench.nonce).chain
    return {"chain": chain, "action": "accept", "disabled": "true", "comment": comment, **more}


async def _rules(bench: Bench, *comments: str) -> list[str]:
    """The ids of new rules, in order.

    Raises:
        NotTried: one was not made.
    """
    return [await _made(bench, _rule(bench, comment)) for comment in comments]


async def _made(bench: Bench, body: dict[str, object]) -> str:
    reply = await bench.write(Ask(method="PUT", path=FILTER, body=body))
    if ".id" not in reply.object:
        raise NotTried(f"no rule could be added: {reply.told}")
    return str(reply.object[".id"])


async def _order(bench: Bench, ids: list[str]) -> list[int]:
    """The places that the rules have among each other now, by their numbers in `ids`."""
    words = [f"chain={Scratch(bench.nonce).chain}"]
    found = await bench.see(post(f"{FILTER}/print", query=words, proplist=[".id"]))
    return [ids.index(row[".id"]) for row in found.rows if row.get(".id") in ids]


async def _moved(bench: Bench, numbers: str, **more: str) -> Reply:
    return await bench.write(post(f"{FILTER}/move", numbers=numbers, **more))


def _told(reply: Reply, order: list[int]) -> str:
    return f"{reply.told}; order {' '.join(map(str, order))}"


@CHAPTER.expects("Rules stand in the order they were added", MANUAL)
async def appended(bench: Bench) -> Seen:
    order = await _order(bench, await _rules(bench, "a", "b", "c"))
    return Seen(" ".join(map(str, order)), order == [0, 1, 2])


@CHAPTER.expects("place-before of an add puts the rule before the other", MANUAL)
async def place_before(bench: Bench) -> Seen:
    ids = await _rules(bench, "a")
    reply = await bench.write(post(f"{FILTER}/add", **_rule(bench, "b", **{"place-before": ids[0]})))
    order = await _order(bench, [*ids, str(reply.object.get("ret"))])
    return Seen(_told(reply, order), order == [1, 0])


@CHAPTER.expects("Our client adds before another row", OURS)
async def client_before(bench: Bench) -> Seen:
    ids = await _rules(bench, "a")
    values = {name: str(value) for name, value in _rule(bench, "b").items()}
    ids.append(await bench.rest.add(bench.target, FILTER, values, before=ids[0]))
    order = await _order(bench, ids)
    return Seen(" ".join(map(str, order)), order == [1, 0])


@CHAPTER.expects("move puts a rule before its destination; ids stay, the answer is []", CONTRACT)
async def move(bench: Bench) -> Seen:
    ids = await _rules(bench, "a", "b", "c")
    reply = await _moved(bench, ids[2], destination=ids[0])
    order = await _order(bench, ids)
    return Seen(_told(reply, order), reply.json == [] and order == [2, 0, 1])


@CHAPTER.expects("move of several keeps the order they are named in", CONTRACT)
async def move_several(bench: Bench) -> Seen:
    ids = await _rules(bench, "a", "b", "c")
    reply = await _moved(bench, f"{ids[2]},{ids[1]}", destination=ids[0])
    order = await _order(bench, ids)
    return Seen(_told(reply, order), order == [2, 1, 0])


@CHAPTER.expects("move without a destination goes to the end of the table, with 200", CONTRACT)
async def move_to_end(bench: Bench) -> Seen:
    ids = await _rules(bench, "a", "b")
    reply = await _moved(bench, ids[0])
    order = await _order(bench, ids)
    return Seen(_told(reply, order), reply.json == [] and order == [1, 0])


@CHAPTER.expects("move to an unknown destination goes to the end as well, with 200", CONTRACT)
async def move_to_unknown(bench: Bench) -> Seen:
    ids = await _rules(bench, "a", "b")
    reply = await _moved(bench, ids[0], destination=_NO_ID)
    order = await _order(bench, ids)
    return Seen(_told(reply, order), reply.json == [] and order == [1, 0])


@CHAPTER.expects("move of an unknown row is 404", CONTRACT)
async def move_unknown(bench: Bench) -> Seen:
    return (await _moved(bench, _NO_ID)).judged(HTTPStatus.NOT_FOUND)


@CHAPTER.expects("move without rows is 400 missing =.id=", CONTRACT)
async def move_nothing(bench: Bench) -> Seen:
    reply = await bench.write(Ask(method="POST", path=f"{FILTER}/move", body={}))
    return reply.judged(HTTPStatus.BAD_REQUEST, "missing =.id=")


@CHAPTER.expects("move before itself is 400 failure: can not move object before itself", CONTRACT)
async def move_before_itself(bench: Bench) -> Seen:
    ids = await _rules(bench, "a")
    reply = await _moved(bench, ids[0], destination=ids[0])
    return reply.judged(HTTPStatus.BAD_REQUEST, "failure: can not move object before itself")


@CHAPTER.expects("place-before of a PATCH is 400 unknown parameter place-before", CONTRACT)
async def patch_place_before(bench: Bench) -> Seen:
    ids = await _rules(bench, "a", "b")
    body = {"place-before": ids[0]}
    reply = await bench.write(Ask(method="PATCH", path=f"{FILTER}/{ids[1]}", body=body))
    return reply.judged(HTTPStatus.BAD_REQUEST, "unknown parameter place-before")


@CHAPTER.expects("POST unset takes a value away", LIVE, since=(7, 23))
async def unset_by_command(bench: Bench) -> Seen:
    row_id, reply = await _unset(bench)
    has_value = "src-address" in (await bench.see(get(f"{FILTER}/{row_id}"))).object
    words = f"{reply.told}; the value is {'still there' if has_value else 'gone'}"
    return Seen(words, reply.is_success and not has_value)


@CHAPTER.expects("POST unset is refused with 400", LIVE, until=(7, 21))
async def unset_refused(bench: Bench) -> Seen:
    _, reply = await _unset(bench)
    return reply.judged(HTTPStatus.BAD_REQUEST)


@CHAPTER.expects("Our client unsets a value whatever way this version knows", OURS)
async def client_unset(bench: Bench) -> Seen:
    row_id = await _made(bench, _rule(bench, "a", **{"src-address": "192.0.2.1"}))
    await bench.rest.set(bench.target, FILTER, row_id, {"src-address": None})
    has_value = "src-address" in (await bench.see(get(f"{FILTER}/{row_id}"))).object
    return Seen("still there" if has_value else "gone", not has_value)


async def _unset(bench: Bench) -> tuple[str, Reply]:
    row_id = await _made(bench, _rule(bench, "a", **{"src-address": "192.0.2.1"}))
    return row_id, await bench.write(post(f"{FILTER}/unset", id=row_id, value_name="src-address"))


@CHAPTER.expects("An unknown word for action is 400 input does not match any value of action", FIELD)
async def unknown_action(bench: Bench) -> Seen:
    body = _rule(bench, "a", action="rosmcp-nothing")
    reply = await bench.write(Ask(method="PUT", path=FILTER, body=body))
    return reply.judged(HTTPStatus.BAD_REQUEST, "input does not match any value of action")


@CHAPTER.expects("An interface that does not exist is refused: a hard reference", CONTRACT)
async def hard_reference(bench: Bench) -> Seen:
    body = _rule(bench, "a", **{"in-interface": "rosmcp-nothing"})
    reply = await bench.write(Ask(method="PUT", path=FILTER, body=body))
    return reply.judged(HTTPStatus.BAD_REQUEST, "input does not match any value of interface")


@CHAPTER.expects("A chain to jump to that does not exist is taken: a soft reference", CONTRACT)
async def soft_reference(bench: Bench) -> Seen:
    target = f"{Scratch(bench.nonce).chain}-none"
    body = _rule(bench, "a", action="jump", **{"jump-target": target})
    return (await bench.write(Ask(method="PUT", path=FILTER, body=body))).judged(HTTPStatus.CREATED)
