"""Jobs that outlive their process: fences, leases of devices, heartbeats of workers."""

import sqlalchemy as sa

from alembic import op

revision = "20261122_3"
down_revision = "20261122_2"
branch_labels = None
depends_on = None

ID = sa.String(64)
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.add_column("jobs", sa.Column("fence", sa.BigInteger(), server_default=sa.text("0"), nullable=False))
    create("workers", sa.Column("host", sa.String(255), nullable=False), moment("seen_at"))
    create(
        "device_leases",
        sa.Column("job_id", ID, nullable=False),
        sa.Column("owner", sa.String(255), nullable=False),
        sa.Column("fence", sa.BigInteger(), nullable=False),
        moment("expires_at"),
    )
    op.create_index("idx_device_leases_job_id", "device_leases", ["job_id"])


def downgrade() -> None:
    op.drop_table("device_leases")
    op.drop_table("workers")
    op.drop_column("jobs", "fence")


def create(table: str, *columns: sa.Column) -> None:
    now = "now()" if on_postgresql() else "(strftime('%Y-%m-%d %H:%M:%f000', 'now'))"
    op.create_table(
        table,
        sa.Column("id", ID, nullable=False),
        *columns,
        moment("created_at", server_default=sa.text(now)),
        moment("updated_at", server_default=sa.text(now)),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
    )
    if on_postgresql():
        op.execute(
            f"CREATE TRIGGER {table}_touch BEFORE UPDATE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION routeros_mcp_touch()"
        )


def moment(name: str, **options: object) -> sa.Column:
    return sa.Column(name, MOMENT, nullable=False, **options)


def on_postgresql() -> bool:
    return op.get_context().dialect.name == "postgresql"
