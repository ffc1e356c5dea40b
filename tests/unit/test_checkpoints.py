"""Marks of the audit chain outside the database: unfinished lines, and lines that somebody changed."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from routeros_mcp.domain.errors import SetupError
from routeros_mcp.infra.checkpoints import FileAnchors

NOW = datetime(2026, 11, 22, tzinfo=UTC)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "marks.jsonl"


def test_an_unfinished_line_counts_for_nothing_and_goes_with_the_next(file: Path) -> None:
    anchors = FileAnchors(file)
    anchors.keep(100, "a", NOW)
    anchors.keep(200, "b", NOW)
    file.write_bytes(file.read_bytes()[:-9])
    assert anchors.all() == {100: "a"}
    anchors.keep(300, "c", NOW)
    assert anchors.all() == {100: "a", 300: "c"}
    assert file.read_bytes().count(b"\n") == 2


def test_a_first_line_that_is_unfinished_leaves_nothing(file: Path) -> None:
    file.write_text('{"seq')
    anchors = FileAnchors(file)
    assert anchors.all() == {}
    anchors.keep(1, "a", NOW)
    assert anchors.all() == {1: "a"}


@pytest.mark.parametrize("line", ["garbage", "[1]", '{"sequence": "x", "mac": "a"}', '{"mac": "a"}'])
def test_a_line_that_somebody_changed_is_named(file: Path, line: str) -> None:
    anchors = FileAnchors(file)
    anchors.keep(100, "a", NOW)
    with file.open("a") as opened:
        opened.write(f"{line}\n")
    with pytest.raises(SetupError, match=r"Line 2 of .* is no mark"):
        anchors.all()


def test_marks_behind_a_restart_count_no_more(file: Path) -> None:
    anchors = FileAnchors(file)
    for sequence in (100, 200, 300):
        anchors.keep(sequence, str(sequence), NOW)
    anchors.restart(150, NOW)
    anchors.keep(160, "new", NOW)
    assert anchors.all() == {100: "100", 160: "new"}
