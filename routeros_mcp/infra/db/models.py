"""Tables as SQLAlchemy classes; columns mirror the domain's records by name."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar, cast

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, MetaData, String, Table, Text, text
from sqlalchemy.ext.asyncio import AsyncAttrs
from sqlalchemy.orm import DeclarativeBase, Mapped, WriteOnlyMapped, mapped_column, relationship

from routeros_mcp.domain.models import (
    AuditResult,
    CredentialKind,
    DeviceStatus,
    Environment,
    HealthStatus,
    JobStatus,
    PlanStatus,
    Risk,
    Role,
    StepDirection,
    StepState,
)
from routeros_mcp.infra.db.columns import ID_LENGTH, Json, SortedName, UtcDateTime, UtcNow, Words
from routeros_mcp.infra.db.full_text import keep_indexed
from routeros_mcp.infra.ids import new_id

NAMING = {
    "pk": "pk_%(table_name)s",
    "fk": "fk_%(table_name)s_%(referred_table_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "ix": "idx_%(table_name)s_%(column_0_N_name)s",
}

_EMPTY_OBJECT = text("'{}'")
_EMPTY_LIST = text("'[]'")
_SECRET = {"secret": True}
# What the database fills in comes back with the statement: an async session cannot fetch it on access.
_FETCH_DEFAULTS: dict[str, Any] = {"eager_defaults": True}


def _counted_by(version: Mapped[int]) -> dict[str, Any]:
    return {**_FETCH_DEFAULTS, "version_id_col": version}


def _one_of(column: str, enum: type[StrEnum]) -> CheckConstraint:
    words = ", ".join(f"'{member.value}'" for member in enum)
    return CheckConstraint(f"{column} IN ({words})", name=column)


def _device_id(**options: Any) -> Mapped[str]:
    return mapped_column(ForeignKey("devices.id", ondelete="CASCADE"), **options)


class Base(AsyncAttrs, DeclarativeBase):
    """Every table has an id and two moments that the database keeps."""

    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        datetime: UtcDateTime(),
        dict[str, Any]: Json,
        list[Any]: Json,
    }
    __mapper_args__ = _FETCH_DEFAULTS

    id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True, default=new_id, sort_order=-1)
    created_at: Mapped[datetime] = mapped_column(server_default=UtcNow(), sort_order=90)
    updated_at: Mapped[datetime] = mapped_column(server_default=UtcNow(), onupdate=UtcNow(), sort_order=91)

    def to_dict(self) -> dict[str, Any]:
        """Return the columns by name; sealed secrets and hashes are left out."""
        attributes = self.__mapper__.column_attrs
        return {
            attribute.columns[0].name: getattr(self, attribute.key)
            for attribute in attributes
            if not attribute.columns[0].info.get("secret")
        }

    def __repr__(self) -> str:
        return f"{type(self).__name__}(id={self.id!r})"


class Device(Base):
    __tablename__ = "devices"

    name: Mapped[str] = mapped_column(SortedName, unique=True)
    management_address: Mapped[str] = mapped_column(String(255))
    environment: Mapped[str] = mapped_column(String(32))
    status: Mapped[str] = mapped_column(String(32), server_default=DeviceStatus.PENDING.value)
    tags: Mapped[dict[str, Any]] = mapped_column(server_default=_EMPTY_OBJECT)
    allow_advanced_writes: Mapped[bool] = mapped_column(server_default=text("false"))
    allow_professional_workflows: Mapped[bool] = mapped_column(server_default=text("false"))
    routeros_version: Mapped[str | None] = mapped_column(String(64))
    system_identity: Mapped[str | None] = mapped_column(String(255))
    hardware_model: Mapped[str | None] = mapped_column(String(128))
    serial_number: Mapped[str | None] = mapped_column(String(128))
    software_id: Mapped[str | None] = mapped_column(String(128))
    firmware_variant: Mapped[str | None] = mapped_column(String(64), index=True)
    license_level: Mapped[str | None] = mapped_column(String(32))
    last_seen_at: Mapped[datetime | None]
    tls_fingerprint: Mapped[str | None] = mapped_column(String(128))
    ssh_port: Mapped[int | None]
    ssh_host_key: Mapped[str | None] = mapped_column(String(128))
    consecutive_failures: Mapped[int] = mapped_column(server_default=text("0"))
    last_health_status: Mapped[str | None] = mapped_column(String(32))
    last_health_at: Mapped[datetime | None]
    last_cpu_usage_percent: Mapped[float | None]
    last_memory_usage_percent: Mapped[float | None]
    last_temperature_celsius: Mapped[float | None]
    last_uptime_seconds: Mapped[int | None] = mapped_column(BigInteger)
    last_error_message: Mapped[str | None] = mapped_column(Text)
    version: Mapped[int] = mapped_column(server_default=text("1"))

    credentials: Mapped[list[Credential]] = relationship(
        back_populates="device", cascade="all, delete-orphan", passive_deletes=True
    )
    health_checks: WriteOnlyMapped[HealthCheck] = relationship(passive_deletes=True)
    snapshots: WriteOnlyMapped[Snapshot] = relationship(passive_deletes=True)
    audit_events: WriteOnlyMapped[AuditEvent] = relationship(passive_deletes=True)

    __table_args__ = (
        _one_of("environment", Environment),
        _one_of("status", DeviceStatus),
        Index(None, "environment", "status"),
        Index("idx_devices_tags", "tags", postgresql_using="gin").ddl_if(dialect="postgresql"),
    )
    # Edits through the ORM count versions as `DeviceRepository.save` does, and are refused when stale.
    __mapper_args__ = _counted_by(version)


class Credential(Base):
    __tablename__ = "credentials"

    device_id: Mapped[str] = _device_id()
    kind: Mapped[str] = mapped_column(String(32))
    username: Mapped[str] = mapped_column(String(255))
    encrypted_secret: Mapped[str] = mapped_column(Text, info=_SECRET)
    active: Mapped[bool] = mapped_column(server_default=text("true"))
    rotated_at: Mapped[datetime | None]

    device: Mapped[Device] = relationship(back_populates="credentials", lazy="raise")

    __table_args__ = (
        _one_of("kind", CredentialKind),
        Index(None, "device_id", "kind"),
        Index(
            "uq_credentials_device_id_kind",
            "device_id",
            "kind",
            unique=True,
            sqlite_where=text("active"),
            postgresql_where=text("active"),
        ),
    )


class HealthCheck(Base):
    __tablename__ = "health_checks"

    device_id: Mapped[str] = _device_id()
    timestamp: Mapped[datetime]
    status: Mapped[str] = mapped_column(String(32), index=True)
    cpu_usage_percent: Mapped[float | None]
    memory_used_bytes: Mapped[int | None] = mapped_column(BigInteger)
    memory_total_bytes: Mapped[int | None] = mapped_column(BigInteger)
    disk_used_bytes: Mapped[int | None] = mapped_column(BigInteger)
    disk_total_bytes: Mapped[int | None] = mapped_column(BigInteger)
    temperature_celsius: Mapped[float | None]
    uptime_seconds: Mapped[int | None] = mapped_column(BigInteger)
    error_message: Mapped[str | None] = mapped_column(Text)

    __table_args__ = (_one_of("status", HealthStatus), Index(None, "device_id", "timestamp"))


class Snapshot(Base):
    __tablename__ = "snapshots"

    device_id: Mapped[str] = _device_id()
    timestamp: Mapped[datetime]
    kind: Mapped[str] = mapped_column(String(64), index=True)
    data: Mapped[bytes]
    metadata_: Mapped[dict[str, Any]] = mapped_column("metadata", server_default=_EMPTY_OBJECT)

    __table_args__ = (Index(None, "device_id", "timestamp"), Index(None, "timestamp", "id"))


class ConfigWords(Base):
    """Which words stand in the newest configuration of a device; the text itself is the snapshot's."""

    __tablename__ = "config_words"

    device_id: Mapped[str] = _device_id()
    snapshot_id: Mapped[str] = mapped_column(ForeignKey("snapshots.id", ondelete="CASCADE"), index=True)
    number: Mapped[int] = mapped_column(BigInteger, index=True)
    """What SQLite's index knows the row by: its rowids are integers, and implicit ones do not last."""
    words: Mapped[str] = mapped_column(Words)

    __table_args__ = (
        Index("uq_config_words_device_id", "device_id", unique=True),
        Index("idx_config_words_words", "words", postgresql_using="gin").ddl_if(dialect="postgresql"),
    )


keep_indexed(cast("Table", ConfigWords.__table__))


class Plan(Base):
    __tablename__ = "plans"

    created_by: Mapped[str] = mapped_column(String(255), index=True)
    tool_name: Mapped[str] = mapped_column(String(128))
    status: Mapped[str] = mapped_column(String(32), index=True, server_default=PlanStatus.DRAFT.value)
    device_ids: Mapped[list[Any]] = mapped_column(server_default=_EMPTY_LIST)
    summary: Mapped[str] = mapped_column(Text, server_default="")
    changes: Mapped[list[Any]] = mapped_column(server_default=_EMPTY_LIST)
    risk: Mapped[str] = mapped_column(String(32), server_default=Risk.LOW.value)
    risk_reasons: Mapped[list[Any]] = mapped_column(server_default=_EMPTY_LIST)
    digest: Mapped[str] = mapped_column(String(128), server_default="")
    options: Mapped[dict[str, Any]] = mapped_column(server_default=_EMPTY_OBJECT)
    expires_at: Mapped[datetime | None]
    approved_by: Mapped[str | None] = mapped_column(String(255))
    approved_at: Mapped[datetime | None]
    approval_expires_at: Mapped[datetime | None]
    approval_consumed_at: Mapped[datetime | None]
    decision_reason: Mapped[str | None] = mapped_column(Text)
    error_message: Mapped[str | None] = mapped_column(Text)
    version: Mapped[int] = mapped_column(server_default=text("1"))

    __table_args__ = (
        _one_of("status", PlanStatus),
        _one_of("risk", Risk),
        Index(None, "created_at", "id"),
    )
    __mapper_args__ = _counted_by(version)


class PlanApproval(Base):
    __tablename__ = "plan_approvals"

    plan_id: Mapped[str] = mapped_column(ForeignKey("plans.id", ondelete="CASCADE"), index=True)
    approver: Mapped[str] = mapped_column(String(255))
    role: Mapped[str] = mapped_column(String(32))
    digest: Mapped[str] = mapped_column(String(128))
    policy_digest: Mapped[str] = mapped_column(String(128))
    approved_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    overrides: Mapped[list[Any]] = mapped_column(server_default=_EMPTY_LIST)
    mac: Mapped[str] = mapped_column(String(128))
    consumed_at: Mapped[datetime | None]


class PlanDevice(Base):
    """One router's share of a plan. It outlives the router's own row: history is not rewritten."""

    __tablename__ = "plan_devices"

    plan_id: Mapped[str] = mapped_column(ForeignKey("plans.id", ondelete="CASCADE"))
    device_id: Mapped[str] = mapped_column(String(ID_LENGTH), index=True)
    position: Mapped[int]
    state: Mapped[str] = mapped_column(String(32), server_default=StepState.PLANNED.value)
    pre_image: Mapped[list[Any]] = mapped_column(server_default=_EMPTY_LIST)
    wave: Mapped[int | None]
    baseline: Mapped[dict[str, Any] | None]
    gate: Mapped[dict[str, Any] | None]
    job_id: Mapped[str | None] = mapped_column(String(ID_LENGTH))
    error_code: Mapped[str | None] = mapped_column(String(64))
    error_message: Mapped[str | None] = mapped_column(Text)
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]

    __table_args__ = (
        _one_of("state", StepState),
        Index("uq_plan_devices_plan_id_device_id", "plan_id", "device_id", unique=True),
    )


class PlanStep(Base):
    """The journal of one change on one router; kept as `PlanDevice` is."""

    __tablename__ = "plan_steps"

    plan_id: Mapped[str] = mapped_column(ForeignKey("plans.id", ondelete="CASCADE"))
    device_id: Mapped[str] = mapped_column(String(ID_LENGTH), index=True)
    sequence: Mapped[int]
    direction: Mapped[str] = mapped_column(String(32))
    change: Mapped[dict[str, Any]]
    state: Mapped[str] = mapped_column(String(32))
    item_id: Mapped[str | None] = mapped_column(String(64))
    intent_at: Mapped[datetime | None]
    settled_at: Mapped[datetime | None]
    error_code: Mapped[str | None] = mapped_column(String(64))
    error_message: Mapped[str | None] = mapped_column(Text)

    __table_args__ = (
        _one_of("direction", StepDirection),
        _one_of("state", StepState),
        Index(None, "plan_id", "device_id", "sequence"),
    )


class Job(Base):
    __tablename__ = "jobs"

    job_type: Mapped[str] = mapped_column(String(64), index=True)
    status: Mapped[str] = mapped_column(String(32), server_default=JobStatus.PENDING.value)
    plan_id: Mapped[str | None] = mapped_column(ForeignKey("plans.id", ondelete="CASCADE"), index=True)
    device_ids: Mapped[list[Any]] = mapped_column(server_default=_EMPTY_LIST)
    requested_by: Mapped[str] = mapped_column(String(255), server_default="")
    attempts: Mapped[int] = mapped_column(server_default=text("0"))
    max_attempts: Mapped[int] = mapped_column(server_default=text("3"))
    next_run_at: Mapped[datetime | None]
    progress_done: Mapped[int] = mapped_column(server_default=text("0"))
    progress_total: Mapped[int] = mapped_column(server_default=text("0"))
    result_summary: Mapped[str | None] = mapped_column(Text)
    error_message: Mapped[str | None] = mapped_column(Text)
    owner: Mapped[str | None] = mapped_column(String(255))
    fence: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    cancel_requested: Mapped[bool] = mapped_column(server_default=text("false"))
    pause_requested: Mapped[bool] = mapped_column(server_default=text("false"))
    undo_requested: Mapped[bool] = mapped_column(server_default=text("false"))
    report: Mapped[dict[str, Any]] = mapped_column(server_default=_EMPTY_OBJECT)
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]

    __table_args__ = (
        _one_of("status", JobStatus),
        Index(None, "status", "next_run_at"),
        Index(None, "created_at", "id"),
    )


class Worker(Base):
    """A process that runs jobs; `seen_at` is its heartbeat, by the database's clock."""

    __tablename__ = "workers"

    host: Mapped[str] = mapped_column(String(255))
    seen_at: Mapped[datetime]


class DeviceLease(Base):
    """Who may write to the device with this id: one run of one job, told by its fence."""

    __tablename__ = "device_leases"

    job_id: Mapped[str] = mapped_column(String(ID_LENGTH), index=True)
    owner: Mapped[str] = mapped_column(String(255))
    fence: Mapped[int] = mapped_column(BigInteger)
    expires_at: Mapped[datetime]


class AuditEvent(Base):
    """Append only by triggers, which let through what a removed device and the retention job need."""

    __tablename__ = "audit_events"

    timestamp: Mapped[datetime]
    user_sub: Mapped[str] = mapped_column(String(255))
    user_email: Mapped[str | None] = mapped_column(String(255))
    user_role: Mapped[str] = mapped_column(String(32))
    device_id: Mapped[str | None] = mapped_column(ForeignKey("devices.id", ondelete="SET NULL"), index=True)
    environment: Mapped[str | None] = mapped_column(String(32))
    action: Mapped[str] = mapped_column(String(64))
    tool_name: Mapped[str] = mapped_column(String(128), index=True)
    tool_tier: Mapped[str] = mapped_column(String(32))
    plan_id: Mapped[str | None] = mapped_column(String(ID_LENGTH), index=True)
    job_id: Mapped[str | None] = mapped_column(String(ID_LENGTH))
    request_id: Mapped[str | None] = mapped_column(String(128), index=True)
    result: Mapped[str] = mapped_column(String(32), index=True)
    metadata_: Mapped[dict[str, Any]] = mapped_column("metadata", server_default=_EMPTY_OBJECT)
    error_message: Mapped[str | None] = mapped_column(Text)
    sequence: Mapped[int] = mapped_column(BigInteger, unique=True)
    previous_mac: Mapped[str] = mapped_column(String(128), server_default="")
    mac: Mapped[str] = mapped_column(String(128), server_default="")

    __table_args__ = (
        _one_of("result", AuditResult),
        Index(None, "timestamp", "id"),
        Index(None, "user_sub", "action"),
    )


class AuditRetention(Base):
    """One row: while `prune_before` is set, older audit events may be deleted.

    The retention job sets it and takes it back within the transaction that deletes, so nobody else sees it.
    """

    __tablename__ = "audit_retention"

    prune_before: Mapped[datetime | None]


class User(Base):
    __tablename__ = "users"

    name: Mapped[str] = mapped_column(SortedName, unique=True)
    role: Mapped[str] = mapped_column(String(32))
    passphrase_hash: Mapped[str] = mapped_column(Text, info=_SECRET)
    email: Mapped[str | None] = mapped_column(String(255))
    active: Mapped[bool] = mapped_column(server_default=text("true"))
    failed_attempts: Mapped[int] = mapped_column(server_default=text("0"))
    locked_until: Mapped[datetime | None]

    __table_args__ = (_one_of("role", Role),)
