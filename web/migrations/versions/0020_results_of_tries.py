"""Why a call to the citizen reached nobody."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """One column."""
    op.add_column("revisits", sa.Column("result", sa.String(), server_default="", nullable=False))


def downgrade() -> None:
    """And back."""
    op.drop_column("revisits", "result")
