"""What the review sent back is counted by an index of its own."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        "ix_history_send_back",
        "history",
        ["at"],
        postgresql_include=["case_id"],
        postgresql_where=sa.text("action = 'send_back'"),
    )


def downgrade() -> None:
    op.drop_index("ix_history_send_back", "history")
