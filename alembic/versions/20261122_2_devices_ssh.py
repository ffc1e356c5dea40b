"""Devices: the port of their SSH service and its pinned host key."""

import sqlalchemy as sa

from alembic import op

revision = "20261122_2"
down_revision = "20261122_1"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("devices", sa.Column("ssh_port", sa.Integer()))
    op.add_column("devices", sa.Column("ssh_host_key", sa.String(128)))


def downgrade() -> None:
    op.drop_column("devices", "ssh_host_key")
    op.drop_column("devices", "ssh_port")
