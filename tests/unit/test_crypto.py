"""Secrets at rest: they open in their place, under their key, unaltered, and nowhere else."""

from __future__ import annotations

import asyncio
import stat
import sys
import threading
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routeros_mcp.domain.errors import WrongKey
from routeros_mcp.infra.clock import SystemClock
from routeros_mcp.infra.crypto import AesGcmVault, MasterKey, load_or_create_master_key
from routeros_mcp.infra.ids import Uuid7Ids, new_id
from routeros_mcp.infra.passphrases import Argon2Passphrases

KEY, OTHER = MasterKey(bytes(range(32))), MasterKey(bytes(32))
VAULT = AesGcmVault([KEY])
texts = st.text(max_size=200)


@given(texts, texts)
def test_what_is_sealed_opens_in_its_place(text: str, context: str) -> None:
    sealed = VAULT.seal(text, context)
    assert VAULT.open(sealed, context) == text
    assert sealed.startswith(f"v1.{KEY.kid}.")
    assert sealed.isascii()


@given(texts, texts, texts)
def test_a_secret_moved_to_another_row_does_not_open(text: str, here: str, there: str) -> None:
    sealed = VAULT.seal(text, here)
    if here != there:
        with pytest.raises(WrongKey, match="does not belong to this record"):
            VAULT.open(sealed, there)


@given(texts, st.data())
def test_an_altered_secret_does_not_open(text: str, data: st.DataObject) -> None:
    sealed = VAULT.seal(text, "c")
    place = data.draw(st.integers(0, len(sealed) - 1))
    letter = data.draw(st.characters(codec="ascii"))
    altered = sealed[:place] + letter + sealed[place + 1 :]
    if altered != sealed:
        with pytest.raises(WrongKey):
            AesGcmVault([KEY, OTHER]).open(altered, "c")


@given(st.text())
def test_any_other_text_is_refused(text: str) -> None:
    with pytest.raises(WrongKey):
        VAULT.open(text, "c")


def test_the_same_text_is_never_sealed_alike() -> None:
    assert VAULT.seal("x", "c") != VAULT.seal("x", "c")


def test_another_key_is_named_in_the_refusal() -> None:
    sealed = AesGcmVault([OTHER]).seal("x", "c")
    with pytest.raises(WrongKey) as caught:
        VAULT.open(sealed, "c")
    assert f"sealed with key {OTHER.kid}; the server has key {KEY.kid}." in caught.value.message
    assert "ROUTEROS_MCP_MASTER_KEY" in caught.value.fix


def test_a_ring_seals_with_its_first_key_and_opens_with_all() -> None:
    old = AesGcmVault([OTHER]).seal("x", "c")
    ring = AesGcmVault([KEY, OTHER])
    assert ring.open(old, "c") == "x"
    assert ring.needs_rewrap(old)
    fresh = ring.seal(ring.open(old, "c"), "c")
    assert not ring.needs_rewrap(fresh)
    assert VAULT.open(fresh, "c") == "x"
    assert ring.kid == KEY.kid


def test_a_vault_needs_a_key() -> None:
    with pytest.raises(WrongKey, match="no master key"):
        AesGcmVault([])


def test_macs_differ_by_purpose_message_and_key() -> None:
    macs = {
        VAULT.mac("audit", b"x"),
        VAULT.mac("approval", b"x"),
        VAULT.mac("audit", b"y"),
        AesGcmVault([OTHER]).mac("audit", b"x"),
    }
    assert len(macs) == 4
    assert VAULT.mac("audit", b"x") in macs
    assert all(len(mac) == 64 for mac in macs)


def test_derived_keys_stay_what_they_are() -> None:
    # A change here would lock every installation out of its secrets.
    assert KEY.kid == "37916a253bbe"
    assert VAULT.mac("audit", b"x") == ("fb1f502d11d75d1e878567155e43c7620377310787d4d3ad299ca4cbce00f7e0")
    assert (
        VAULT.open(("v1.37916a253bbe.0BGJSwauP8IJ_b2T.02ZHyy_MDMPB0V2W3kDLd8VefQSelw"), "credentials/1")
        == "secret"
    )


def test_keys_and_vaults_do_not_print_their_secrets() -> None:
    for shown in (repr(KEY), str(KEY), repr(VAULT), f"{VAULT!s}"):
        assert KEY.to_text() not in shown
        assert KEY.kid in shown


def test_a_key_made_on_first_use_is_private_and_stays(tmp_path: Path) -> None:
    path = tmp_path / "new" / "master.key"
    first = load_or_create_master_key(path=path, text=None, may_create=True)
    again = load_or_create_master_key(path=path, text=None, may_create=True)
    assert first.to_text() == again.to_text() == path.read_text().strip()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert list(path.parent.iterdir()) == [path]


def test_servers_that_start_at_once_agree_on_one_key(tmp_path: Path) -> None:
    path, found = tmp_path / "master.key", []
    ready = threading.Barrier(8)

    def start() -> None:
        ready.wait(10)
        found.append(load_or_create_master_key(path=path, text=None, may_create=True).to_text())

    threads = [threading.Thread(target=start) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert len(found) == 8
    assert len(set(found)) == 1


def test_the_text_wins_over_the_file(tmp_path: Path) -> None:
    path = tmp_path / "master.key"
    load_or_create_master_key(path=path, text=None, may_create=True)
    assert load_or_create_master_key(path=path, text=KEY.to_text(), may_create=False).kid == KEY.kid


def test_a_missing_key_is_not_made_unless_allowed(tmp_path: Path) -> None:
    for path in (tmp_path / "master.key", None):
        with pytest.raises(WrongKey, match="no master key"):
            load_or_create_master_key(path=path, text=None, may_create=False)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620])
def test_a_key_file_that_others_can_use_is_refused_with_the_command(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "master.key"
    path.write_text(KEY.to_text())
    path.chmod(mode)
    with pytest.raises(WrongKey) as caught:
        load_or_create_master_key(path=path, text=None, may_create=False)
    assert caught.value.fix == f"chmod 600 {path}"


def test_a_folder_in_place_of_the_key_is_told(tmp_path: Path) -> None:
    with pytest.raises(WrongKey, match="cannot be read"):
        load_or_create_master_key(path=tmp_path, text=None, may_create=False)


@pytest.mark.parametrize("text", ["short", "x" * 44, "ö" * 44, "AAAA", KEY.to_text() + "AAAA"])
def test_a_text_that_is_no_key_is_refused_without_repeating_it(text: str) -> None:
    with pytest.raises(WrongKey) as caught:
        MasterKey.from_text(text)
    assert text not in str(caught.value)


def test_a_key_reads_in_both_alphabets_and_without_padding() -> None:
    key = MasterKey(b"\xfb\xff" * 16)
    urlsafe = key.to_text().replace("+", "-").replace("/", "_").rstrip("=")
    assert MasterKey.from_text(f" {urlsafe}\n").kid == key.kid


def test_ids_rise_and_are_version_seven() -> None:
    ids = Uuid7Ids()
    made = [ids.new() for _ in range(5000)]
    assert made == sorted(set(made))
    assert all((len(one), one[14], one[19] in "89ab") == (36, "7", True) for one in made)


def test_ids_rise_when_the_clock_steps_back(monkeypatch: pytest.MonkeyPatch) -> None:
    ids = Uuid7Ids()
    first = ids.new()
    monkeypatch.setattr("routeros_mcp.infra.ids.time.time_ns", lambda: 0)
    assert ids.new() > first
    assert new_id() != new_id()


def test_the_clock_tells_utc_and_a_rising_count() -> None:
    clock = SystemClock()
    assert clock.now().utcoffset().total_seconds() == 0
    assert clock.monotonic() <= clock.monotonic()


def test_a_passphrase_fits_its_own_hash_alone() -> None:
    passphrases = Argon2Passphrases()
    hashed = passphrases.hash("correct horse")
    assert hashed.startswith("$argon2id$")
    assert passphrases.verify(hashed, "correct horse")
    assert not passphrases.verify(hashed, "wrong horse")
    assert not passphrases.verify("no hash", "correct horse")


@pytest.mark.parametrize(
    "module", ["config", "infra.crypto", "infra.clock", "infra.ids", "infra.transactions"]
)
async def test_small_modules_do_not_load_the_database_library(module: str) -> None:
    program = f"import sys, routeros_mcp.{module}; sys.exit('sqlalchemy' in sys.modules)"
    root = str(Path(__file__).parents[2])
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", program, cwd=root)
    async with asyncio.timeout(30):
        assert await process.wait() == 0
