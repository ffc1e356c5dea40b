"""Secrets stay out of rows, arguments and exports; exports change only when the configuration does."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routeros_mcp.domain.redaction import (
    HIDDEN,
    export_checksum,
    is_secret_name,
    normalise_export,
    redact_export,
    redact_mapping,
    redact_row,
    turn_assigned,
)

SECRET_NAMES = [
    "password",
    "passphrase",
    "secret",
    "psk",
    "private-key",
    "preshared-key",
    "pre-shared-key",
    "wpa2-pre-shared-key",
    "static-key-0",
    "ipsec-secret",
    "nv2-preshared-key",
    "authentication-password",
    "security.passphrase",
    ".passphrase",
    "tcp-md5-key",
    "auth-key",
    "otp-secret",
    "key-val",
    "export-passphrase",
    "newPassword",
    "api_key",
    "access_token",
    "sim-pin",
    "cak",
    "Authorization",
    "secrets",
]
OPEN_NAMES = [
    "public-key",
    "key-size",
    "key-type",
    "key-usage",
    "key-id",
    "wpa-group-key-update",
    "group-key-update",
    "host-key-type",
    "key",
    "password-authentication",
    "use-radius",
    "name",
    "comment",
    "secondary-dns",
    "keepalive",
    "keepalive-time",
    "monkey",
    "pinned",
    "authentication-types",
    "multi-passphrase-group",
    "idempotency_key",
    "natural-key",
    "token-bucket",
    "passive",
    "802.1x-port-enabled",
]


@pytest.mark.parametrize("name", SECRET_NAMES)
def test_names_of_secrets_are_recognised(name: str) -> None:
    assert is_secret_name(name)


@pytest.mark.parametrize("name", OPEN_NAMES)
def test_names_that_only_sound_secret_are_not(name: str) -> None:
    assert not is_secret_name(name)


def test_a_row_hides_listed_and_obvious_secrets() -> None:
    row = {"name": "u1", "password": "pw", "identity": "abc", "preshared-key": "", "smart-card-key": "false"}
    assert redact_row(row, {"identity"}) == row | {"password": HIDDEN, "identity": HIDDEN}


def test_nested_arguments_hide_secrets_at_any_depth() -> None:
    arguments = {
        "path": "/ppp/secret",
        "rows": [{"name": "u1", "password": "pw"}, {"pin": 1234}],
        "dry_run": True,
        "tokens": ["a", "b"],
        "deep": {"er": {"wpa2-pre-shared-key": "x", "listed": "y"}},
        "password": None,
    }
    assert redact_mapping(arguments, {"listed"}) == {
        "path": "/ppp/secret",
        "rows": [{"name": "u1", "password": HIDDEN}, {"pin": HIDDEN}],
        "dry_run": True,
        "tokens": HIDDEN,
        "deep": {"er": {"wpa2-pre-shared-key": HIDDEN, "listed": HIDDEN}},
        "password": None,
    }


def lookup(path: str) -> frozenset[str]:
    return frozenset({"identity"}) if path.startswith("/zerotier") else frozenset()


EXPORT = r"""# 2025-03-10 12:16:25 by RouterOS 7.18.2
# software id = AAAA-BBBB
#
/interface wireguard
add listen-port=13231 mtu=1420 name=wg1 private-key="aGVsbG8="
/interface wifi security
add authentication-types=wpa2-psk,wpa3-psk name=home .passphrase="two words" \
    wps=disable
/interface wireless security-profiles
set [ find default=yes ] supplicant-identity=MikroTik wpa2-pre-shared-key=\
    "a \"quoted\" \\ long secret that is \
    wrapped" group-key-update=5m
/zerotier
set zt1 identity=0123abc name=zt1
/ppp secret add name=u1 password=plain service=l2tp
/ip address
add address=10.0.0.1/24 comment="password=not-really here" interface=ether1
add address=10.0.0.2/24 identity=shown
/system script
add name=s1 source="/ppp secret add name=x password=\"inner one\"\r\
    \n/tool fetch user=a password=bare-word"
/certificate
add private-key=yes public-key=open key-size=2048
"""
PLANTED = ("aGVsbG8=", "two words", "quoted", "wrapped", "0123abc", "plain", "inner one", "bare-word")


def test_an_export_loses_its_secrets_and_nothing_else() -> None:
    redacted = redact_export(EXPORT, lookup)
    assert not [secret for secret in PLANTED if secret in redacted]
    kept = redacted.splitlines()
    assert kept[:5] == [*EXPORT.splitlines()[:4], "add listen-port=13231 mtu=1420 name=wg1 private-key=***"]
    assert "add authentication-types=wpa2-psk,wpa3-psk name=home .passphrase=*** \\" in kept
    assert "    *** group-key-update=5m" in kept
    assert "/ppp secret add name=u1 password=*** service=l2tp" in kept
    assert "add address=10.0.0.2/24 identity=shown" in kept
    assert "add private-key=yes public-key=open key-size=2048" in kept


def test_the_vendors_list_counts_only_in_its_own_section() -> None:
    lines = ["/zerotier", "set zt1 identity=a1", "/ip address", "add identity=b2"]
    text = "\n".join([*lines, "/zerotier/x set identity=c3", "add identity=d4", ""])
    redacted = redact_export(text, lookup)
    assert re.findall(r"identity=(\S+)", redacted) == ["***", "b2", "***", "d4"]


def test_a_comment_cannot_swallow_the_line_after_it() -> None:
    assert "hunter2" not in redact_export("# a comment \\\nset password=hunter2\n", lookup)


def test_an_unfinished_quote_hides_what_is_left() -> None:
    assert redact_export('/user\nadd password="hun ter', lookup) == "/user\nadd password=***"


def test_carriage_returns_survive_redaction() -> None:
    assert redact_export("/user\r\nset a password=\\\r\n    x name=b\r\n", lookup) == (
        "/user\r\nset a password=\\\r\n    *** name=b\r\n"
    )


QUOTABLE = st.text(st.characters(min_codepoint=32, max_codepoint=126), min_size=6, max_size=120)
NAMES = st.sampled_from(["password", "secret", "wpa2-pre-shared-key", ".passphrase", "private-key"])


def quoted(value: str) -> str:
    return '"' + re.sub(r'(["\\$?])', r"\\\1", value) + '"'


def wrapped(line: str, width: int) -> str:
    """Cut a line as the console does: inside quotes anywhere but within an escape."""
    pieces: list[str] = []
    start = 0
    while len(line) - start > width:
        cut = start + width
        while line[cut - 1] == "\\" or line[cut] == " ":
            cut += 1
            if cut >= len(line):
                return "".join(pieces) + line[start:]
        pieces.append(line[start:cut] + "\\\n    ")
        start = cut
    return "".join(pieces) + line[start:]


@given(value=QUOTABLE, name=NAMES, width=st.integers(min_value=20, max_value=60), terse=st.booleans())
def test_planted_secrets_never_survive(value: str, name: str, width: int, terse: bool) -> None:
    secret = f"S3CR{value}3T"
    head = "/ppp secret add" if terse else "/ppp secret\nadd"
    assignment = f"{name}=" + wrapped(quoted(secret), width)
    text = f"{head} comment=first {assignment} service=any\n/ip dns\nset servers=1.1.1.1\n"
    redacted = redact_export(text, lookup)
    assert redacted == f"{head} comment=first {name}=*** service=any\n/ip dns\nset servers=1.1.1.1\n"


@given(st.text(max_size=200) | st.text('abc=" \\\n#/[]!', max_size=60))
def test_text_without_secrets_comes_back_byte_for_byte(text: str) -> None:
    assert redact_export(text, lookup) == text or "=" in text


@pytest.mark.parametrize(
    "stamp", ["# 2025-03-10 12:16:25 by RouterOS 7.18.2", "# aug/13/2022 21:34:26 by RouterOS 7.18.2"]
)
def test_the_time_of_an_export_is_no_change(stamp: str) -> None:
    other = EXPORT.replace("# 2025-03-10 12:16:25 by RouterOS 7.18.2", stamp)
    assert export_checksum(other) == export_checksum(EXPORT)
    assert normalise_export(other).startswith("# by RouterOS 7.18.2\n# software id = AAAA-BBBB\n")


def test_states_in_comments_and_line_ends_are_no_change() -> None:
    noisy = EXPORT.replace("/ip address\n", "/ip address  \n# inactive time\n# managed by CAPsMAN\n")
    noisy = noisy.replace("\n", "\r\n") + "\r\n"
    assert normalise_export(noisy) == normalise_export(EXPORT)


def test_an_incomplete_export_stays_visible() -> None:
    text = EXPORT + '#error exporting "/ip/ssh" (timeout)\n'
    assert normalise_export(text).endswith('#error exporting "/ip/ssh" (timeout)\n')
    assert export_checksum(text) != export_checksum(EXPORT)


def test_a_real_change_changes_the_checksum() -> None:
    assert export_checksum(EXPORT.replace("10.0.0.1/24", "10.0.0.3/24")) != export_checksum(EXPORT)


def test_a_hash_at_the_start_of_a_wrapped_script_line_is_kept() -> None:
    text = '/system script\nadd source="a\\\n# not a comment"\n'
    assert normalise_export(text) == '/system script\nadd source="a# not a comment"\n'


def test_where_a_terminal_breaks_lines_makes_no_difference() -> None:
    narrow = '/ip dns\nset servers=\\\n    192.0.2.1 \\\n    comment="one\\\n    \\_two\\\\"\n'
    assert normalise_export(narrow) == '/ip dns\nset servers=192.0.2.1 comment="one two\\\\"\n'


@pytest.mark.parametrize("text", ["a\\\\\nb\n", "\\\n#b\n", "a\\\\\\\n\\\\\nb\n", "\\\n\n#b\n x\n"])
def test_odd_backslashes_are_normalised_once_and_for_all(text: str) -> None:
    once = normalise_export(text)
    assert normalise_export(once) == once


@given(st.text(max_size=200))
def test_normalising_twice_changes_nothing(text: str) -> None:
    once = normalise_export(text)
    assert normalise_export(once) == once


@pytest.mark.parametrize(
    ("script", "shown"),
    [
        (
            '/system/backup/load name="x" password="a b\\"c"; :nothing',
            '/system/backup/load name="x" password=***; :nothing',
        ),
        ("/ppp/secret/set anna password=abc123 disabled=no", "/ppp/secret/set anna password=*** disabled=no"),
        ("comment=plain; public-key=AAAA==", "comment=plain; public-key=AAAA=="),
    ],
)
def test_what_a_script_in_a_row_assigns_to_a_secret_is_hidden(script: str, shown: str) -> None:
    assert redact_row({"on-event": script}) == {"on-event": shown}


@given(st.lists(st.sampled_from(["password=", "key=", '"', "\\", "a b", ";", " ", "x", "=", "\n", "]", "}"])))
def test_what_is_put_in_the_place_of_a_script_s_secrets_can_be_taken_out_again(parts: list[str]) -> None:
    text = "".join(parts)
    sealed = turn_assigned(text, lambda secret: f'"sealed:{secret.encode().hex()}"')
    assert turn_assigned(sealed, lambda found: bytes.fromhex(found[8:-1]).decode()) == text
