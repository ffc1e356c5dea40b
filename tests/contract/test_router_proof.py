"""The proof for people with hardware: the emulator passes it, and what differs is told."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest
from fakes.clock import FakeClock
from router_lab import READER
from ssh_lab import NO_SSH, SshLab, ssh_lab

from routeros_mcp.domain.errors import DeviceUnreachable, LoginFailed
from routeros_mcp.domain.models import Login
from routeros_mcp.domain.models.credential import Secret
from routeros_mcp.infra.routeros.conformance import (
    EXPECTATIONS,
    Finding,
    Report,
    RouterProof,
    Scratch,
    Verdict,
    as_markdown,
    as_payload,
)

VERSIONS = ("7.12.1", "7.16.2", "7.20.5", "7.23.2")
BOARDS = ("CHR", "hAP ax^2")
NONCE = "0123abcd"
SCRATCH = Scratch(NONCE)


class Listening:
    """Does something once a finding with this id has come."""

    def __init__(self, after: str = "", then: Callable[[], object] = lambda: None) -> None:
        self.commands: list[str] = []
        self._after = after
        self._then = then

    def found(self, finding: Finding, total: int) -> None:
        assert 0 < total <= len(EXPECTATIONS)
        if finding.id == self._after:
            self._then()

    def left(self, commands: Sequence[str]) -> None:
        self.commands += commands


async def proved(
    lab: SshLab,
    *only: str,
    may_write: bool = False,
    listener: Listening | None = None,
    **target: object,
) -> Report:
    """Try the expectations of the named chapters, of all where none is named."""
    proof = RouterProof(lab.rest, lab.ssh, None, FakeClock())  # registered devices are the CLI's
    chosen = replace(lab.target, **target)
    expectations = [each for each in EXPECTATIONS if not only or each.id.startswith(only)]
    return await proof.of_target(
        chosen, nonce=NONCE, may_write=may_write, listener=listener, expectations=expectations
    )


def told(report: Report, verdict: Verdict) -> dict[str, str]:
    return {finding.id: finding.seen for finding in report.of(verdict)}


def one(report: Report, name: str) -> Finding:
    (found,) = (finding for finding in report.findings if finding.id == name)
    return found


def scratch_rows(lab: SshLab) -> list[dict[str, str]]:
    marks = (NONCE, SCRATCH.name)
    return [
        row
        for path in SCRATCH.places
        for row in lab.router.rows(path)
        if any(mark in value for value in row.values() for mark in marks)
    ]


# -- the emulator passes ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("version", "board", "may_write"),
    [
        *itertools.product(VERSIONS, BOARDS, [True]),
        ("7.12.1", "hAP ax^2", False),
        ("7.23.2", "CHR", False),
        *(
            pytest.param(*profile, False, marks=pytest.mark.slow)
            for profile in itertools.product(VERSIONS, BOARDS)
            if profile not in {("7.12.1", "hAP ax^2"), ("7.23.2", "CHR")}
        ),
    ],
)
async def test_the_emulator_does_what_is_expected_on_every_profile(
    version: str, board: str, may_write: bool
) -> None:
    async with ssh_lab(version=version, board=board, pace=0) as lab:
        report = await proved(lab, may_write=may_write)
        assert told(report, Verdict.DIFFERS) == {}
        assert set(told(report, Verdict.NOT_TRIED).values()) <= {"needs --allow-writes"}
        assert report.count(Verdict.AGREES) > (115 if may_write else 75)
        assert (report.leftovers, report.broken_off, scratch_rows(lab)) == ([], "", [])
        assert bool(lab.router.writes) or not may_write


async def test_without_leave_nothing_is_written() -> None:
    async with ssh_lab(pace=0) as lab:
        before = {path: lab.router.rows(path) for path in SCRATCH.places}
        report = await proved(lab)
        assert not report.wrote
        assert {path: lab.router.rows(path) for path in SCRATCH.places} == before
        verbs = {(request.method, request.command) for request in lab.router.ledger}
        assert not {method for method, _ in verbs} & {"PUT", "PATCH", "DELETE"}
        changing = {"add", "set", "remove", "unset", "move", "enable", "disable"}
        assert not {command for _, command in verbs} & changing


async def test_every_write_stays_in_the_scratch_names() -> None:
    async with ssh_lab(pace=0) as lab:
        untouched = {path: lab.router.rows(path) for path in (*SCRATCH.places, "/ip/address", "/user")}
        await proved(lab, may_write=True)
        assert {path: lab.router.rows(path) for path in untouched} == untouched
        for request in lab.router.writes:
            assert request.path.removeprefix("/rest").startswith((*SCRATCH.places, "/system/identity")) or (
                request.command == "execute" or request.method == "EXEC"
            )


def test_every_expectation_has_an_id_of_its_own_and_a_source() -> None:
    ids = [expectation.id for expectation in EXPECTATIONS]
    assert len(set(ids)) == len(ids) >= 60
    assert all(expectation.source.name and expectation.expected for expectation in EXPECTATIONS)


# -- differences are told --------------------------------------------------------------------------------


async def test_an_answer_that_is_no_json_differs() -> None:
    async with ssh_lab(pace=0) as lab:
        lab.router.faults.garbage(n=1000, on="/ip/address")
        report = await proved(lab, "read.")
        assert one(report, "read.list-menu").verdict is Verdict.DIFFERS
        assert "no JSON" in one(report, "read.list-menu").seen


async def test_an_empty_comment_differs() -> None:
    async with ssh_lab(pace=0) as lab:
        lab.router.store.table("/ip/service").rows[0].values["comment"] = ""
        report = await proved(lab, "form.")
        assert set(told(report, Verdict.DIFFERS)) == {"form.absent-keys"}


async def test_a_request_that_ends_in_a_closed_connection_differs() -> None:
    async with ssh_lab(pace=0) as lab:
        lab.router.faults.drop_before(n=1000, on=lambda request: request.method == "HEAD")
        report = await proved(lab, "http.")
        assert "http.head" in told(report, Verdict.DIFFERS)
        assert report.broken_off == ""


async def test_a_delete_that_is_answered_with_a_body_differs_and_leaves_nothing() -> None:
    async with ssh_lab(pace=0) as lab:
        lab.router.faults.garbage(n=1000, on=lambda request: request.method == "DELETE")
        report = await proved(lab, "write.", may_write=True)
        assert set(told(report, Verdict.DIFFERS)) == {"write.delete", "write.delete-unknown-id"}
        assert scratch_rows(lab) == []


async def test_an_open_question_is_neither_right_nor_wrong() -> None:
    async with ssh_lab(ssh_error_status=1, pace=0) as lab:
        report = await proved(lab, "ssh.")
        assert one(report, "ssh.exit-status").verdict is Verdict.OBSERVED
        assert one(report, "ssh.exit-status").seen == "1 after an error, 0 after success"


# -- what cannot be tried --------------------------------------------------------------------------------


async def test_without_ssh_its_expectations_are_not_tried() -> None:
    async with ssh_lab(pace=0) as lab:
        report = await proved(lab, "ssh.", "query.", "write.", ssh=None)
        assert all(
            finding.id.startswith(("ssh.", "write.", "order.")) for finding in report.of(Verdict.NOT_TRIED)
        )
        assert report.transports == ["REST over HTTPS"]


async def test_a_login_without_ssh_is_no_difference() -> None:
    async with ssh_lab(pace=0) as lab:
        report = await proved(lab, "ssh.", ssh=lab.as_user(NO_SSH).ssh)
        assert told(report, Verdict.DIFFERS) == {}
        assert "refused the login" in one(report, "ssh.output").seen


async def test_a_login_that_may_not_write_leaves_writes_untried() -> None:
    async with ssh_lab(pace=0) as lab:
        login = Login(username=READER.name, password=Secret(READER.password))
        report = await proved(lab, "write.", "order.", may_write=True, login=login)
        assert one(report, "write.put").verdict is Verdict.NOT_TRIED
        assert "permissions" in one(report, "write.put").seen
        assert scratch_rows(lab) == []


async def test_a_router_that_cannot_be_logged_in_to_is_no_report() -> None:
    async with ssh_lab(pace=0) as lab:
        with pytest.raises(LoginFailed):
            await proved(lab, login=Login(username="admin", password=Secret("another")))


async def test_a_router_that_is_down_is_no_report() -> None:
    async with ssh_lab(pace=0) as lab:
        lab.router.faults.down()
        with pytest.raises(DeviceUnreachable):
            await proved(lab)


async def test_a_router_that_goes_down_breaks_the_run_off() -> None:
    async with ssh_lab(pace=0) as lab:
        report = await proved(
            lab, "read.", "form.", listener=Listening("read.list-menu", lab.router.faults.down)
        )
        assert "refuses connections" in report.broken_off
        assert one(report, "form.strings").seen == "the router could not be reached any more"


# -- leaving nothing behind ------------------------------------------------------------------------------


async def test_an_interrupted_run_removes_what_it_has_written() -> None:
    async with ssh_lab(pace=0) as lab:
        task: list[asyncio.Task[object]] = []

        async def run() -> None:
            task.extend(filter(None, [asyncio.current_task()]))
            await proved(
                lab, "write.", "order.", may_write=True, listener=Listening("write.timeout", task[0].cancel)
            )

        async with asyncio.timeout(20), asyncio.TaskGroup() as group:
            group.create_task(run())
        assert [request for request in lab.router.writes if request.method == "PUT"]
        assert scratch_rows(lab) == []


async def test_what_cannot_be_removed_is_told_with_the_command_that_does() -> None:
    async with ssh_lab(pace=0) as lab:
        listener = Listening()
        lab.router.faults.unauthorized(n=1000, on=lambda request: request.command == "remove")
        report = await proved(lab, "order.", may_write=True, listener=listener)
        assert report.leftovers == listener.commands != []
        assert f"/ip/firewall/filter/remove [find chain={SCRATCH.chain}]" in " ".join(report.leftovers)
        assert SCRATCH.chain in as_markdown(report)


# -- the page --------------------------------------------------------------------------------------------


async def test_the_page_holds_every_finding_and_nothing_that_identifies() -> None:
    async with ssh_lab(board="hAP ax^2", serial="HG109ABCDE1", name="core", pace=0) as lab:
        lab.router.edit("/system/identity", None, {"name": "Branch-Vienna"})
        report = await proved(lab, may_write=True)
        page = as_markdown(report)
        assert all(f"`{finding.id}`" in page for finding in report.findings)
        assert "7.23.2" in page
        for hidden in ("admin", "HG109ABCDE1", "Branch-Vienna", lab.router.address, lab.router.fingerprint):
            assert hidden not in page
        assert "Left out on purpose" in page


async def test_words_of_a_router_stay_inside_their_cell() -> None:
    async with ssh_lab(pace=0) as lab:
        report = await proved(lab, "query.")
        nasty = replace(report.findings[0], seen="a | b\n# c `d` <img>", verdict=Verdict.DIFFERS)
        page = as_markdown(replace(report, findings=[nasty]))
        assert "a \\| b" in page
        assert "<img>" not in page


async def test_the_payload_counts_what_the_findings_say() -> None:
    async with ssh_lab(pace=0) as lab:
        report = await proved(lab, "query.")
        payload = as_payload(report)
        assert str(payload["summary"]).startswith(f"{report.count(Verdict.AGREES)} agree, 0 differ")
