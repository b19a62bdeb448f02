"""What an agent answered today is read by index."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """One partial index."""
    op.create_index("ix_calls_agent", "calls", ["agent", "invite_at"], postgresql_where=sa.text("agent <> ''"))


def downgrade() -> None:
    """And back."""
    op.drop_index("ix_calls_agent", "calls")
