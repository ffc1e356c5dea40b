"""Expectations about scripts over REST: output, errors under 200, and the wrap that tells them apart."""

from __future__ import annotations

from http import HTTPStatus

from routeros_mcp.infra.routeros.conformance.bench import Bench, Reply, post
from routeros_mcp.infra.routeros.conformance.chapter import LIVE, MANUAL, OURS, Chapter
from routeros_mcp.infra.routeros.conformance.seen import Seen
from routeros_mcp.infra.routeros.refusals import clean

CHAPTER = Chapter("script")


@CHAPTER.expects("execute with as-string is 200 and the output in ret, ended by CR LF", LIVE)
async def output(bench: Bench) -> Seen:
    reply = await bench.execute(f':put "{bench.nonce}"')
    return Seen(_said(bench, reply), reply.object.get("ret") == f"{bench.nonce}\r\n")


@CHAPTER.expects("execute without as-string is 200 and the id of a job", MANUAL)
async def job(bench: Bench) -> Seen:
    reply = await bench.see(post("/execute", script=":delay 0s"))
    identity = str(reply.object.get("ret", ""))
    return Seen(f"{reply.status}, ret begins with {identity[:1] or 'nothing'}", identity.startswith("*"))


@CHAPTER.expects("as-string is there or not: false switches it on too", LIVE)
async def presence(bench: Bench) -> Seen:
    reply = await bench.see(post("/execute", script=f':put "{bench.nonce}"', as_string="false"))
    return Seen(_said(bench, reply), str(reply.object.get("ret", "")).strip() == bench.nonce)


@CHAPTER.expects("A script that raises an error is 200 with the words and (:error; line 1)", LIVE)
async def raised(bench: Bench) -> Seen:
    reply = await bench.execute(f':error "{bench.nonce}"')
    said = str(reply.object.get("ret", "")).strip()
    agrees = reply.status == HTTPStatus.OK and said == f"{bench.nonce} (:error; line 1)"
    return Seen(_said(bench, reply), agrees)


@CHAPTER.expects("An unknown command is 200 with bad command name x and its place", LIVE)
async def bad_command(bench: Bench) -> Seen:
    reply = await bench.execute("/rosmcp-nothing")
    said = str(reply.object.get("ret", ""))
    agrees = reply.status == HTTPStatus.OK and "bad command name rosmcp-nothing (line 1 column" in said
    return Seen(_said(bench, reply), agrees)


@CHAPTER.expects("A chain stops at the first command that fails", LIVE)
async def chain(bench: Bench) -> Seen:
    reply = await bench.execute(f':error "first"; :put "{bench.nonce}"')
    said = str(reply.object.get("ret", ""))
    return Seen(_said(bench, reply), "first" in said and bench.nonce not in said)


@CHAPTER.expects("Work in :do … on-error= tells success by what it prints", OURS)
async def wrap_success(bench: Bench) -> Seen:
    reply = await bench.execute(_wrapped(bench, ":put working"))
    return Seen(_said(bench, reply), str(reply.object.get("ret", "")).split() == ["working", _ok(bench)])


@CHAPTER.expects("Work in :do … on-error= tells failure by what it prints", OURS)
async def wrap_failure(bench: Bench) -> Seen:
    reply = await bench.execute(_wrapped(bench, ':error "stop"'))
    return Seen(_said(bench, reply), str(reply.object.get("ret", "")).split() == [f"ERR#{bench.nonce}"])


@CHAPTER.expects(":onerror hands the error's words to its block", OURS, since=(7, 20))
async def onerror(bench: Bench) -> Seen:
    reply = await bench.execute(f':onerror e in={{:error "stop"}} do={{:put "ERR#{bench.nonce}"; :put $e}}')
    said = str(reply.object.get("ret", ""))
    return Seen(_said(bench, reply), said.startswith(f"ERR#{bench.nonce}") and "stop" in said)


@CHAPTER.wonders("Is :onerror known?")
async def onerror_known(bench: Bench) -> Seen:
    return Seen(_said(bench, await bench.execute(':onerror e in={:error "stop"} do={:put "caught"}')))


@CHAPTER.wonders("Is :serialize known, and what does it print?")
async def serialize(bench: Bench) -> Seen:
    return Seen(_said(bench, await bench.execute(':put [:serialize to=json value={"a"=1;"b"="x"}]')))


@CHAPTER.wonders("Does :parse tell bad syntax without running anything?")
async def parse(bench: Bench) -> Seen:
    return Seen(_said(bench, await bench.execute(':put [:parse "/rosmcp-nothing"]')))


@CHAPTER.expects("execute of /export answers the whole configuration as text", MANUAL)
async def export(bench: Bench) -> Seen:
    return Seen(f"{len((await bench.export_over_rest()).splitlines())} lines")


def _ok(bench: Bench) -> str:
    return f"OK#{bench.nonce}"


def _wrapped(bench: Bench, work: str) -> str:
    return f':do {{{work}; :put "{_ok(bench)}"}} on-error={{:put "ERR#{bench.nonce}"}}'


def _said(bench: Bench, reply: Reply) -> str:
    said = reply.object.get("ret")
    if not isinstance(said, str):
        return reply.told
    return f"{reply.status}, {clean(said.replace(bench.nonce, 'NONCE')) or 'nothing'}"
