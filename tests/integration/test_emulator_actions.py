"""Commands of menus that do something: packages, certificates, comments, counters."""

from dataclasses import dataclass
from typing import Any

import pytest
from test_emulator_every_menu import ask

from routeros_mcp.emulator import Clock, RouterSpec
from routeros_mcp.emulator.store import Store

NOW = 1_790_000_000.0
PEM = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"
KEY = "-----BEGIN PRIVATE KEY-----\nMIIB\n-----END PRIVATE KEY-----\n"


@dataclass
class HandClock:
    """Both clocks of a router, moved by hand."""

    at: float = 0.0

    def store(self, **spec: Any) -> Store:
        return Store(RouterSpec(name="r", **spec), Clock(wall=lambda: NOW + self.at, steady=lambda: self.at))


@pytest.fixture
def hand() -> HandClock:
    return HandClock()


def one(store: Store, path: str, key: str) -> dict[str, str]:
    row: dict[str, str] = ask(store, "GET", f"{path}/{key}")[1]
    return row


def test_a_signed_certificate_is_complete_a_moment_later_and_runs_out(hand: HandClock) -> None:
    store = hand.store(version="7.23.2")
    ca = {
        "name": "ca",
        "common-name": "ca.example.com",
        "key-usage": "key-cert-sign,crl-sign",
        "days-valid": "30",
    }
    leaf = {"name": "leaf", "common-name": "r.example.com", "subject-alt-name": "IP:192.0.2.1"}
    ask(store, "PUT", "/certificate", ca)
    ask(store, "PUT", "/certificate", leaf)
    frames = ask(store, "POST", "/certificate/sign", {".id": "ca"})[1]
    at_once = one(store, "/certificate", "ca")
    hand.at += 2
    signed = one(store, "/certificate", "ca")
    ask(store, "POST", "/certificate/sign", {".id": "leaf", "ca": "ca"})
    hand.at += 2
    issued = one(store, "/certificate", "leaf")
    assert [frame["progress"] for frame in frames] == ["signing", "done"]
    assert ("fingerprint" in at_once, len(signed["fingerprint"])) == (False, 64)
    assert (signed["authority"], signed["private-key"], signed["expires-after"]) == (
        "true",
        "true",
        "4w1d23h59m58s",
    )
    assert (issued["akid"], issued["ca"], "authority" in issued) == (signed["skid"], "ca", False)
    hand.at += 31 * 86_400
    late = one(store, "/certificate", "ca")
    assert (late["expired"], late["expires-after"]) == ("true", "-1d4s")


def test_a_certificate_is_signed_once_and_by_an_authority_only(hand: HandClock) -> None:
    store = hand.store(version="7.23.2")
    ask(store, "PUT", "/certificate", {"name": "a", "common-name": "a", "key-usage": "tls-server"})
    ask(store, "PUT", "/certificate", {"name": "b", "common-name": "b"})
    wrong = ask(store, "POST", "/certificate/sign", {".id": "b", "ca": "a"})[1]["detail"]
    ask(store, "POST", "/certificate/sign", {".id": "a"})
    twice = ask(store, "POST", "/certificate/sign", {".id": "a"})[1]["detail"]
    assert (wrong, twice) == ("input does not match any value of ca", "failure: certificate already signed")


@pytest.mark.parametrize(
    ("text", "counted"), [(PEM + KEY, ("1", "1", "0")), (PEM, ("1", "0", "0")), (KEY, ("0", "0", "1"))]
)
def test_an_import_counts_what_it_took(hand: HandClock, text: str, counted: tuple[str, str, str]) -> None:
    store = hand.store(version="7.23.2")
    ask(store, "PUT", "/file", {"name": "x.pem", "contents": text})
    reply = ask(store, "POST", "/certificate/import", {"file-name": "x.pem", "passphrase": ""})[1]
    assert len(reply) == 1
    assert (
        reply[0]
        | {
            "certificates-imported": counted[0],
            "private-keys-imported": counted[1],
            "keys-with-no-certificate": counted[2],
        }
        == reply[0]
    )
    assert reply[0].keys() >= {"decryption-failures", "files-imported"}
    assert (ask(store, "GET", "/certificate/x.pem_0")[0] == 200) == (counted[0] == "1")


def test_packages_change_when_the_version_says_so() -> None:
    for version, how in (("7.16.2", "/system/reboot"), ("7.20.5", "/system/package/apply-changes")):
        store = Store(RouterSpec(name="r", version=version, packages=("container",)), Clock())
        ask(store, "POST", "/system/package/disable", {"numbers": "container"})
        planned = {row["name"]: row["scheduled"] for row in ask(store, "GET", "/system/package")[1]}
        assert (planned["container"], ask(store, "GET", "/container")[0]) == ("scheduled for disable", 200)
        ask(store, "POST", how, {})
        assert ask(store, "GET", "/container")[0] == 400
        assert {r["name"]: r["disabled"] for r in ask(store, "GET", "/system/package")[1]}[
            "container"
        ] == "true"


def test_a_plain_restart_forgets_planned_packages_from_7_18_on() -> None:
    store = Store(RouterSpec(name="r", version="7.20.5", packages=("container",)), Clock())
    ask(store, "POST", "/system/package/uninstall", {"numbers": "container"})
    ask(store, "POST", "/system/reboot", {})
    assert [row["scheduled"] for row in ask(store, "GET", "/system/package")[1]] == ["", ""]
    assert ask(store, "GET", "/container")[0] == 200


def test_the_update_menu_remembers_the_last_check(hand: HandClock) -> None:
    store = hand.store(version="7.20.5")
    ask(store, "POST", "/system/package/update/set", {"channel": "long-term"})
    before = ask(store, "GET", "/system/package/update")[1]
    frames = ask(store, "POST", "/system/package/update/check-for-updates", {})[1]
    after = ask(store, "GET", "/system/package/update")[1]
    assert before.keys() == {"channel", "installed-version"}
    assert [frame["channel"] for frame in frames] == ["long-term"] * 2
    assert (after["latest-version"], after["status"]) == ("7.23.2", "New version is available")


DNS = {
    "A": {"address": "192.0.2.1"},
    "AAAA": {"address": "2001:db8::1"},
    "CNAME": {"cname": "a.example.com"},
    "FWD": {"forward-to": "192.0.2.53"},
    "MX": {"mx-exchange": "mail.example.com", "mx-preference": "10"},
    "NS": {"ns": "ns.example.com"},
    "NXDOMAIN": {},
    "SRV": {"srv-target": "sip.example.com", "srv-port": "5060"},
    "TXT": {"text": "v=spf1 -all"},
}


@pytest.mark.parametrize("kind", DNS)
def test_a_dns_entry_of_each_type_reads_back_and_asks_for_its_data(kind: str) -> None:
    store = Store(RouterSpec(name="r"), Clock())
    named = {"name": "x.example.com", "type": kind}
    added = ask(store, "PUT", "/ip/dns/static", named | DNS[kind])
    assert (added[0], added[1]["type"], added[1] | DNS[kind]) == (201, kind, added[1])
    bare = ask(store, "PUT", "/ip/dns/static", {"name": "y.example.com", "type": kind})
    asks = kind in {"CNAME", "MX", "NS", "SRV", "TXT"}
    assert bare[1].get("detail") == (f"failure: bad {kind} data" if asks else None)


def test_comments_and_counters_have_commands_of_their_own() -> None:
    rows = (
        {"chain": "input", "bytes": "10", "packets": "2"},
        {"chain": "forward", "bytes": "7", "packets": "1"},
    )
    store = Store(RouterSpec(name="r", config={"/ip/firewall/filter": rows}), Clock())
    ask(store, "POST", "/ip/firewall/filter/comment", {"numbers": "*1", "comment": "kept"})
    ask(store, "POST", "/ip/firewall/filter/reset-counters", {"numbers": "*2"})
    shown = ask(store, "GET", "/ip/firewall/filter")[1]
    assert [(row.get("comment"), row["bytes"]) for row in shown] == [("kept", "10"), (None, "0")]
    ask(store, "POST", "/ip/firewall/filter/reset-counters-all", {})
    assert [row["packets"] for row in ask(store, "GET", "/ip/firewall/filter")[1]] == ["0", "0"]


def test_a_command_that_is_not_acted_out_still_knows_its_arguments() -> None:
    store = Store(RouterSpec(name="r"), Clock())
    assert ask(store, "POST", "/ip/cloud/force-update", {}) == (200, [])
    refused = ask(store, "POST", "/ip/cloud/force-update", {"colour": "red"})
    known = ask(store, "POST", "/certificate/issued-revoke", {"numbers": "rest"})
    assert (refused[1]["detail"], known) == ("unknown parameter colour", (200, []))
