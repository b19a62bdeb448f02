"""Old recordings are found by an index of those that are still there."""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_calls_recorded", "calls", ["invite_at"], postgresql_where=sa.text("recording <> ''"))


def downgrade() -> None:
    op.drop_index("ix_calls_recorded", table_name="calls")
