"""Approvals in a table of their own, one row a person; those given before have to be given anew."""

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from alembic import op

revision = "20261122_5"
down_revision = "20261122_4"
branch_labels = None
depends_on = None

ID = sa.String(64)
MOMENT = sa.DateTime(timezone=True)
JSON = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")


def upgrade() -> None:
    now = "now()" if on_postgresql() else "(strftime('%Y-%m-%d %H:%M:%f000', 'now'))"
    op.create_table(
        "plan_approvals",
        sa.Column("id", ID, nullable=False),
        sa.Column("plan_id", ID, nullable=False),
        sa.Column("approver", sa.String(255), nullable=False),
        sa.Column("role", sa.String(32), nullable=False),
        sa.Column("digest", sa.String(128), nullable=False),
        sa.Column("policy_digest", sa.String(128), nullable=False),
        sa.Column("approved_at", MOMENT, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.Column("overrides", JSON, server_default=sa.text("'[]'"), nullable=False),
        sa.Column("mac", sa.String(128), nullable=False),
        sa.Column("consumed_at", MOMENT),
        sa.Column("created_at", MOMENT, server_default=sa.text(now), nullable=False),
        sa.Column("updated_at", MOMENT, server_default=sa.text(now), nullable=False),
        sa.ForeignKeyConstraint(
            ["plan_id"], ["plans.id"], name=op.f("fk_plan_approvals_plans"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plan_approvals")),
    )
    op.create_index("idx_plan_approvals_plan_id", "plan_approvals", ["plan_id"])
    if on_postgresql():
        op.execute(
            "CREATE TRIGGER plan_approvals_touch BEFORE UPDATE ON plan_approvals "
            "FOR EACH ROW EXECUTE FUNCTION routeros_mcp_touch()"
        )
    op.drop_column("plans", "approval_mac")


def downgrade() -> None:
    op.add_column("plans", sa.Column("approval_mac", sa.String(128)))
    op.drop_table("plan_approvals")


def on_postgresql() -> bool:
    return op.get_context().dialect.name == "postgresql"
