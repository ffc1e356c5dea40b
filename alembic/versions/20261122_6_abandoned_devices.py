"""Plans: a device that a person has given up is `abandoned`."""

from alembic import op

revision = "20261122_6"
down_revision = "20261122_5"
branch_labels = None
depends_on = None

_BEFORE = (
    "planned", "armed", "intent", "sent", "acked", "unknown", "verified", "confirmed", "not_applied",
    "drifted", "conflict", "rolled_back", "rollback_failed", "needs_human",
)  # fmt: skip


def upgrade() -> None:
    _restate((*_BEFORE, "abandoned"))


def downgrade() -> None:
    op.execute("UPDATE plan_devices SET state = 'needs_human' WHERE state = 'abandoned'")
    _restate(_BEFORE)


def _restate(states: tuple[str, ...]) -> None:
    words = ", ".join(f"'{state}'" for state in states)
    for table in ("plan_devices", "plan_steps"):
        name = op.f(f"ck_{table}_state")
        with op.batch_alter_table(table) as batch:  # SQLite copies the table
            batch.drop_constraint(name, type_="check")
            batch.create_check_constraint(name, f"state IN ({words})")
