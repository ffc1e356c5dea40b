"""The script that builds the packaged schema: merging, honest types, the same bytes twice."""

from __future__ import annotations

import gzip
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from routeros_mcp.domain.models import MenuKind, ValueType
from routeros_mcp.infra.routeros.schema import FileMenuSchema

T = ValueType

CONSOLE: dict[str, Any] = {
    "routeros": "7.0",
    "types": ["", "0s..1d (time interval)", "a|b[,Bits*]", "string value"],
    "enums": [["no", "yes"], ["no", "yes", "maybe"], ["@iface", "all"], ["no", "inherit"]],
    "argsets": [
        [
            ["agreed", 0, 0],
            ["console-only", 0, 0],
            ["disputed", 0, 0],
            ["three", 0, 1],
            ["inherits", 0, 3],
            ["on", 0, 2],
            ["every", 1],
            ["bits", 2],
            ["label-password", 3],
            ["numbers"],
            ["key", 3],
        ],
        [],
    ],
    "paths": {
        "/": {"k": "list", "c": {"import": 1}},
        "/a": {
            "k": "list",
            "c": {"add": 0, "move": 1, "print": 1},
            "r": ["every"],
            "p": ["about", "uptime", "odd"],
        },
        "/a/b": {"k": "single", "c": {"set": 1, "print": 1}},
        "/a/c": {"c": {"export": 1}},
    },
    "arm64_only": ["/hw", "/hw/print", "/hw/set", "/hw/set/speed", "/a/add/turbo"],
}
MANUAL: dict[str, Any] = {
    "menus": {
        "/a": {
            "t": "Directory",
            "flags": {"Q": "quick"},
            "args": {
                "agreed": ["bool"],
                "disputed": ["alt { bool\n, macAddr\n }"],
                "inherits": ["bool"],
                "extra": ["num", 1],
            },
            "ro": {"count": "num"},
        },
        "/a/run": {"t": "Command"},
        "/board": {"t": "Settings Directory", "args": {"led": ["enum (on | off)", 1]}, "ro": {"temp": "num"}},
    }
}


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    monkeypatch.syspath_prepend(str(Path(__file__).parents[2] / ".ci"))
    import build_schema

    yield build_schema
    for name in ("build_schema", "schema_facts"):
        sys.modules.pop(name, None)


@pytest.fixture
def built(script: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    source = tmp_path / "source"
    source.mkdir()
    for name, content in (("routeros-schema-compact", CONSOLE), ("routeros-manual-fields", MANUAL)):
        (source / f"{name}.json.gz").write_bytes(gzip.compress(json.dumps(content).encode()))
    (source / "routeros-sensitive.json").write_text(json.dumps({"menus": {"/a": ["key"]}}))
    target = tmp_path / "schema.json.gz"
    monkeypatch.setattr(script, "TARGET", target)
    script.main(source)
    first = target.read_bytes()
    script.main(source)
    assert target.read_bytes() == first
    return target


def test_types_are_claimed_only_where_the_sources_agree(built: Path) -> None:
    menu = FileMenuSchema(built).menu("/a")
    assert menu is not None
    assert {name: spec.type for name, spec in menu.properties.items()} == {
        "agreed": T.BOOLEAN,
        "bits": T.LIST,
        "console-only": T.BOOLEAN,
        "count": T.NUMBER,
        "disputed": T.UNKNOWN,
        "every": T.DURATION,
        "extra": T.INTEGER,
        "inherits": T.ENUM,
        "key": T.TEXT,
        "label-password": T.TEXT,
        "odd": T.UNKNOWN,
        "on": T.UNKNOWN,
        "quick": T.BOOLEAN,
        "three": T.ENUM,
        "turbo": T.UNKNOWN,
        "uptime": T.DURATION,
    }


def test_marks_commands_and_order_are_carried_over(built: Path) -> None:
    schema = FileMenuSchema(built)
    menu = schema.menu("/a")
    assert menu is not None
    assert menu.ordered
    assert set(menu.commands) == {"add", "move", "print", "run"}
    assert menu.properties["every"].required
    assert menu.properties["on"].reference
    assert menu.properties["on"].values == ("all",)
    assert not menu.properties["count"].writable
    assert schema.secrets_of("/a") == {"key", "label-password"}


def test_kinds_and_origins_of_menus(built: Path) -> None:
    schema = FileMenuSchema(built)
    kinds = {path: menu.kind for path in schema.paths() if (menu := schema.menu(path))}
    assert kinds == {
        "/": MenuKind.COMMANDS,
        "/a": MenuKind.LIST,
        "/a/b": MenuKind.SINGLE,
        "/a/c": MenuKind.COMMANDS,
        "/board": MenuKind.SINGLE,
        "/hw": MenuKind.LIST,
    }
    assert [path for path in kinds if schema.is_documented_only(path)] == ["/board"]
