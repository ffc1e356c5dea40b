"""Settings of the installation: command line over environment over file over defaults, read once."""

from __future__ import annotations

import difflib
import getpass
import json
import os
import tomllib
from collections.abc import Mapping
from functools import cache
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, SecretStr, model_validator
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    InitSettingsSource,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

PREFIX = "ROUTEROS_MCP_"
CONFIG_NAME = "routeros-mcp.toml"

_DRIVERS = {
    "sqlite": "sqlite+aiosqlite",
    "postgres": "postgresql+asyncpg",
    "postgresql": "postgresql+asyncpg",
}
_MIB = 1024 * 1024
_OTHERS_MAY = 0o077


def async_url(url: str) -> str:
    """Name the asyncio driver in a database URL that names none; others stay as they are."""
    scheme, colon, rest = url.partition(":")
    return _DRIVERS.get(scheme, scheme) + colon + rest


def _data_dir() -> Path:
    home = os.environ.get("XDG_DATA_HOME") or "~/.local/share"
    return Path(home).expanduser() / "routeros-mcp"


def _words(value: object) -> object:
    """Read a list that the environment gives as JSON or as words between commas."""
    if not isinstance(value, str):
        return value
    if value.lstrip().startswith("["):
        return json.loads(value)
    return [word.strip() for word in value.split(",") if word.strip()]


def _expanded(value: object) -> object:
    return Path(value).expanduser() if isinstance(value, str | Path) else value


Words = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_words)]
Networks = Annotated[tuple[IPv4Network | IPv6Network, ...], NoDecode, BeforeValidator(_words)]
Location = Annotated[Path, BeforeValidator(_expanded)]

Percent = Annotated[float, Field(gt=0, le=100)]
Celsius = Annotated[float, Field(gt=-50, lt=200)]


class LoginProfile(BaseModel):
    """A router login that the operator provides under a name."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    username: str
    password: SecretStr


class Settings(BaseSettings):
    """All settings. Each is also an environment variable: `ROUTEROS_MCP_` and the name in capitals."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        frozen=True,
        extra="forbid",
        # A refused value may be a secret in the wrong place: messages name the field, not the value.
        hide_input_in_errors=True,
    )

    config: Location | None = Field(
        None, description="A TOML file with settings; default: `routeros-mcp.toml` in the data directory."
    )
    environment: Literal["lab", "staging", "prod"] = Field(
        "lab", description="What this service manages; it refuses devices of another environment."
    )
    data_dir: Location = Field(
        default_factory=_data_dir,
        description="Where the embedded database, the master key and the settings file live; default: "
        "`$XDG_DATA_HOME/routeros-mcp` or `~/.local/share/routeros-mcp`.",
    )

    database_url: str = Field(
        default_factory=lambda known: f"sqlite:///{known['data_dir']}/routeros-mcp.db",
        repr=False,
        description="`sqlite:///path`, `postgresql://user:password@host/name` (asyncpg) or "
        "`postgresql+psycopg://…`; default: an SQLite file in the data directory.",
    )
    database_pool_size: int = Field(10, ge=1, le=500, description="Database connections kept open.")
    database_max_overflow: int = Field(10, ge=0, le=500, description="Connections beyond them under load.")
    database_echo: bool = Field(False, description="Log every SQL statement; for debugging only.")
    database_slow_query_ms: float = Field(
        500, gt=0, description="Statements slower than this many milliseconds are logged."
    )
    database_statement_timeout_s: float = Field(
        30, gt=0, description="PostgreSQL ends a statement that runs longer, in seconds."
    )

    master_key: SecretStr | None = Field(
        None, description="The master key that seals secrets at rest: base64 of 32 bytes; wins over the file."
    )
    master_key_file: Location | None = Field(
        default_factory=lambda known: known["data_dir"] / "master.key",
        description="File with the master key, mode 0600; default: `master.key` in the data directory.",
    )
    logins: dict[str, LoginProfile] = Field(
        default_factory=dict,
        repr=False,
        description='Router logins by name, as JSON: `{"lab": {"username": "admin", "password": "…"}}`.',
    )
    logins_file: Location | None = Field(
        None, description="A file, mode 0600, with the same JSON as `logins`; entries of `logins` win."
    )
    management_networks: Networks = Field(
        (
            IPv4Network("10.0.0.0/8"),
            IPv4Network("172.16.0.0/12"),
            IPv4Network("192.168.0.0/16"),
            IPv6Network("fc00::/7"),
        ),
        description="Networks that routers may live in; an address outside is never connected to.",
    )

    http_host: str = Field("127.0.0.1", description="Address that the HTTP server listens on.")
    http_port: int = Field(8765, ge=0, le=65535, description="Port of the HTTP server; 0 takes a free one.")
    allowed_hosts: Words = Field((), description="Further Host headers that the HTTP server answers to.")
    allowed_origins: Words = Field((), description="Browser origins that may call the HTTP server.")
    stdio_role: Literal["read_only", "ops_rw", "admin", "approver", "auditor"] = Field(
        "admin", description="Role of the person who starts the server over stdio."
    )
    stdio_subject: str = Field(
        default_factory=getpass.getuser, description="Name in the audit trail over stdio; default: OS user."
    )

    device_scope: Words = Field(
        ("all",),
        description="Devices that callers may see: names, `tag:key=value`, `env:…`, `status:…`, `all`.",
    )
    toolsets: Words = Field(
        ("default",),
        description="Toolsets that are offered: names, `default` (all but `diagnose`), or `all`.",
    )
    read_only: bool = Field(False, description="Offer no tool that changes a router.")

    router_connect_timeout_s: float = Field(5, gt=0, description="Deadline for a connection to a router.")
    router_read_timeout_s: float = Field(
        70, gt=0, description="Deadline for a router's answer; RouterOS itself gives up at 60 seconds."
    )
    router_max_answer_bytes: int = Field(8 * _MIB, ge=1024, description="Largest answer taken from a router.")
    router_most_rows: int = Field(
        5_000,
        ge=1,
        description="Most rows read at once of a menu that may be huge, such as routes, connections, leases "
        "or address lists. Such menus are counted first.",
    )
    export_max_bytes: int = Field(32 * _MIB, ge=1024, description="Largest configuration export taken.")
    router_backoff_s: float = Field(
        5,
        ge=0,
        description="A router that failed three times in a row is tried again after so many seconds, then "
        "after twice as many, and so on; 0 tries it at every call.",
    )
    router_backoff_max_s: float = Field(960, gt=0, description="The longest of these waits, in seconds.")
    fanout_workers: int = Field(32, ge=1, le=1000, description="Routers talked to at the same time.")
    max_devices_per_call: int = Field(500, ge=1, description="Most devices that one tool call may address.")
    calls_per_minute: int = Field(600, ge=1, description="Tool calls that one caller may make in a minute.")
    writes_per_minute: int = Field(30, ge=1, description="Of these, calls that change routers.")

    health_cpu_warning: Percent = Field(80, description="CPU load in percent that is a warning.")
    health_cpu_critical: Percent = Field(95, description="CPU load in percent that is critical.")
    health_memory_warning: Percent = Field(85, description="Memory use in percent that is a warning.")
    health_memory_critical: Percent = Field(95, description="Memory use in percent that is critical.")
    health_disk_warning: Percent = Field(85, description="Disk use in percent that is a warning.")
    health_disk_critical: Percent = Field(95, description="Disk use in percent that is critical.")
    health_temperature_warning: Celsius = Field(70, description="Degrees Celsius that are a warning.")
    health_temperature_critical: Celsius = Field(80, description="Degrees Celsius that are critical.")
    health_uptime_warning_s: int = Field(60, ge=0, description="A router up for less is a warning, seconds.")
    health_reuse_s: float = Field(30, ge=0, description="A health result younger than this is not repeated.")
    unreachable_after: int = Field(3, ge=1, description="Failures in a row that make a device unreachable.")

    settle_s: float = Field(
        65,
        ge=0,
        description="How long a write whose answer was lost is watched before it counts as not done.",
    )
    deadman_timeout_s: float = Field(
        300,
        ge=2,
        description="After how long without confirmation a router undoes a change by itself.",
    )
    deadman_tick_s: int = Field(
        10, ge=1, le=60, description="How often a router under a dead-man switch looks at its deadline."
    )
    sweep_interval_h: int = Field(
        24,
        ge=0,
        le=24 * 7,
        description="Every how many hours all routers are looked over for what dead-man switches have left, "
        "counted from midnight UTC; 0: only when somebody asks.",
    )
    run_jobs: bool = Field(
        True,
        description="Whether `serve` runs jobs itself. False, beside `routeros-mcp worker` processes "
        "(PostgreSQL): the server only queues them.",
    )
    worker_heartbeat_s: float = Field(
        5, gt=0, description="How often a process that runs jobs says that it lives, in seconds."
    )
    worker_dead_s: float = Field(
        30,
        gt=0,
        description="After so many seconds of silence a worker counts as dead: its leases of routers run "
        "out, and its jobs go to another. At least three heartbeats.",
    )
    job_poll_s: float = Field(
        0.5, ge=0.5, description="How often a worker looks for queued jobs, in seconds."
    )
    job_deaths: int = Field(
        5,
        ge=1,
        description="A job is given up when its process has died more often than this in a row and it got no "
        "further, for as long as a router may be waited for (`settle_s` and `deadman_timeout_s`): its "
        "devices are read back, and it ends as failed.",
    )
    shutdown_drain_s: float = Field(
        120, ge=0, description="How long the end of the server waits for jobs that are under way."
    )
    rollout_waves: Words = Field(
        ("1", "10%", "100%"),
        description="Sizes of the waves in which a plan reaches its devices, unless the plan says otherwise: "
        "numbers, or shares of the devices still left.",
    )
    rollout_parallel: int = Field(5, ge=1, le=100, description="Devices of a wave changed at the same time.")
    rollout_on_failure: Literal["halt", "roll_back_device", "roll_back_wave", "roll_back_all"] = Field(
        "roll_back_device", description="What is undone when a wave fails, unless the plan says otherwise."
    )
    rollout_gates: bool = Field(
        True, description="Compare each wave's health with that before, unless the plan says otherwise."
    )
    rollout_soak_s: float = Field(
        0, ge=0, le=86_400, description="Seconds between a wave and the next, unless the plan says otherwise."
    )
    gate_looks: int = Field(
        4, ge=1, le=100, description="How often a router that looks worse is measured before it counts."
    )
    gate_wait_s: float = Field(3, ge=0, le=600, description="Seconds between two of these looks.")
    policy_file: Location | None = Field(
        None,
        description="YAML file with the rules by which plans are approved, on top of the built-in ones: who, "
        "how many, when, how much; see the guide on approvals. Without it the built-in rules hold alone.",
    )
    plan_ttl_h: float = Field(24, gt=0, description="Hours that a plan lives.")
    approval_ttl_min: float = Field(15, gt=0, description="Minutes that an approval is good for.")

    log_level: Literal["debug", "info", "warning", "error"] = Field("info", description="Least level logged.")
    log_format: Literal["console", "json"] = Field("console", description="How log lines look; to stderr.")

    @property
    def is_sqlite(self) -> bool:
        return self.database_url.startswith("sqlite")

    @property
    def is_postgresql(self) -> bool:
        return self.database_url.startswith("postgres")

    @property
    def database_file(self) -> Path | None:
        """The file of an SQLite database; None for one in memory or on a server."""
        _, found, path = self.database_url.partition(":///")
        is_file = self.is_sqlite and found and path and not path.startswith(":") and "?" not in path
        return Path(path) if is_file else None

    @property
    def async_database_url(self) -> str:
        """The database URL with its asyncio driver named."""
        return async_url(self.database_url)

    @property
    def health_thresholds(self) -> Mapping[str, float]:
        """The arguments of the domain's `HealthThresholds`, by name."""
        kinds = ("cpu_", "memory_", "disk_", "temperature_", "uptime_")
        values = {name.removeprefix("health_"): getattr(self, name) for name in Settings.model_fields}
        return {name: value for name, value in values.items() if name.startswith(kinds)}

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        del env_settings, dotenv_settings, file_secret_settings  # no dotenv, no secrets directory
        environment = _StrictEnvironment(settings_cls)
        return init_settings, environment, _file_source(settings_cls, [init_settings(), environment()])

    @model_validator(mode="before")
    @classmethod
    def _known_names_only(cls, values: dict[str, Any]) -> dict[str, Any]:
        for name in values:
            if name not in cls.model_fields:
                near = difflib.get_close_matches(name, cls.model_fields, n=1)
                hint = f" Did you mean {near[0]} ({PREFIX}{near[0].upper()})?" if near else ""
                raise ValueError(f"There is no setting {name}.{hint}")
        return values

    @model_validator(mode="before")
    @classmethod
    def _add_logins_of_file(cls, values: dict[str, Any]) -> dict[str, Any]:
        if not values.get("logins_file"):
            return values
        stored = _read_logins(Path(values["logins_file"]).expanduser())
        return values | {"logins": {**stored, **(values.get("logins") or {})}}

    @model_validator(mode="after")
    def _a_missed_heartbeat_is_no_death(self) -> Settings:
        if self.worker_dead_s < 3 * self.worker_heartbeat_s:
            raise ValueError("worker_dead_s is less than three times worker_heartbeat_s.")
        return self

    @model_validator(mode="after")
    def _critical_is_above_warning(self) -> Settings:
        for kind in ("cpu", "memory", "disk", "temperature"):
            if getattr(self, f"health_{kind}_warning") > getattr(self, f"health_{kind}_critical"):
                raise ValueError(f"health_{kind}_warning is above health_{kind}_critical.")
        return self


class _StrictEnvironment(EnvSettingsSource):
    """The environment, with the unknown names under our prefix: a misspelt setting must not be silent."""

    def __call__(self) -> dict[str, Any]:
        prefix = PREFIX.lower()
        given = {name.lower(): value for name, value in os.environ.items()}
        unknown = {
            name.removeprefix(prefix): value
            for name, value in given.items()
            if name.startswith(prefix) and name.removeprefix(prefix) not in self.settings_cls.model_fields
        }
        return {**unknown, **super().__call__()}


def _file_source(cls: type[BaseSettings], stronger: list[dict[str, Any]]) -> InitSettingsSource:
    """Read the settings file that the stronger sources name, else the one in the data directory, if any."""
    named, data_dir = (
        next((values[name] for values in stronger if values.get(name)), None)
        for name in ("config", "data_dir")
    )
    path = Path(named or Path(data_dir or _data_dir()) / CONFIG_NAME).expanduser()
    if not named and not path.exists():
        return InitSettingsSource(cls, {})
    try:
        return InitSettingsSource(cls, tomllib.loads(path.read_text()))
    except OSError as error:
        raise ValueError(f"The settings file {path} cannot be read: {error.strerror}.") from error
    except tomllib.TOMLDecodeError as error:
        raise ValueError(f"The settings file {path} is not TOML: {error}.") from error


def _read_logins(path: Path) -> dict[str, Any]:
    try:
        with path.open() as file:
            if os.fstat(file.fileno()).st_mode & _OTHERS_MAY:
                raise ValueError(f"Others may read the logins file {path}: chmod 600 {path}")
            logins: object = json.load(file)
    except OSError as error:
        raise ValueError(f"The logins file {path} cannot be read: {error.strerror}.") from error
    except json.JSONDecodeError as error:
        # The message of the decoder holds no text of the file, and neither may ours.
        raise ValueError(f"The logins file {path} is not JSON (line {error.lineno}).") from None
    match logins:
        case dict():
            return logins
        case _:
            raise ValueError(f"The logins file {path} holds no JSON object.")


@cache
def get_settings() -> Settings:
    """Return the settings of this process, read at the first call."""
    return Settings()
