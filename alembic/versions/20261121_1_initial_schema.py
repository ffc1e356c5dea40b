"""The first schema: devices and what is known of them, plans and jobs, the audit trail, users."""

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from alembic import op

revision = "20261121_1"
down_revision = None
branch_labels = None
depends_on = None

TABLES = (
    "devices",
    "credentials",
    "health_checks",
    "snapshots",
    "plans",
    "plan_devices",
    "plan_steps",
    "jobs",
    "audit_events",
    "audit_retention",
    "users",
)
"""Parents before their children."""

ID = sa.String(64)
MOMENT = sa.DateTime(timezone=True)
JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
NAME = sa.String(255).with_variant(sa.String(255, collation="C"), "postgresql")
FALSE, TRUE, ZERO = sa.text("false"), sa.text("true"), sa.text("0")
OBJECT, LIST = sa.text("'{}'"), sa.text("'[]'")


def upgrade() -> None:
    create_devices()
    create_credentials()
    create_health_checks()
    create_snapshots()
    create_plans()
    create_plan_devices()
    create_plan_steps()
    create_jobs()
    create_audit_events()
    create_audit_retention()
    create_users()
    if on_postgresql():
        keep_updated_at_on_postgresql()
        guard_audit_on_postgresql()
    else:
        guard_audit_on_sqlite()


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)
    if on_postgresql():
        op.execute("DROP FUNCTION routeros_mcp_touch()")
        op.execute("DROP FUNCTION routeros_mcp_guard_audit()")


def on_postgresql() -> bool:
    return op.get_context().dialect.name == "postgresql"


def kept_moments() -> list[sa.Column]:
    # CURRENT_TIMESTAMP of SQLite has whole seconds; this is the form that SQLAlchemy stores.
    now = "now()" if on_postgresql() else "(strftime('%Y-%m-%d %H:%M:%f000', 'now'))"
    return [
        sa.Column(name, MOMENT, server_default=sa.text(now), nullable=False)
        for name in ("created_at", "updated_at")
    ]


def one_of(table: str, column: str, *words: str) -> sa.CheckConstraint:
    listed = ", ".join(f"'{word}'" for word in words)
    return sa.CheckConstraint(f"{column} IN ({listed})", name=op.f(f"ck_{table}_{column}"))


def create_devices() -> None:
    op.create_table(
        "devices",
        sa.Column("id", ID, nullable=False),
        sa.Column("name", NAME, nullable=False),
        sa.Column("management_address", sa.String(255), nullable=False),
        sa.Column("environment", sa.String(32), nullable=False),
        sa.Column("status", sa.String(32), server_default="pending", nullable=False),
        sa.Column("tags", JSON, server_default=OBJECT, nullable=False),
        sa.Column("allow_advanced_writes", sa.Boolean(), server_default=FALSE, nullable=False),
        sa.Column("allow_professional_workflows", sa.Boolean(), server_default=FALSE, nullable=False),
        sa.Column("routeros_version", sa.String(64)),
        sa.Column("system_identity", sa.String(255)),
        sa.Column("hardware_model", sa.String(128)),
        sa.Column("serial_number", sa.String(128)),
        sa.Column("software_id", sa.String(128)),
        sa.Column("firmware_variant", sa.String(64)),
        sa.Column("license_level", sa.String(32)),
        sa.Column("last_seen_at", MOMENT),
        sa.Column("tls_fingerprint", sa.String(128)),
        sa.Column("consecutive_failures", sa.Integer(), server_default=ZERO, nullable=False),
        sa.Column("last_health_status", sa.String(32)),
        sa.Column("last_health_at", MOMENT),
        sa.Column("last_cpu_usage_percent", sa.Double()),
        sa.Column("last_memory_usage_percent", sa.Double()),
        sa.Column("last_temperature_celsius", sa.Double()),
        sa.Column("last_uptime_seconds", sa.BigInteger()),
        sa.Column("last_error_message", sa.Text()),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        *kept_moments(),
        one_of("devices", "environment", "lab", "staging", "prod"),
        one_of("devices", "status", "pending", "healthy", "degraded", "unreachable", "decommissioned"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_devices")),
        sa.UniqueConstraint("name", name=op.f("uq_devices_name")),
    )
    op.create_index("idx_devices_environment_status", "devices", ["environment", "status"])
    op.create_index("idx_devices_firmware_variant", "devices", ["firmware_variant"])
    if on_postgresql():
        op.create_index("idx_devices_tags", "devices", ["tags"], postgresql_using="gin")


def create_credentials() -> None:
    op.create_table(
        "credentials",
        sa.Column("id", ID, nullable=False),
        sa.Column("device_id", ID, nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("username", sa.String(255), nullable=False),
        sa.Column("encrypted_secret", sa.Text(), nullable=False),
        sa.Column("active", sa.Boolean(), server_default=TRUE, nullable=False),
        sa.Column("rotated_at", MOMENT),
        *kept_moments(),
        one_of("credentials", "kind", "routeros_rest", "routeros_ssh", "routeros_ssh_key"),
        sa.ForeignKeyConstraint(
            ["device_id"], ["devices.id"], name=op.f("fk_credentials_devices"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_credentials")),
    )
    op.create_index("idx_credentials_device_id_kind", "credentials", ["device_id", "kind"])
    op.create_index(
        "uq_credentials_device_id_kind",
        "credentials",
        ["device_id", "kind"],
        unique=True,
        sqlite_where=sa.text("active"),
        postgresql_where=sa.text("active"),
    )


def create_health_checks() -> None:
    op.create_table(
        "health_checks",
        sa.Column("id", ID, nullable=False),
        sa.Column("device_id", ID, nullable=False),
        sa.Column("timestamp", MOMENT, nullable=False),
        sa.Column("status", sa.String(32), nullable=False),
        sa.Column("cpu_usage_percent", sa.Double()),
        sa.Column("memory_used_bytes", sa.BigInteger()),
        sa.Column("memory_total_bytes", sa.BigInteger()),
        sa.Column("disk_used_bytes", sa.BigInteger()),
        sa.Column("disk_total_bytes", sa.BigInteger()),
        sa.Column("temperature_celsius", sa.Double()),
        sa.Column("uptime_seconds", sa.BigInteger()),
        sa.Column("error_message", sa.Text()),
        *kept_moments(),
        one_of("health_checks", "status", "healthy", "warning", "critical"),
        sa.ForeignKeyConstraint(
            ["device_id"], ["devices.id"], name=op.f("fk_health_checks_devices"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_health_checks")),
    )
    op.create_index("idx_health_checks_device_id_timestamp", "health_checks", ["device_id", "timestamp"])
    op.create_index("idx_health_checks_status", "health_checks", ["status"])


def create_snapshots() -> None:
    op.create_table(
        "snapshots",
        sa.Column("id", ID, nullable=False),
        sa.Column("device_id", ID, nullable=False),
        sa.Column("timestamp", MOMENT, nullable=False),
        sa.Column("kind", sa.String(64), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.Column("metadata", JSON, server_default=OBJECT, nullable=False),
        *kept_moments(),
        sa.ForeignKeyConstraint(
            ["device_id"], ["devices.id"], name=op.f("fk_snapshots_devices"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_snapshots")),
    )
    op.create_index("idx_snapshots_device_id_timestamp", "snapshots", ["device_id", "timestamp"])
    op.create_index("idx_snapshots_kind", "snapshots", ["kind"])
    op.create_index("idx_snapshots_timestamp_id", "snapshots", ["timestamp", "id"])


def create_plans() -> None:
    op.create_table(
        "plans",
        sa.Column("id", ID, nullable=False),
        sa.Column("created_by", sa.String(255), nullable=False),
        sa.Column("tool_name", sa.String(128), nullable=False),
        sa.Column("status", sa.String(32), server_default="draft", nullable=False),
        sa.Column("device_ids", JSON, server_default=LIST, nullable=False),
        sa.Column("summary", sa.Text(), server_default="", nullable=False),
        sa.Column("changes", JSON, server_default=LIST, nullable=False),
        sa.Column("risk", sa.String(32), server_default="low", nullable=False),
        sa.Column("risk_reasons", JSON, server_default=LIST, nullable=False),
        sa.Column("digest", sa.String(128), server_default="", nullable=False),
        sa.Column("options", JSON, server_default=OBJECT, nullable=False),
        sa.Column("expires_at", MOMENT),
        sa.Column("approved_by", sa.String(255)),
        sa.Column("approved_at", MOMENT),
        sa.Column("approval_expires_at", MOMENT),
        sa.Column("approval_mac", sa.String(128)),
        sa.Column("approval_consumed_at", MOMENT),
        sa.Column("decision_reason", sa.Text()),
        sa.Column("error_message", sa.Text()),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        *kept_moments(),
        one_of("plans", "risk", "low", "medium", "high", "extreme"),
        one_of(
            "plans",
            "status",
            "draft",
            "submitted",
            "approved",
            "applying",
            "applied",
            "rejected",
            "cancelled",
            "expired",
            "halted",
            "failed",
            "partially_applied",
            "rolling_back",
            "rolled_back",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plans")),
    )
    op.create_index("idx_plans_created_at_id", "plans", ["created_at", "id"])
    op.create_index("idx_plans_created_by", "plans", ["created_by"])
    op.create_index("idx_plans_status", "plans", ["status"])


def create_plan_devices() -> None:
    op.create_table(
        "plan_devices",
        sa.Column("id", ID, nullable=False),
        sa.Column("plan_id", ID, nullable=False),
        sa.Column("device_id", ID, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(32), server_default="planned", nullable=False),
        sa.Column("pre_image", JSON, server_default=LIST, nullable=False),
        sa.Column("job_id", ID),
        sa.Column("error_code", sa.String(64)),
        sa.Column("error_message", sa.Text()),
        sa.Column("started_at", MOMENT),
        sa.Column("finished_at", MOMENT),
        *kept_moments(),
        one_of(
            "plan_devices",
            "state",
            "planned",
            "armed",
            "intent",
            "sent",
            "acked",
            "unknown",
            "verified",
            "confirmed",
            "not_applied",
            "drifted",
            "conflict",
            "rolled_back",
            "rollback_failed",
            "needs_human",
        ),
        sa.ForeignKeyConstraint(
            ["plan_id"], ["plans.id"], name=op.f("fk_plan_devices_plans"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plan_devices")),
    )
    op.create_index("idx_plan_devices_device_id", "plan_devices", ["device_id"])
    op.create_index(
        "uq_plan_devices_plan_id_device_id", "plan_devices", ["plan_id", "device_id"], unique=True
    )


def create_plan_steps() -> None:
    op.create_table(
        "plan_steps",
        sa.Column("id", ID, nullable=False),
        sa.Column("plan_id", ID, nullable=False),
        sa.Column("device_id", ID, nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("direction", sa.String(32), nullable=False),
        sa.Column("change", JSON, nullable=False),
        sa.Column("state", sa.String(32), nullable=False),
        sa.Column("item_id", sa.String(64)),
        sa.Column("intent_at", MOMENT),
        sa.Column("settled_at", MOMENT),
        sa.Column("error_code", sa.String(64)),
        sa.Column("error_message", sa.Text()),
        *kept_moments(),
        one_of("plan_steps", "direction", "apply", "rollback"),
        one_of(
            "plan_steps",
            "state",
            "planned",
            "armed",
            "intent",
            "sent",
            "acked",
            "unknown",
            "verified",
            "confirmed",
            "not_applied",
            "drifted",
            "conflict",
            "rolled_back",
            "rollback_failed",
            "needs_human",
        ),
        sa.ForeignKeyConstraint(
            ["plan_id"], ["plans.id"], name=op.f("fk_plan_steps_plans"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plan_steps")),
    )
    op.create_index("idx_plan_steps_device_id", "plan_steps", ["device_id"])
    op.create_index(
        "idx_plan_steps_plan_id_device_id_sequence", "plan_steps", ["plan_id", "device_id", "sequence"]
    )


def create_jobs() -> None:
    op.create_table(
        "jobs",
        sa.Column("id", ID, nullable=False),
        sa.Column("job_type", sa.String(64), nullable=False),
        sa.Column("status", sa.String(32), server_default="pending", nullable=False),
        sa.Column("plan_id", ID),
        sa.Column("device_ids", JSON, server_default=LIST, nullable=False),
        sa.Column("requested_by", sa.String(255), server_default="", nullable=False),
        sa.Column("attempts", sa.Integer(), server_default=ZERO, nullable=False),
        sa.Column("max_attempts", sa.Integer(), server_default=sa.text("3"), nullable=False),
        sa.Column("next_run_at", MOMENT),
        sa.Column("progress_done", sa.Integer(), server_default=ZERO, nullable=False),
        sa.Column("progress_total", sa.Integer(), server_default=ZERO, nullable=False),
        sa.Column("result_summary", sa.Text()),
        sa.Column("error_message", sa.Text()),
        sa.Column("owner", sa.String(255)),
        sa.Column("cancel_requested", sa.Boolean(), server_default=FALSE, nullable=False),
        sa.Column("started_at", MOMENT),
        sa.Column("finished_at", MOMENT),
        *kept_moments(),
        one_of("jobs", "status", "pending", "running", "success", "failed", "cancelled", "interrupted"),
        sa.ForeignKeyConstraint(["plan_id"], ["plans.id"], name=op.f("fk_jobs_plans"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_jobs")),
    )
    op.create_index("idx_jobs_created_at_id", "jobs", ["created_at", "id"])
    op.create_index("idx_jobs_job_type", "jobs", ["job_type"])
    op.create_index("idx_jobs_plan_id", "jobs", ["plan_id"])
    op.create_index("idx_jobs_status_next_run_at", "jobs", ["status", "next_run_at"])


def create_audit_events() -> None:
    op.create_table(
        "audit_events",
        sa.Column("id", ID, nullable=False),
        sa.Column("timestamp", MOMENT, nullable=False),
        sa.Column("user_sub", sa.String(255), nullable=False),
        sa.Column("user_email", sa.String(255)),
        sa.Column("user_role", sa.String(32), nullable=False),
        sa.Column("device_id", ID),
        sa.Column("environment", sa.String(32)),
        sa.Column("action", sa.String(64), nullable=False),
        sa.Column("tool_name", sa.String(128), nullable=False),
        sa.Column("tool_tier", sa.String(32), nullable=False),
        sa.Column("plan_id", ID),
        sa.Column("job_id", ID),
        sa.Column("request_id", sa.String(128)),
        sa.Column("result", sa.String(32), nullable=False),
        sa.Column("metadata", JSON, server_default=OBJECT, nullable=False),
        sa.Column("error_message", sa.Text()),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("previous_mac", sa.String(128), server_default="", nullable=False),
        sa.Column("mac", sa.String(128), server_default="", nullable=False),
        *kept_moments(),
        one_of("audit_events", "result", "SUCCESS", "FAILURE", "ATTEMPT"),
        sa.ForeignKeyConstraint(
            ["device_id"], ["devices.id"], name=op.f("fk_audit_events_devices"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_events")),
        sa.UniqueConstraint("sequence", name=op.f("uq_audit_events_sequence")),
    )
    op.create_index("idx_audit_events_device_id", "audit_events", ["device_id"])
    op.create_index("idx_audit_events_plan_id", "audit_events", ["plan_id"])
    op.create_index("idx_audit_events_request_id", "audit_events", ["request_id"])
    op.create_index("idx_audit_events_result", "audit_events", ["result"])
    op.create_index("idx_audit_events_timestamp_id", "audit_events", ["timestamp", "id"])
    op.create_index("idx_audit_events_tool_name", "audit_events", ["tool_name"])
    op.create_index("idx_audit_events_user_sub_action", "audit_events", ["user_sub", "action"])


def create_audit_retention() -> None:
    op.create_table(
        "audit_retention",
        sa.Column("id", ID, nullable=False),
        sa.Column("prune_before", MOMENT),
        *kept_moments(),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_retention")),
    )


def create_users() -> None:
    op.create_table(
        "users",
        sa.Column("id", ID, nullable=False),
        sa.Column("name", NAME, nullable=False),
        sa.Column("role", sa.String(32), nullable=False),
        sa.Column("passphrase_hash", sa.Text(), nullable=False),
        sa.Column("email", sa.String(255)),
        sa.Column("active", sa.Boolean(), server_default=TRUE, nullable=False),
        sa.Column("failed_attempts", sa.Integer(), server_default=ZERO, nullable=False),
        sa.Column("locked_until", MOMENT),
        *kept_moments(),
        one_of("users", "role", "read_only", "ops_rw", "admin", "approver", "auditor"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_users")),
        sa.UniqueConstraint("name", name=op.f("uq_users_name")),
    )


def keep_updated_at_on_postgresql() -> None:
    op.execute("""
        CREATE FUNCTION routeros_mcp_touch() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            NEW.updated_at := now();
            RETURN NEW;
        END $$
    """)
    for table in TABLES:
        # The trail is never updated; its own trigger sees to that.
        if table != "audit_events":
            op.execute(
                f"CREATE TRIGGER {table}_touch BEFORE UPDATE ON {table} "
                "FOR EACH ROW EXECUTE FUNCTION routeros_mcp_touch()"
            )


# The audit trail is append only. Two changes pass. A device that is removed leaves its events with device_id
# NULL, and nothing else of them changed. The retention job deletes old events: within one transaction it
# inserts a row with prune_before into audit_retention, deletes older events, and removes the row again.


def guard_audit_on_postgresql() -> None:
    op.execute("""
        CREATE FUNCTION routeros_mcp_guard_audit() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF TG_OP = 'UPDATE' AND OLD.device_id IS NOT NULL AND NEW.device_id IS NULL
                AND to_jsonb(NEW) - 'device_id' = to_jsonb(OLD) - 'device_id' THEN
                RETURN NEW;
            END IF;
            IF TG_OP = 'DELETE' THEN
                IF EXISTS (SELECT 1 FROM audit_retention WHERE OLD.timestamp < prune_before) THEN
                    RETURN OLD;
                END IF;
            END IF;
            RAISE EXCEPTION 'audit_events is append only';
        END $$
    """)
    op.execute(
        "CREATE TRIGGER audit_events_append_only BEFORE UPDATE OR DELETE ON audit_events "
        "FOR EACH ROW EXECUTE FUNCTION routeros_mcp_guard_audit()"
    )
    op.execute(
        "CREATE TRIGGER audit_events_no_truncate BEFORE TRUNCATE ON audit_events "
        "FOR EACH STATEMENT EXECUTE FUNCTION routeros_mcp_guard_audit()"
    )


def guard_audit_on_sqlite() -> None:
    columns = [column["name"] for column in sa.inspect(op.get_bind()).get_columns("audit_events")]
    same = " AND ".join(f"NEW.{name} IS OLD.{name}" for name in columns if name != "device_id")
    refuse("UPDATE", f"NOT (OLD.device_id IS NOT NULL AND NEW.device_id IS NULL AND {same})")
    refuse("DELETE", "NOT EXISTS (SELECT 1 FROM audit_retention WHERE OLD.timestamp < prune_before)")
    # INSERT OR REPLACE deletes the row in its way without asking the trigger above.
    refuse("INSERT", "EXISTS (SELECT 1 FROM audit_events WHERE id = NEW.id OR sequence = NEW.sequence)")


def refuse(event: str, condition: str) -> None:
    op.execute(
        f"CREATE TRIGGER audit_events_no_{event.lower()} BEFORE {event} ON audit_events WHEN {condition} "
        "BEGIN SELECT RAISE(ABORT, 'audit_events is append only'); END"
    )
