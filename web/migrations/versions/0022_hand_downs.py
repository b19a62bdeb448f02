"""Cases that departments handed down to units of their own, with inner deadlines."""

import sqlalchemy as sa
from alembic import op

import hotline.db

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    moment = hotline.db.Instant(timezone=True)
    op.create_table(
        "hand_downs",
        sa.Column("id", sa.BigInteger(), autoincrement=True, nullable=False),
        sa.Column("case_id", sa.BigInteger(), nullable=False),
        sa.Column("round", sa.BigInteger(), nullable=False),
        *(sa.Column(name, sa.String(), nullable=False) for name in ("department", "unit", "by")),
        sa.Column("at", moment, nullable=False),
        sa.Column("due_at", moment, nullable=True),
        sa.Column("told_at", moment, nullable=True),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_hand_downs_case_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hand_downs")),
    )
    op.create_index(op.f("ix_hand_downs_case_id"), "hand_downs", ["case_id"])
    due = sa.text("told_at IS NULL AND due_at IS NOT NULL")
    op.create_index("ix_hand_downs_due", "hand_downs", ["due_at"], postgresql_where=due)


def downgrade() -> None:
    op.drop_table("hand_downs")
