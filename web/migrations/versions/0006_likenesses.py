"""By what similar cases are found: keyed marks with one index."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

import hotline.db

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "likenesses",
        sa.Column("case_id", sa.BigInteger(), nullable=False),
        sa.Column("received_at", hotline.db.Instant(timezone=True), nullable=False),
        sa.Column("marks", postgresql.ARRAY(sa.Integer()), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_likenesses_case_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("case_id", name=op.f("pk_likenesses")),
    )
    op.create_index("ix_likenesses_marks", "likenesses", ["marks"], postgresql_using="gin")


def downgrade() -> None:
    op.drop_table("likenesses")
