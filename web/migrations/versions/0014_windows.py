"""Windows of the halls, and reviews of what was done at them."""

import sqlalchemy as sa
from alembic import op

import hotline.db
import hotline.privacy

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "windows",
        *(sa.Column(name, sa.String(), nullable=False) for name in ("code", "name", "department", "item")),
        sa.Column("active", sa.Boolean(), server_default="true", nullable=False),
        sa.Column("made_by", sa.String(), nullable=False),
        sa.Column("made_at", hotline.db.Instant(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_windows")),
    )
    op.create_table(
        "window_reviews",
        sa.Column("id", sa.BigInteger(), autoincrement=True, nullable=False),
        *(sa.Column(name, sa.String(), nullable=False) for name in ("nonce", "window", "department", "item")),
        sa.Column("level", sa.BigInteger(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("anonymous", sa.Boolean(), nullable=False),
        sa.Column("words", hotline.privacy.Sealed(), nullable=False),
        sa.Column("phone", hotline.privacy.Sealed(), nullable=False),
        sa.Column("at", hotline.db.Instant(timezone=True), nullable=False),
        sa.Column("case_number", sa.String(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(["window"], ["windows.code"], name=op.f("fk_window_reviews_window")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_window_reviews")),
        sa.UniqueConstraint("nonce", name=op.f("uq_window_reviews_nonce")),
    )
    op.create_index("ix_window_reviews_at", "window_reviews", ["at"])


def downgrade() -> None:
    op.drop_table("window_reviews")
    op.drop_table("windows")
