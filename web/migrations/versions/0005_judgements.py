"""By which calendar and policy the open clocks were judged."""

import sqlalchemy as sa
from alembic import op

import hotline.db

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "judgements",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("at", hotline.db.Instant(timezone=True), nullable=False),
        sa.Column("stamp", sa.String(), nullable=False),
        sa.Column("moved", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_judgements")),
    )


def downgrade() -> None:
    op.drop_table("judgements")
