"""Numbered documents and their series."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

import hotline.db
import hotline.privacy

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "papers",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("series", sa.String(), nullable=False),
        sa.Column("year", sa.BigInteger(), nullable=False),
        sa.Column("serial", sa.BigInteger(), nullable=False),
        sa.Column("case_id", sa.BigInteger(), nullable=False),
        sa.Column("case_number", sa.String(), nullable=False),
        sa.Column("department", sa.String(), nullable=False),
        sa.Column("at", hotline.db.Instant(timezone=True), nullable=False),
        sa.Column("reached", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("text", hotline.privacy.Sealed(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_papers")),
        sa.UniqueConstraint("key", name=op.f("uq_papers_key")),
        sa.UniqueConstraint("series", "year", "serial", name=op.f("uq_papers_series_year_serial")),
    )
    op.create_index("ix_papers_department", "papers", ["department", "id"])
    op.create_index("ix_papers_case", "papers", ["case_id", "id"])
    op.create_table(
        "paper_series",
        sa.Column("series", sa.String(), nullable=False),
        sa.Column("year", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("last", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("series", "year", name=op.f("pk_paper_series")),
    )


def downgrade() -> None:
    op.drop_table("paper_series")
    op.drop_table("papers")
