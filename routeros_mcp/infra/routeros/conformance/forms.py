"""Expectations about the form of rows: key order, types, durations, dates, and what is left out."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from routeros_mcp.domain.values import parse_duration, parse_gmt_offset
from routeros_mcp.infra.routeros.conformance.bench import Bench, get, keys_of, post
from routeros_mcp.infra.routeros.conformance.chapter import CONTRACT, FIELD, LIVE, MANUAL, OURS, Chapter
from routeros_mcp.infra.routeros.conformance.seen import NotApplicable, Seen

CHAPTER = Chapter("form")
_MENUS = ("/interface", "/ip/address", "/ip/service", "/user/group", "/system/package")
_SINGLES = ("/system/resource", "/system/clock", "/ip/dns")
_BIG_TABLE = 2_000
_VERSION = re.compile(r"\d+\.\d+\S* \((stable|long-term|testing|development)\)")
_ISO = re.compile(r"\d{4}-\d{2}-\d{2}")
_OLD = re.compile(r"[a-z]{3}/\d{2}/\d{4}")
_TIME = re.compile(r"\d{2}:\d{2}:\d{2}")


@CHAPTER.expects("Keys of a row are sorted, those that begin with a dot first", LIVE)
async def key_order(bench: Bench) -> Seen:
    rows = await _all_rows(bench)
    unsorted = [row for row in rows if list(row) != sorted(row)]
    example = f", such as {keys_of(unsorted[0])}" if unsorted else ""
    return Seen(f"{len(unsorted)} of {len(rows)} rows are not{example}", not unsorted)


@CHAPTER.expects("Every value is a string", MANUAL)
async def strings(bench: Bench) -> Seen:
    rows = await _all_rows(bench)
    others = sorted({key for row in rows for key, value in row.items() if not isinstance(value, str)})
    return Seen(f"of {len(rows)} rows not strings: {', '.join(others) or 'none'}", not others)


@CHAPTER.expects("In a refusal error is a number and message a text", MANUAL)
async def refusal(bench: Bench) -> Seen:
    found = (await bench.see(get("/rosmcp-nothing"))).object
    kinds = f"error is {type(found.get('error')).__name__}, message {type(found.get('message')).__name__}"
    return Seen(kinds, isinstance(found.get("error"), int) and isinstance(found.get("message"), str))


@CHAPTER.expects("Booleans are true and false", MANUAL)
async def booleans(bench: Bench) -> Seen:
    rows = (await bench.see(get("/interface?.proplist=disabled,running"))).rows
    found = {str(row[key]) for row in rows for key in ("disabled", "running") if key in row}
    return Seen(", ".join(sorted(found)) or "none shown", found <= {"true", "false"})


@CHAPTER.expects("Words that look like booleans stay yes, no or auto beside true booleans", FIELD)
async def words_like_booleans(bench: Bench) -> Seen:
    found = (await bench.see(get("/ip/firewall/connection/tracking"))).object
    enabled, loose = found.get("enabled"), found.get("loose-tcp-tracking")
    agrees = enabled in {"yes", "no", "auto"} and loose in {"true", "false"}
    return Seen(f"enabled {enabled}, loose-tcp-tracking {loose}", agrees)


@CHAPTER.expects("What was never set is left out: no comment is empty", CONTRACT)
async def absent_keys(bench: Bench) -> Seen:
    rows = await _all_rows(bench)
    empty = sum(row.get("comment") == "" for row in rows)
    return Seen(f"{empty} of {len(rows)} rows show an empty comment", not empty)


@CHAPTER.expects("uptime is a duration that our client reads", FIELD)
async def uptime(bench: Bench) -> Seen:
    text = (await _single(bench, "/system/resource")).get("uptime", "")
    read = parse_duration(text)
    return Seen(f"in the form {_shape(text)}", read is not None)


@CHAPTER.expects("version is a number and a channel in brackets", FIELD)
async def version(bench: Bench) -> Seen:
    text = (await _single(bench, "/system/resource")).get("version", "")
    return Seen(text, _VERSION.fullmatch(text) is not None)


@CHAPTER.expects("The date of the clock is ISO from 7.10 on, like aug/13/2022 before", MANUAL)
async def clock_date(bench: Bench) -> Seen:
    text = (await _single(bench, "/system/clock")).get("date", "")
    expected = _ISO if bench.subject.release >= (7, 10) else _OLD
    return Seen(f"in the form {_shape(text)}", expected.fullmatch(text) is not None)


@CHAPTER.expects("The clock tells time, zone and offset in forms that our client reads", FIELD)
async def clock_zone(bench: Bench) -> Seen:
    clock = await _single(bench, "/system/clock")
    offset, time = clock.get("gmt-offset", ""), clock.get("time", "")
    agrees = parse_gmt_offset(offset) is not None and _TIME.fullmatch(time) is not None
    return Seen(f"time {_shape(time)}, gmt-offset {_shape(offset)}, {keys_of(clock)}", agrees)


@CHAPTER.expects("Health is a list of name, type, value on boards, one object on CHR", FIELD)
async def health(bench: Bench) -> Seen:
    reply = await bench.see(get("/system/health"))
    if bench.subject.is_chr:
        return Seen(reply.told, isinstance(reply.json, dict) and reply.status == HTTPStatus.OK)
    keys = {key for row in reply.rows for key in row}
    return Seen(f"{reply.told} with {', '.join(sorted(keys))}", keys == {".id", "name", "type", "value"})


@CHAPTER.expects("CHR has no routerboard: 400 no such command or directory (routerboard)", LIVE)
async def no_routerboard(bench: Bench) -> Seen:
    if not bench.subject.is_chr:
        raise NotApplicable("this is a board")
    reply = await bench.see(get("/system/routerboard"))
    return reply.judged(HTTPStatus.BAD_REQUEST, "no such command or directory (routerboard)")


@CHAPTER.expects("A board tells its model, firmware and that it is one", FIELD)
async def routerboard(bench: Bench) -> Seen:
    if bench.subject.is_chr:
        raise NotApplicable("CHR is no routerboard")
    found = await _single(bench, "/system/routerboard")
    wanted = {"model", "current-firmware", "upgrade-firmware", "serial-number"}
    return Seen(keys_of(found), found.get("routerboard") == "true" and wanted <= set(found))


@CHAPTER.expects("The package routeros has the version of the resource", FIELD)
async def packages(bench: Bench) -> Seen:
    (found,) = await bench.read("/system/package", "name", "version", name="routeros") or [{}]
    agrees = bench.subject.version.startswith(found.get("version", "none"))
    return Seen(f"routeros {found.get('version', 'is not listed')}", agrees)


@CHAPTER.expects("Flags of routes show only when true", CONTRACT)
async def route_flags(bench: Bench) -> Seen:
    counted = await bench.see(post("/ip/route/print", count_only=""))
    if int(counted.object.get("ret", "0")) > _BIG_TABLE:
        raise NotApplicable("the table is large and is left alone")
    flags = ["active", "connect", "dhcp", "ecmp"]
    rows = (await bench.see(post("/ip/route/print", proplist=flags))).rows
    false = sorted({name for row in rows for name in flags if row.get(name) == "false"})
    return Seen(f"shown as false in {len(rows)} routes: {', '.join(false) or 'none'}", not false)


@CHAPTER.expects("/ip/service lists the open HTTPS connections as dynamic rows", LIVE, since=(7, 20))
async def service_connections(bench: Bench) -> Seen:
    rows = (await bench.see(get("/ip/service"))).rows
    own = [row for row in rows if row.get("dynamic") == "true" and row.get("name") == "www-ssl"]
    return Seen(f"{len(own)} dynamic rows of www-ssl", bool(own))


@CHAPTER.expects("A REST login shows twice in /user/active, via rest-api and via api", LIVE, since=(7, 16))
async def active_users(bench: Bench) -> Seen:
    rows = (await bench.see(post("/user/active/print", proplist=["via", "address"]))).rows
    web = sum(row.get("via") == "rest-api" for row in rows)
    bare = sum(row.get("via") == "api" and "address" not in row for row in rows)
    return Seen(f"{web} via rest-api, {bare} via api without an address", web > 0 and bare > 0)


@CHAPTER.expects("Our client tells rates of interfaces from monitor-traffic once", OURS)
async def rates(bench: Bench) -> Seen:
    name = str((await bench.first("/interface?type=ether"))["name"])
    arguments = {"interface": name, "once": ""}
    found = await bench.rest.run(bench.target, "/interface", "monitor-traffic", arguments, timeout_s=30)
    wanted = {"rx-bits-per-second", "tx-bits-per-second"}
    return Seen(f"{len(found)} rows", len(found) == 1 and wanted <= set(found[0]))


@CHAPTER.expects("A ping of the router by itself answers a row with sent and received", FIELD)
async def ping(bench: Bench) -> Seen:
    asked = {"address": "127.0.0.1", "count": "1"}
    found = await bench.rest.run(bench.target, "/tool", "ping", asked, timeout_s=30)
    words = keys_of(found[0]) if found else "nothing"
    return Seen(f"{len(found)} rows: {words}", bool(found) and {"sent", "received"} <= set(found[0]))


@CHAPTER.wonders("Does a pool tell its counters?")
async def pool_counters(bench: Bench) -> Seen:
    return Seen(keys_of(await bench.first("/ip/pool")))


@CHAPTER.wonders("Is there a menu /ip/service/webserver?")
async def webserver_menu(bench: Bench) -> Seen:
    return Seen((await bench.see(get("/ip/service/webserver"))).told)


@CHAPTER.wonders("Which extra keys do rows of ordered menus have?")
async def ordered_extras(bench: Bench) -> Seen:
    rows = (await bench.see(get("/interface/bridge/port"))).rows
    return Seen(", ".join(sorted({key for row in rows for key in row if key.startswith(".")})) or "no rows")


async def _all_rows(bench: Bench) -> Sequence[Mapping[str, Any]]:
    found: list[Mapping[str, Any]] = [await _single(bench, path) for path in _SINGLES]
    for path in _MENUS:
        found += (await bench.see(get(path))).rows
    return found


async def _single(bench: Bench, path: str) -> Mapping[str, Any]:
    return (await bench.see(get(path))).object


def _shape(text: str) -> str:
    """The form of a value without the value: digits become 9."""
    return re.sub(r"\d", "9", text) or "nothing"
