"""Which words stand in the newest configuration of each device, for full-text search."""

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from alembic import op

revision = "20261122_1"
down_revision = "20261121_1"
branch_labels = None
depends_on = None

ID = sa.String(64)
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    now = "now()" if on_postgresql() else "(strftime('%Y-%m-%d %H:%M:%f000', 'now'))"
    op.create_table(
        "config_words",
        sa.Column("id", ID, nullable=False),
        sa.Column("device_id", ID, nullable=False),
        sa.Column("snapshot_id", ID, nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("words", sa.Text().with_variant(postgresql.TSVECTOR(), "postgresql"), nullable=False),
        sa.Column("created_at", MOMENT, server_default=sa.text(now), nullable=False),
        sa.Column("updated_at", MOMENT, server_default=sa.text(now), nullable=False),
        sa.ForeignKeyConstraint(
            ["device_id"], ["devices.id"], name=op.f("fk_config_words_devices"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["snapshot_id"], ["snapshots.id"], name=op.f("fk_config_words_snapshots"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_config_words")),
    )
    op.create_index("uq_config_words_device_id", "config_words", ["device_id"], unique=True)
    op.create_index("idx_config_words_number", "config_words", ["number"])
    op.create_index("idx_config_words_snapshot_id", "config_words", ["snapshot_id"])
    if on_postgresql():
        index_on_postgresql()
    else:
        index_on_sqlite()


def downgrade() -> None:
    if not on_postgresql():
        op.execute("DROP TABLE config_words_fts")
    op.drop_table("config_words")


def on_postgresql() -> bool:
    return op.get_context().dialect.name == "postgresql"


def index_on_postgresql() -> None:
    op.create_index("idx_config_words_words", "config_words", ["words"], postgresql_using="gin")
    op.execute(
        "CREATE TRIGGER config_words_touch BEFORE UPDATE ON config_words "
        "FOR EACH ROW EXECUTE FUNCTION routeros_mcp_touch()"
    )


def index_on_sqlite() -> None:
    # Only which words there are is indexed, not where: the texts themselves tell that.
    op.execute(
        "CREATE VIRTUAL TABLE config_words_fts USING fts5(words, content='config_words', "
        "content_rowid='number', columnsize=0, detail=none, tokenize=\"ascii tokenchars '_'\")"
    )
    put = "INSERT INTO config_words_fts(rowid, words) VALUES (new.number, new.words);"
    drop = (
        "INSERT INTO config_words_fts(config_words_fts, rowid, words) "
        "VALUES ('delete', old.number, old.words);"
    )
    for event, steps in (("insert", put), ("delete", drop), ("update", f"{drop} {put}")):
        op.execute(
            f"CREATE TRIGGER config_words_after_{event} AFTER {event.upper()} ON config_words "
            f"BEGIN {steps} END"
        )
