"""What an export in the console can be narrowed to, by version."""

from __future__ import annotations

import pytest
from console_lab import printed

from routeros_mcp.emulator import Clock, RouterSpec
from routeros_mcp.emulator.store import Store

CONFIG = {
    "/ip/address": (
        {"address": "192.0.2.1/24", "interface": "ether1", "network": "192.0.2.0"},
        {"address": "198.51.100.1/24", "interface": "ether2", "network": "198.51.100.0", "comment": "b"},
    ),
    "/ip/firewall/filter": ({"chain": "input", "action": "accept"},),
    "/ip/firewall/nat": ({"chain": "srcnat", "action": "masquerade"},),
}


def router(version: str) -> Store:
    return Store(RouterSpec(name="core", version=version, config=CONFIG), Clock())


def sections(text: str) -> list[str]:
    return [line for line in text.splitlines() if line.startswith("/")]


def test_a_filter_exports_the_rows_that_it_keeps() -> None:
    text = printed("/ip/address/export where interface=ether2", router("7.20.5"))
    assert sections(text) == ["/ip address"]
    assert "198.51.100.1/24" in text
    assert "192.0.2.1/24" not in text


def test_paths_narrow_the_export_and_leave_menus_out() -> None:
    text = printed('/export path="/ip,!/ip/firewall/nat"', router("7.23.2"))
    assert sections(text) == ["/ip address", "/ip firewall filter", "/ip service"]


@pytest.mark.parametrize(
    ("version", "script"),
    [("7.12.1", "/ip/address/export where interface=ether2"), ("7.20.5", "/export path=/ip")],
)
def test_a_version_before_knows_no_such_words(version: str, script: str) -> None:
    text = printed(script, router(version))
    assert sections(text) == []
    assert text
