"""Settings: who wins, what is refused, and that no secret shows."""

from __future__ import annotations

import argparse
import getpass
from dataclasses import asdict
from ipaddress import ip_network
from pathlib import Path

import pytest
from pydantic import ValidationError

from routeros_mcp.cli.settings import load_settings
from routeros_mcp.config import Settings, async_url, get_settings
from routeros_mcp.domain.models import HealthThresholds, Role


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    return tmp_path / "routeros-mcp"


def test_without_anything_given_the_data_directory_holds_it_all(home: Path) -> None:
    settings = Settings()
    assert settings.data_dir == home
    assert settings.database_url == f"sqlite:///{home}/routeros-mcp.db"
    assert settings.master_key_file == home / "master.key"
    assert (settings.environment, settings.master_key, settings.logins) == ("lab", None, {})
    assert settings.stdio_subject == getpass.getuser()
    assert settings.stdio_role in set(Role)
    assert not home.exists()


def test_without_xdg_the_directory_is_below_the_home(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("XDG_DATA_HOME")
    assert Settings().data_dir == Path("~/.local/share/routeros-mcp").expanduser()


def test_arguments_beat_environment_beats_file_beats_defaults(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home.mkdir()
    (home / "routeros-mcp.toml").write_text("http_port = 1\ncalls_per_minute = 2\nfanout_workers = 3\n")
    monkeypatch.setenv("ROUTEROS_MCP_HTTP_PORT", "4")
    monkeypatch.setenv("ROUTEROS_MCP_CALLS_PER_MINUTE", "5")
    settings = Settings(http_port=6)
    assert (settings.http_port, settings.calls_per_minute, settings.fanout_workers) == (6, 5, 3)
    assert settings.writes_per_minute == 30


@pytest.mark.parametrize("way", ["argument", "environment"])
def test_the_file_may_lie_anywhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, way: str) -> None:
    path = tmp_path / "other.toml"
    path.write_text('environment = "prod"\nmanagement_networks = ["10.9.0.0/16"]\n')
    if way == "environment":
        monkeypatch.setenv("ROUTEROS_MCP_CONFIG", str(path))
    settings = Settings(config=path) if way == "argument" else Settings()
    assert settings.environment == "prod"
    assert settings.management_networks == (ip_network("10.9.0.0/16"),)


def test_a_file_that_is_missing_or_no_toml_is_told(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="cannot be read"):
        Settings(config=tmp_path / "missing.toml")
    (tmp_path / "bad.toml").write_text("=")
    with pytest.raises(ValueError, match="is not TOML"):
        Settings(config=tmp_path / "bad.toml")


@pytest.mark.parametrize("source", ["argument", "environment", "file"])
def test_an_unknown_name_is_refused_with_the_nearest_known_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: str
) -> None:
    path = tmp_path / "s.toml"
    path.write_text('enviroment = "prod"' if source == "file" else "")
    if source == "environment":
        monkeypatch.setenv("ROUTEROS_MCP_ENVIROMENT", "prod")
    extra = {"enviroment": "prod"} if source == "argument" else {}
    with pytest.raises(ValidationError, match=r"no setting enviroment\. Did you mean environment"):
        Settings(config=path, **extra)


def test_settings_do_not_change() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        Settings().http_port = 1


@pytest.mark.parametrize(
    ("url", "driver"),
    [
        ("sqlite:///a.db", "sqlite+aiosqlite:///a.db"),
        ("sqlite+aiosqlite:///a.db", "sqlite+aiosqlite:///a.db"),
        ("postgresql://u@h/d", "postgresql+asyncpg://u@h/d"),
        ("postgres://u@h/d", "postgresql+asyncpg://u@h/d"),
        ("postgresql+psycopg://u@h/d", "postgresql+psycopg://u@h/d"),
    ],
)
def test_a_database_url_gets_its_asyncio_driver(url: str, driver: str) -> None:
    settings = Settings(database_url=url)
    assert settings.async_database_url == async_url(url) == driver
    assert settings.is_sqlite == url.startswith("sqlite")
    assert settings.is_postgresql != settings.is_sqlite


def test_lists_read_as_words_or_as_json(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ROUTEROS_MCP_DEVICE_SCOPE", "edge-01, tag:site=ams,")
    monkeypatch.setenv("ROUTEROS_MCP_MANAGEMENT_NETWORKS", '["10.0.0.0/8", "fd00::/8"]')
    settings = Settings()
    assert settings.device_scope == ("edge-01", "tag:site=ams")
    assert settings.management_networks == (ip_network("10.0.0.0/8"), ip_network("fd00::/8"))


def test_no_secret_shows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ROUTEROS_MCP_MASTER_KEY", "hunter1")
    monkeypatch.setenv("ROUTEROS_MCP_LOGINS", '{"lab": {"username": "admin", "password": "hunter2"}}')
    settings = Settings(database_url="postgresql://u:hunter3@h/d")
    assert "hunter" not in repr(settings) + str(settings) + repr(settings.logins)
    assert settings.logins["lab"].password.get_secret_value() == "hunter2"
    assert settings.master_key.get_secret_value() == "hunter1"


@pytest.mark.parametrize(
    "values", [{"master_key": ["hunter"]}, {"logins": {"a": {"pass": "hunter"}}}, {"http_port": "hunter"}]
)
def test_a_refused_value_is_not_repeated(values: dict[str, object]) -> None:
    with pytest.raises(ValidationError) as caught:
        Settings(**values)
    assert "hunter" not in str(caught.value)


def test_logins_come_from_a_private_file_and_the_environment_wins(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "logins.json"
    path.write_text('{"a": {"username": "x", "password": "1"}, "b": {"username": "y", "password": "2"}}')
    path.chmod(0o600)
    monkeypatch.setenv("ROUTEROS_MCP_LOGINS_FILE", str(path))
    monkeypatch.setenv("ROUTEROS_MCP_LOGINS", '{"b": {"username": "z", "password": "3"}}')
    assert {name: login.username for name, login in Settings().logins.items()} == {"a": "x", "b": "z"}


@pytest.mark.parametrize(
    ("text", "mode", "words"),
    [
        ("{}", 0o644, "Others may read .* chmod 600"),
        ("{hunter", 0o600, "is not JSON"),
        ("[]", 0o600, "holds no JSON object"),
        (None, 0o600, "cannot be read"),
    ],
)
def test_a_logins_file_that_will_not_do_is_told(
    tmp_path: Path, text: str | None, mode: int, words: str
) -> None:
    path = tmp_path / "logins.json"
    if text is not None:
        path.write_text(text)
        path.chmod(mode)
    with pytest.raises(ValidationError, match=words) as caught:
        Settings(logins_file=path)
    assert "hunter" not in str(caught.value)


def test_thresholds_are_those_of_the_domain() -> None:
    assert dict(Settings().health_thresholds) == asdict(HealthThresholds())
    assert HealthThresholds(**Settings(health_cpu_warning=50).health_thresholds).cpu_warning == 50


def test_a_warning_above_its_critical_is_refused() -> None:
    with pytest.raises(ValidationError, match="health_cpu_warning is above"):
        Settings(health_cpu_warning=96)


def test_every_setting_is_described() -> None:
    for name, field in Settings.model_fields.items():
        assert field.description, name


def test_the_process_reads_its_settings_once() -> None:
    get_settings.cache_clear()
    assert get_settings() is get_settings()
    get_settings.cache_clear()


def test_port_zero_on_the_command_line_is_a_choice(tmp_path: Path) -> None:
    chosen = argparse.Namespace(config=None, data_dir=tmp_path, lab=False, port=0)
    assert load_settings(chosen).http_port == 0
