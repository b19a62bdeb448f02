"""Messages to the outside, and departments' e-mail addresses."""

import sqlalchemy as sa
from alembic import op

import hotline.db
import hotline.privacy

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("departments", sa.Column("mail", hotline.privacy.Sealed(), server_default="", nullable=False))
    op.create_table(
        "letters",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("way", sa.String(), nullable=False),
        sa.Column("address", hotline.privacy.Sealed(), nullable=False),
        sa.Column("text", hotline.privacy.Sealed(), nullable=False),
        sa.Column("case_number", sa.String(), nullable=False),
        sa.Column("at", hotline.db.Instant(timezone=True), nullable=False),
        sa.Column("tries", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("next_try_at", hotline.db.Instant(timezone=True), nullable=True),
        sa.Column("sent_at", hotline.db.Instant(timezone=True), nullable=True),
        sa.Column("error", sa.String(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_letters")),
        sa.UniqueConstraint("key", name=op.f("uq_letters_key")),
    )
    op.create_index("ix_letters_due", "letters", ["next_try_at"], postgresql_where=sa.text("next_try_at IS NOT NULL"))


def downgrade() -> None:
    op.drop_table("letters")
    op.drop_column("departments", "mail")
