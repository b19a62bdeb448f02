"""Deliveries to departments' own systems: tries and the next one."""

import sqlalchemy as sa
from alembic import op

import hotline.db

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("assignments", sa.Column("tries", sa.BigInteger(), server_default="0", nullable=False))
    op.add_column("assignments", sa.Column("next_try_at", hotline.db.Instant(timezone=True), nullable=True))
    op.create_index(
        "ix_assignments_to_send", "assignments", ["next_try_at"], postgresql_where=sa.text("status = 'sent'")
    )


def downgrade() -> None:
    op.drop_index("ix_assignments_to_send", table_name="assignments")
    op.drop_column("assignments", "next_try_at")
    op.drop_column("assignments", "tries")
