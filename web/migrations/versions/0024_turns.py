"""A deadline that was moved to a later one has rungs of its own."""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for table in ("clocks", "rungs"):
        op.add_column(table, sa.Column("turn", sa.BigInteger(), server_default="0", nullable=False))
    op.drop_constraint("uq_rungs_clock_id_rung", "rungs")
    op.create_unique_constraint("uq_rungs_clock_id_turn_rung", "rungs", ["clock_id", "turn", "rung"])


def downgrade() -> None:
    op.execute("DELETE FROM rungs WHERE turn > 0")
    op.drop_constraint("uq_rungs_clock_id_turn_rung", "rungs")
    op.create_unique_constraint("uq_rungs_clock_id_rung", "rungs", ["clock_id", "rung"])
    for table in ("rungs", "clocks"):
        op.drop_column(table, "turn")
