"""Exports read back: `/import` of what `/export` wrote, and of files with errors in them."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType

import pytest
from console_lab import ADMIN, printed, router, session
from fakes.exports import NOON, values
from hypothesis import given, settings

from routeros_mcp.emulator import RouterSpec, branch_fleet, console, operations, views
from routeros_mcp.emulator.export import Options, export, quoted
from routeros_mcp.emulator.store import Store

DONE = "Script file loaded and executed successfully\n"
SPECS = branch_fleet(6)


def with_file(text: str, store: Store | None = None) -> Store:
    held = store or router()
    operations.add(held, "/file", {"name": "x.rsc"}).values["contents"] = text
    return held


def emptied(spec: RouterSpec) -> Store:
    """The same hardware and version, fresh from a reset."""
    return Store(replace(spec, config=MappingProxyType({})), NOON)


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.name)
@pytest.mark.parametrize("form", [{"width": 79}, {"width": 0}, {"is_terse": True}], ids=str)
def test_an_export_imported_into_an_empty_router_is_exported_again(
    spec: RouterSpec, form: dict[str, bool]
) -> None:
    options = Options(shows_secrets=True, **form)
    text = export(Store(spec, NOON), options)
    fresh = with_file(text, emptied(spec))
    assert printed("/import x.rsc", fresh) == DONE
    assert export(fresh, options) == text


def test_line_by_line_it_is_the_same() -> None:
    text = export(Store(SPECS[0], NOON), Options(shows_secrets=True))
    fresh = with_file(text, emptied(SPECS[0]))
    assert printed("/import x.rsc verbose=yes", fresh).endswith(DONE)
    assert export(fresh, Options(shows_secrets=True)) == text


@settings(max_examples=60, deadline=None)
@given(values)
def test_any_text_comes_through_an_export(text: str) -> None:
    store = router()
    operations.add(store, "/system/script", {"name": "s", "source": text})
    fresh = with_file(export(store, Options(path="/system/script")), Store(RouterSpec(name="other"), NOON))
    printed("/import x.rsc", fresh)
    row = fresh.table("/system/script").find("s")
    assert row is not None
    assert row.values.get("source", "") == text


@settings(max_examples=200, deadline=None)
@given(values)
def test_any_quoted_text_is_stored_as_it_is_and_runs_nothing(text: str) -> None:
    store = router()
    assert console.run(store, ADMIN, f"/system/note/set note={quoted(text)}") == ""
    assert views.single(store, "/system/note")["note"] == text
    assert len(views.rows(store, "/ip/address")) == 2


BROKEN = """/ip address
add address=10.9.0.1/24 interface=ether1
add address=10.9.1.1/24 interface=none
add address=10.9.2.1/24 interface=ether1
"""
PLACE = "(/ip/address/add (interface); line 3) (:import; line 1)"


def test_the_first_error_ends_it_and_what_came_before_stays() -> None:
    store = with_file(BROKEN)
    told = "Script Error: input does not match any value of interface "
    assert printed("/import file-name=x.rsc; :put never", store) == f"{told}{PLACE}\n"
    assert [row["address"] for row in views.rows(store, "/ip/address")][2:] == ["10.9.0.1/24"]


def test_a_text_that_cannot_be_read_does_not_run_at_all_unless_line_by_line() -> None:
    text = '/ip address\nadd address=10.9.0.1/24 interface=ether1\nadd comment="\\q"\n'
    store = with_file(text)
    assert printed("/import x.rsc", store) == "Script Error: syntax error (line 3 column 14)\n"
    assert len(views.rows(store, "/ip/address")) == 2
    told = printed("/import x.rsc verbose=yes", store)
    assert told.startswith("#line 1\n/ip address\n#line 2\nadd ")
    assert told.endswith("Script Error: syntax error (line 1 column 14)\n")
    assert len(views.rows(store, "/ip/address")) == 3


@pytest.mark.parametrize(
    ("command", "told"),
    [
        ("/import none.rsc", "Cannot open import file, file does not exist (:import; line 1)"),
        ("/import", "missing value(s) of argument(s) file-name (:import; line 1)"),
        ("/import x.rsc dry-run", "dry-run is only possible with verbose=yes (:import; line 1)"),
        ("/import x.rsc bogus=1", "bad parameter bogus (line 1 column 20)"),
        (':onerror e in={/import none.rsc} do={:put "Failure - $e"}',
         "Failure - Cannot open import file, file does not exist (:import; line 1)"),
    ],
)  # fmt: skip
def test_an_import_that_cannot_begin_says_why(command: str, told: str) -> None:
    assert printed(command, with_file(BROKEN)) == told + "\n"


def test_a_file_can_be_entered_at_a_line() -> None:
    store = with_file("/bogus/bogus\n:put two\n:put three\n")
    assert printed("/import x.rsc from-line=2", store) == f"two\nthree\n{DONE}"


def test_a_dry_run_tells_every_error_and_changes_nothing() -> None:
    store = with_file(
        "this\n/ip address add address=10.9.0.1/24 interface=ether1\n:put {\n  1 }\n/ip add nope=1\n"
    )
    told = printed("/import x.rsc verbose=yes dry-run", store)
    assert told.startswith("#line 1\nthis\nbad command name this (line 1 column 1)\n#line 2\n")
    assert told.endswith("Script Error: found 2 error(s) in import file\n")
    assert len(views.rows(store, "/ip/address")) == 2


def test_an_import_has_no_more_rights_than_who_asks_for_it() -> None:
    store = with_file("/ip address remove [find]")
    told = printed("/import x.rsc", store, session("read"))
    assert told.startswith("Script Error: not enough permissions (9)")
    assert len(views.rows(store, "/ip/address")) == 2
