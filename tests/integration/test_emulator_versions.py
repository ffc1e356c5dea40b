"""Routers of different versions have the menus and names of their versions."""

import pytest
from test_emulator_every_menu import KEY, PACKAGES, ask

from routeros_mcp.emulator import Clock, RouterSpec
from routeros_mcp.emulator.export import Options, export
from routeros_mcp.emulator.menus.versions import ADDED, RENAMED, Renamed
from routeros_mcp.emulator.store import Store

VERSIONS = (
    "7.12.1",
    "7.15.3",
    "7.16.2",
    "7.17",
    "7.18.2",
    "7.19.6",
    "7.20.5",
    "7.21.4",
    "7.22.3",
    "7.23.2",
    "7.24",
)
WG = {"name": "wg1"}
PEER = {"interface": "wg1", "allowed-address": "10.0.0.2/32"}
VALUES = {
    "/interface/wireguard/peers": ("yes", PEER),
    "/container": ("env", {}),
    "/routing/bgp/connection": ("ip", {"name": "c", "local.role": "ebgp"}),
    "/routing/bgp/template": ("ip", {"name": "t"}),
    "/interface/vxlan": ("main", {"vni": "7"}),
}


def router(version: str, board: str = "CHR") -> Store:
    store = Store(RouterSpec(name="r", version=version, board=board, packages=PACKAGES), Clock())
    ask(store, "PUT", "/interface/wireguard", WG)
    if store.has("/routing/bgp/instance"):
        ask(store, "PUT", "/routing/bgp/instance", {"name": "i1"})
    return store


def before_and_since(since: tuple[int, int]) -> tuple[str, str]:
    """Return the last of our versions without a change and the first with it."""
    releases = [RouterSpec(name="r", version=version).release for version in VERSIONS]
    at = next(number for number, release in enumerate(releases) if release >= since)
    return VERSIONS[at - 1], VERSIONS[at]


@pytest.mark.parametrize(
    "renamed", [r for r in RENAMED if r.path in VALUES and r.new != "repo"], ids=lambda r: r.new
)
def test_an_argument_has_the_name_of_its_version(renamed: Renamed) -> None:
    value, needed = VALUES[renamed.path]
    for version, own, other in zip(
        before_and_since(renamed.since), (renamed.old, renamed.new), (renamed.new, renamed.old), strict=True
    ):
        store = router(version)
        with_instance = {"instance": "i1"} if "instance" in store.menu(renamed.path).required else {}
        taken = ask(store, "PUT", renamed.path, {**needed, **with_instance, own: value})
        refused = ask(store, "PUT", renamed.path, {**needed, **with_instance, other: value})
        assert (taken[0], own in taken[1], other in taken[1]) == (201, True, False)
        assert (refused[0], refused[1]["detail"]) == (400, f"unknown parameter {other}")


def test_a_renamed_argument_is_filtered_projected_unset_and_taken_by_its_own_name() -> None:
    old, new = router("7.16.2"), router("7.23.2")
    for store, name in ((old, "is-responder"), (new, "responder")):
        ask(store, "PUT", "/interface/wireguard/peers", {**PEER, name: "yes"})
        only = ask(
            store, "POST", "/interface/wireguard/peers/print", {".proplist": name, ".query": [f"{name}=true"]}
        )
        assert only == (200, [{name: "true"}])
        assert ask(store, "POST", "/interface/wireguard/peers/set", {".id": "*1", f"!{name}": ""})[0] == 200
        assert ask(store, "GET", "/interface/wireguard/peers/*1")[1][name] == "false"


def test_files_tell_their_time_under_the_name_of_the_version() -> None:
    for version, name, other in (
        ("7.15.3", "creation-time", "last-modified"),
        ("7.16.2", "last-modified", "creation-time"),
    ):
        added = ask(router(version), "PUT", "/file", {"name": "a.txt", "contents": "x"})[1]
        assert name in added
        assert other not in added


def test_password_logins_over_ssh_are_switched_by_the_versions_own_argument() -> None:
    assert ask(router("7.20.5"), "GET", "/ip/ssh")[1]["always-allow-password-login"] == "false"
    assert "password-authentication" not in ask(router("7.20.5"), "GET", "/ip/ssh")[1]
    assert ask(router("7.21.4"), "GET", "/ip/ssh")[1]["password-authentication"] == "yes-if-no-key"


@pytest.mark.parametrize(
    ("path", "names", "since"), [row for row in ADDED if row[0] in {"/ip/pool", "/ip/dns"}]
)
def test_properties_appear_with_their_version(path: str, names: str, since: tuple[int, int]) -> None:
    before, after = map(router, before_and_since(since))
    for store, expected in ((before, set()), (after, set(names.split()))):
        if path == "/ip/pool":
            ask(store, "PUT", path, {"name": "p", "ranges": "192.0.2.1-192.0.2.9"})
        shown = ask(store, "GET", path)[1]
        held = shown[0] if isinstance(shown, list) else shown
        assert held.keys() & set(names.split()) == expected


def test_a_bgp_connection_needs_its_instance_from_7_20_on() -> None:
    wanted = {"name": "c", "local.role": "ebgp"}
    old, new = router("7.19.6"), router("7.20.5")
    assert ask(old, "GET", "/routing/bgp/instance")[1]["detail"] == "no such command or directory (instance)"
    assert ask(old, "PUT", "/routing/bgp/connection", {**wanted, "router-id": "192.0.2.1"})[0] == 201
    assert ask(new, "PUT", "/routing/bgp/connection", wanted)[1]["detail"] == "missing =instance="
    assert ask(new, "PUT", "/routing/bgp/connection", {**wanted, "instance": "i1"})[0] == 201


@pytest.mark.parametrize(
    ("path", "versions"),
    [
        ("/interface/wifiwave2", {"7.12.1"}),
        ("/interface/wifi", set(VERSIONS) - {"7.12.1"}),
        ("/interface/wifi/capsman", set(VERSIONS) - {"7.12.1"}),
        ("/safe-mode", {"7.18.2", "7.19.6", "7.20.5", "7.21.4", "7.22.3", "7.23.2", "7.24"}),
        ("/app", {"7.21.4", "7.22.3", "7.23.2", "7.24"}),
        ("/ip/service/webserver", {"7.24"}),
        ("/caps-man/manager", set(VERSIONS)),
    ],
)
def test_a_menu_is_there_in_its_versions_only(path: str, versions: set[str]) -> None:
    assert {v for v in VERSIONS if ask(router(v, "hAP ax^2"), "GET", path)[0] == 200} == versions


def test_extra_menus_come_with_their_packages() -> None:
    bare, older = RouterSpec(name="r", version="7.23.2"), RouterSpec(name="r", version="7.12.1")
    packed = RouterSpec(name="r", version="7.23.2", packages=("container",))
    assert [Store(spec, Clock()).has("/container") for spec in (bare, packed)] == [False, True]
    assert [Store(spec, Clock()).has("/caps-man/manager") for spec in (bare, older)] == [False, True]


def test_packages_are_applied_by_command_from_7_18_on() -> None:
    old = ask(router("7.17"), "POST", "/system/package/apply-changes", {})
    assert (old[0], old[1]["detail"]) == (400, "no such command")
    assert ask(router("7.18.2"), "POST", "/system/package/apply-changes", {})[0] == 200


def test_a_service_takes_the_newest_name_of_its_address_beside_the_old_one() -> None:
    newest, before = router("7.24"), router("7.23.2")
    taken = ask(newest, "PATCH", "/ip/service/www", {"available-from": "192.0.2.0/24"})
    refused = ask(before, "POST", "/ip/service/set", {".id": "www", "available-from": "192.0.2.0/24"})
    assert (taken[0], taken[1]["address"]) == (200, "192.0.2.0/24")
    assert refused[1]["detail"] == "unknown parameter available-from"
    assert ask(newest, "PATCH", "/ip/service/www", {"address": ""})[1]["address"] == ""


def test_link_modes_are_spelled_as_the_version_spells_them() -> None:
    shown = [ask(router(v), "GET", "/interface/ethernet")[1][0]["advertise"] for v in ("7.12.1", "7.23.2")]
    assert shown == ["10M-full,100M-full,1000M-full", "10M-baseT-full,100M-baseT-full,1G-baseT-full"]


def test_warnings_stand_in_about_from_7_22_on() -> None:
    bond = {"slaves": "ether1,ether2", "mode": "802.3ad", "link-monitoring": "arp"}
    for version, text in (("7.21.4", None), ("7.22.3", "802.3ad mode must use mii link-monitoring")):
        assert ask(router(version), "PUT", "/interface/bonding", bond)[1].get(".about") == text
    radio = ask(router("7.23.2", "hAP ax^2"), "GET", "/interface/wifi")[1][0]
    assert radio[".about"] == "mode: AP, SSID: office-wifi, channel: 2462/n"


def test_print_sorts_from_7_24_on() -> None:
    body = {"order-by": "name", ".proplist": "name"}
    for version in ("7.23.2", "7.24"):
        store = router(version)
        ask(store, "PUT", "/interface/bridge", {"name": "a-bridge"})
        answer = ask(store, "POST", "/interface/print", body)
        if version == "7.24":
            assert [row["name"] for row in answer[1]] == ["a-bridge", "ether1", "ether2", "wg1"]
        else:
            assert answer[1]["detail"] == "unknown parameter order-by"


def test_safe_mode_shows_itself_but_cannot_be_taken_by_a_request() -> None:
    store = router("7.20.5")
    assert ask(store, "GET", "/safe-mode")[1]["enabled"] == "false"
    assert ask(store, "POST", "/safe-mode/take", {})[0] == 400


def test_boards_have_a_switch_and_virtual_machines_have_none() -> None:
    ports = ask(router("7.20.5", "RB750Gr3"), "GET", "/interface/ethernet/switch/port")[1]
    assert [row["name"] for row in ports] == ["ether1", "ether2", "ether3", "ether4", "ether5"]
    assert not router("7.20.5").has("/interface/ethernet/switch")


def test_what_a_router_tells_of_itself_has_the_name_of_its_version_too() -> None:
    container = {"/container": ({"name": "c", "repo": "registry.example.com/dns:1"},)}
    for version, name in (("7.17", "tag"), ("7.18.2", "repo")):
        spec = RouterSpec(name="r", version=version, packages=PACKAGES, config=container)
        shown = ask(Store(spec, Clock()), "GET", "/container")[1][0]
        assert (shown[name], shown.keys() & {"tag", "repo"}) == ("registry.example.com/dns:1", {name})
    for version, name in (("7.22.3", "key-owner"), ("7.23.2", "info")):
        added = ask(router(version), "PUT", "/user/ssh-keys", {"key": KEY, "user": "admin"})
        assert (added[0], added[1][name]) == (201, "someone@example.com")


def test_an_export_names_arguments_as_its_version_does() -> None:
    for version, name, text in (
        ("7.16.2", "is-responder", "interface=wg1 is-responder=yes name=peer1"),
        ("7.23.2", "responder", "interface=wg1 name=peer1 responder=yes"),
    ):
        store = router(version)
        ask(store, "PUT", "/interface/wireguard/peers", {**PEER, name: "yes"})
        assert text in export(store, Options(path="/interface/wireguard/peers", is_terse=True))
