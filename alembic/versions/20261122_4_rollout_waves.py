"""Rollouts: waves, gates and baselines of devices; jobs that pause, are undone, and report."""

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from alembic import op

revision = "20261122_4"
down_revision = "20261122_3"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
FALSE, OBJECT = sa.text("false"), sa.text("'{}'")
WORDS = ("pending", "running", "success", "failed", "cancelled", "interrupted")


def upgrade() -> None:
    op.add_column("plan_devices", sa.Column("wave", sa.Integer()))
    op.add_column("plan_devices", sa.Column("baseline", JSON))
    op.add_column("plan_devices", sa.Column("gate", JSON))
    op.add_column("jobs", sa.Column("pause_requested", sa.Boolean(), server_default=FALSE, nullable=False))
    op.add_column("jobs", sa.Column("undo_requested", sa.Boolean(), server_default=FALSE, nullable=False))
    op.add_column("jobs", sa.Column("report", JSON, server_default=OBJECT, nullable=False))
    allow(*WORDS[:2], "paused", *WORDS[2:])


def downgrade() -> None:
    # An older server does not know the word; to it such a job is one that its process has left.
    op.execute("UPDATE jobs SET status = 'running' WHERE status = 'paused'")
    allow(*WORDS)
    for column in ("report", "undo_requested", "pause_requested"):
        op.drop_column("jobs", column)
    for column in ("gate", "baseline", "wave"):
        op.drop_column("plan_devices", column)


def allow(*words: str) -> None:
    listed = ", ".join(f"'{word}'" for word in words)
    with op.batch_alter_table("jobs") as jobs:
        jobs.drop_constraint(op.f("ck_jobs_status"), type_="check")
        jobs.create_check_constraint(op.f("ck_jobs_status"), f"status IN ({listed})")
