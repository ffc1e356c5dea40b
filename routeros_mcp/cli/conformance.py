"""`routeros-mcp conformance-router`: what a router does against what the client expects of it."""

from __future__ import annotations

import argparse
import re
import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from routeros_mcp.cli.errors import FAILED, Stopped, reported
from routeros_mcp.cli.output import Payload, facts, say, show, shown, table
from routeros_mcp.cli.session import Deed, Desk, at_desk
from routeros_mcp.cli.terminal import controlling_terminal
from routeros_mcp.domain.errors import Forbidden, InvalidParams
from routeros_mcp.domain.models import Effect, Scope, Tier
from routeros_mcp.infra.routeros.conformance import (
    Finding,
    Report,
    Scratch,
    Verdict,
    as_markdown,
    as_payload,
)

DIFFERS, NOT_RUN = 1, 2
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")
_MARKS = {
    Verdict.AGREES: "green",
    Verdict.DIFFERS: "bold red",
    Verdict.OBSERVED: "cyan",
    Verdict.NOT_APPLICABLE: "dim",
    Verdict.NOT_TRIED: "yellow",
}
_SHOWN = (Verdict.DIFFERS, Verdict.OBSERVED, Verdict.NOT_TRIED)


def run(chosen: argparse.Namespace) -> int:
    """Prove a router; the exit code says how it ended."""
    ended: list[int] = []

    def proved() -> int:
        ended.append(_proved(chosen))
        return ended[0]

    code = reported(proved, as_json=chosen.json)
    return NOT_RUN if not ended and code == FAILED else code


def _proved(chosen: argparse.Namespace) -> int:
    nonce = secrets.token_hex(4)
    _check_place(chosen.report)
    if chosen.allow_writes:
        _announce(chosen, nonce)
    with _watching() as watcher:
        report = at_desk(chosen, lambda desk: _report(desk, chosen, nonce, watcher))
    path = _written(chosen, report)
    show(chosen, {**as_payload(report), "report": str(path)}, _view)
    if report.broken_off:
        return NOT_RUN
    return DIFFERS if report.leftovers or report.count(Verdict.DIFFERS) else 0


async def _report(desk: Desk, chosen: argparse.Namespace, nonce: str, watcher: _Watcher) -> Report:
    device = await desk.app.services.devices.find(desk.principal, chosen.device)
    may_write: bool = chosen.allow_writes
    deed = Deed(
        name="conformance_router",
        device=device,
        arguments={"allow_writes": may_write, "nonce": nonce},
        tier=Tier.ADVANCED if may_write else Tier.FUNDAMENTAL,
        scope=Scope.WRITE if may_write else Scope.READ,
        effect=Effect.CHANGE if may_write else Effect.READ,
    )

    async def work() -> Report:
        if may_write:
            await desk.intend(deed)
        return await desk.app.proof.of_device(device, nonce=nonce, may_write=may_write, listener=watcher)

    return await desk.do(deed, work)


def _announce(chosen: argparse.Namespace, nonce: str) -> None:
    """Say what will be written, and have it confirmed."""
    say(f"This writes to {chosen.device}, and removes at the end, even if it is interrupted:")
    for line in Scratch(nonce).announcement:
        say(f"  - {line}")
    if chosen.yes:
        return
    try:
        with controlling_terminal("confirm the writes") as terminal:
            typed = terminal.ask("Go on? Type yes: ")
    except Forbidden as error:
        raise Stopped("There is no terminal to confirm the writes on.", fix="Add --yes.") from error
    if typed.lower() not in {"y", "yes"}:
        raise Stopped("The writes were not confirmed.", fix="Nothing was written.")


# -- on the way ------------------------------------------------------------------------------------------


class _Watcher:
    """Shows findings as they come; differences stay on the screen."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._bar = progress.add_task("reaching the router", total=None)

    def found(self, finding: Finding, total: int) -> None:
        self._progress.update(self._bar, advance=1, total=total, description=finding.id)
        if finding.verdict is Verdict.DIFFERS and not self._progress.disable:
            self._progress.console.print(
                shown(f"differs: {finding.id}: {finding.seen}", _MARKS[finding.verdict])
            )

    def left(self, commands: Sequence[str]) -> None:
        say("Not everything could be removed. Run on the router:")
        for command in commands:
            say(f"  {command}")


@contextmanager
def _watching() -> Iterator[_Watcher]:
    console = Console(stderr=True, highlight=False)
    columns = (BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TextColumn("{task.description}"))
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        yield _Watcher(progress)


# -- afterwards ------------------------------------------------------------------------------------------


def _check_place(path: Path | None) -> None:
    """Before the run, which takes its time."""
    if path is not None and (path.is_dir() or not path.parent.is_dir()):
        raise InvalidParams(f"{path} cannot be written: no such folder, or no file.", fix="Correct --report.")


def _written(chosen: argparse.Namespace, report: Report) -> Path:
    """Write the page; a file that is there already is only replaced when it was named, and that is said."""
    path: Path = chosen.report or _free(chosen.device, report)
    if path.exists():
        say(f"{path} is replaced.")
    try:
        path.write_text(as_markdown(report), encoding="utf-8")
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise InvalidParams(f"{path} cannot be written: {reason}.", fix="Correct --report.") from error
    return path


def _free(device: str, report: Report) -> Path:
    stem = f"conformance-{_UNSAFE.sub('-', device)}-{report.made_at:%Y-%m-%d}"
    names = (Path(f"{stem}{f'-{number}' if number > 1 else ''}.md") for number in range(1, 1000))
    return next(name for name in names if not name.exists())


def _view(console: Console, payload: Payload) -> None:
    about = ("routeros", "architecture", "board", "board_kind", "transports")
    console.print(facts({name.replace("_", " "): payload[name] for name in about}))
    rows = table("VERDICT", "ID", "EXPECTED", "THE ROUTER")
    for verdict in _SHOWN:
        for one in payload["findings"]:
            if one["verdict"] == verdict and not _is_expected_gap(one):
                style = _MARKS[verdict]
                rows.add_row(
                    shown(verdict, style), shown(one["id"]), shown(one["expected"]), shown(one["seen"])
                )
    if rows.row_count:
        console.print(rows)
    differs = any(one["verdict"] == Verdict.DIFFERS for one in payload["findings"])
    console.print(shown(payload["summary"], "bold red" if differs else "bold green"), soft_wrap=True)
    if payload["broken_off"]:
        console.print(shown(f"Broken off: {payload['broken_off']}", "bold red"), soft_wrap=True)
    console.print(shown(f"Report: {payload['report']}", "dim"), soft_wrap=True)


def _is_expected_gap(finding: Payload) -> bool:
    """What was left out because it was not asked for needs no line of its own."""
    return bool(finding["seen"] == "needs --allow-writes")
