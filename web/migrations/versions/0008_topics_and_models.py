"""Hot topics of a day, and the classifier's models that were proposed."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

import hotline.db

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "topic_days",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("made_at", hotline.db.Instant(timezone=True), nullable=False),
        sa.Column("looked_at", sa.BigInteger(), nullable=False),
        sa.Column("topics", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.PrimaryKeyConstraint("day", name=op.f("pk_topic_days")),
    )
    op.create_table(
        "model_switches",
        sa.Column("id", sa.BigInteger(), autoincrement=True, nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("proposed_at", hotline.db.Instant(timezone=True), nullable=False),
        sa.Column("compared", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("state", sa.String(), server_default="proposed", nullable=False),
        sa.Column("by", sa.String(), server_default="", nullable=False),
        sa.Column("at", hotline.db.Instant(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_model_switches")),
        sa.UniqueConstraint("name", name=op.f("uq_model_switches_name")),
    )


def downgrade() -> None:
    op.drop_table("model_switches")
    op.drop_table("topic_days")
