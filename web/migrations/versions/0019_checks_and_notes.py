"""Checks of bad ratings of calls, notes of the shift leader, tags of a call."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

import hotline.db
import hotline.privacy

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Three tables and a column."""
    tags = sa.Column("tags", postgresql.JSONB(), server_default=sa.text("'[]'::jsonb"), nullable=False)
    op.add_column("calls", tags)
    op.create_table(
        "call_checks",
        sa.Column("id", sa.BigInteger(), autoincrement=True, nullable=False),
        sa.Column("call", sa.String(), nullable=False),
        sa.Column("level", sa.BigInteger(), nullable=False),
        sa.Column("at", hotline.db.Instant(timezone=True), nullable=False),
        sa.Column("due_at", hotline.db.Instant(timezone=True), nullable=False),
        sa.Column("explain", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("verdict", sa.String(), server_default="", nullable=False),
        sa.Column("words", hotline.privacy.Sealed(), nullable=False),
        sa.Column("by", sa.String(), server_default="", nullable=False),
        sa.Column("done_at", hotline.db.Instant(timezone=True), nullable=True),
        sa.Column("told_at", hotline.db.Instant(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_call_checks")),
        sa.UniqueConstraint("call", name=op.f("uq_call_checks_call")),
    )
    still = sa.text("state = 'open'")
    op.create_index("ix_call_checks_open", "call_checks", ["due_at", "id"], postgresql_where=still)
    op.create_table(
        "shift_notes",
        sa.Column("id", sa.BigInteger(), autoincrement=True, nullable=False),
        sa.Column("at", hotline.db.Instant(timezone=True), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("to", sa.String(), server_default="", nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("until", hotline.db.Instant(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shift_notes")),
    )
    op.create_index("ix_shift_notes_until", "shift_notes", ["until"])
    op.create_table(
        "shift_notes_read",
        sa.Column("note", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("user", sa.String(), nullable=False),
        sa.Column("at", hotline.db.Instant(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("note", "user", name=op.f("pk_shift_notes_read")),
    )


def downgrade() -> None:
    """And back."""
    for name in ("shift_notes_read", "shift_notes", "call_checks"):
        op.drop_table(name)
    op.drop_column("calls", "tags")
