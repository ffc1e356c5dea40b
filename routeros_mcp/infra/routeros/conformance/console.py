"""Expectations about SSH: the exec channel, the mark behind each command, and exports."""

from __future__ import annotations

import re
from itertools import pairwise

from routeros_mcp.domain.errors import ExportError
from routeros_mcp.domain.export import Command, parse_export, readable_lines, serialise
from routeros_mcp.infra.routeros.conformance.bench import Bench, get
from routeros_mcp.infra.routeros.conformance.chapter import CENTRS_SSH, EXPORTS, MANUAL_SSH, OURS, Chapter
from routeros_mcp.infra.routeros.conformance.seen import NotTried, Seen
from routeros_mcp.infra.routeros.refusals import clean
from routeros_mcp.infra.routeros.ssh_words import Command as Line

CHAPTER = Chapter("ssh", needs_ssh=True)
_HEAD = re.compile(r"# \S+ \d{2}:\d{2}:\d{2} by RouterOS \d+\.\d+\S*")
_WRONG = "/rosmcp-nothing"
_WIDEST = 79


@CHAPTER.expects("The host key is RSA or ed25519", MANUAL_SSH)
async def host_key(bench: Bench) -> Seen:
    stages = {stage.name: stage for stage in await bench.ssh.probe(bench.target)}
    if "ssh" not in stages or not stages["ssh"].ok:
        raise NotTried("SSH does not answer")
    kind = stages["ssh"].detail.partition(" ")[0]
    return Seen(kind, kind in {"ssh-ed25519", "ssh-rsa", "rsa-sha2-256", "rsa-sha2-512"})


@CHAPTER.expects("A command prints its output and nothing else: no prompt, no echo, CR LF", CENTRS_SSH)
async def output(bench: Bench) -> Seen:
    printed, _ = await bench.line(f':put "{bench.nonce}"')
    return Seen(repr(_public(bench, printed)), printed == f"{bench.nonce}\r\n")


@CHAPTER.expects("The mark behind a command that succeeds comes last, as our client reads it", OURS)
async def mark_after_success(bench: Bench) -> Seen:
    told = (await bench.ssh.run(bench.target, Line.IDENTITY)).strip()
    over_rest = (await bench.see(get("/system/identity"))).object.get("name")
    return Seen("the same name as over REST" if told == over_rest else "another name", told == over_rest)


@CHAPTER.expects("The mark behind a command that fails is not printed; the error is on stdout", CENTRS_SSH)
async def mark_after_failure(bench: Bench) -> Seen:
    printed, _ = await bench.line(f'{_WRONG}; :put "OK#{bench.nonce}"')
    agrees = "bad command name" in printed and bench.nonce not in printed
    return Seen(_public(bench, printed), agrees)


@CHAPTER.wonders("Which exit status does a command that fails leave, and one that succeeds?")
async def exit_status(bench: Bench) -> Seen:
    _, failed = await bench.line(_WRONG)
    _, done = await bench.line(":put done")
    return Seen(f"{failed} after an error, {done} after success")


@CHAPTER.wonders("Which words and column does an unknown property get?")
async def error_column(bench: Bench) -> Seen:
    printed, _ = await bench.line(":put [/system/identity/get rosmcp-nothing]")
    return Seen(_public(bench, printed) or "nothing")


@CHAPTER.wonders("Do line breaks inside a line end a command?")
async def several_lines(bench: Bench) -> Seen:
    printed, _ = await bench.line(':put "one"\n:put "two"')
    return Seen(_public(bench, printed) or "nothing")


@CHAPTER.expects("An export begins with date, time and version", EXPORTS)
async def export_head(bench: Bench) -> Seen:
    head = (await bench.export_over_ssh()).partition("\n")[0]
    return Seen(re.sub(r"\d", "9", head), _HEAD.match(head) is not None)


@CHAPTER.expects("Our parser reads the whole export and writes it back byte for byte", OURS)
async def export_parsed(bench: Bench) -> Seen:
    text = await bench.export_over_ssh()
    try:
        parsed = parse_export(text)
    except ExportError as error:
        return Seen(f"not understood at line {error.line} column {error.column}", agrees=False)
    is_same = serialise(parsed) == text
    return Seen(f"{len(list(parsed.commands))} commands{'' if is_same else ', written differently'}", is_same)


@CHAPTER.expects("Sections are headed in the space form, such as /ip firewall filter", EXPORTS)
async def export_headings(bench: Bench) -> Seen:
    heads = [line for line in (await bench.export_over_ssh()).splitlines() if line.startswith("/")]
    slashed = [line for line in heads if line.count("/") > 1]
    return Seen(f"{len(heads)} sections, {len(slashed)} in slash form", not slashed)


@CHAPTER.expects("Arguments of each line are in alphabetical order", EXPORTS)
async def export_order(bench: Bench) -> Seen:
    commands = list(parse_export(await bench.export_over_ssh()).commands)
    unsorted = [command for command in commands if not _is_sorted(command)]
    where = f", first in {unsorted[0].menu}" if unsorted else ""
    return Seen(f"{len(unsorted)} of {len(commands)} lines are not{where}", not unsorted)


@CHAPTER.expects("With our login options lines of an export break only where a value has a line break", OURS)
async def export_width(bench: Bench) -> Seen:
    lines = (await bench.export_over_ssh()).splitlines()
    broken = sum(
        line.endswith("\\") and not following.lstrip().startswith("\\n")
        for line, following in pairwise(lines)
    )
    return Seen(f"{broken} broken lines", not broken)


@CHAPTER.expects("Over REST the same export is broken at 79 columns", EXPORTS)
async def export_over_rest_width(bench: Bench) -> Seen:
    longest = max(map(len, (await bench.export_over_rest()).splitlines()))
    return Seen(f"the longest line has {longest} columns", longest <= _WIDEST)


@CHAPTER.expects("Over REST and over SSH the export says the same", OURS)
async def export_alike(bench: Bench) -> Seen:
    over_ssh = _body(await bench.export_over_ssh())
    over_rest = _body(await bench.export_over_rest())
    other = sum(one != two for one, two in zip(over_ssh, over_rest, strict=False))
    words = f"{len(over_ssh)} lines over SSH, {len(over_rest)} over REST, {other} of them differ"
    return Seen(words, over_ssh == over_rest)


def _is_sorted(command: Command) -> bool:
    names = [argument.name for argument in command.arguments]
    return names == sorted(names)


def _body(text: str) -> list[str]:
    """The lines of an export, put together where they are broken, without head and remarks."""
    return [line.text for line in readable_lines(text) if not line.text.startswith("#")]


def _public(bench: Bench, printed: str) -> str:
    return clean(printed.replace(bench.nonce, "NONCE"))
