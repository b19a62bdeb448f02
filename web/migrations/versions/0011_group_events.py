"""The house a returner names instead of his own is kept; the cases merged into one are found by it."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("requests", sa.Column("suggest", sa.String(), server_default="", nullable=False))
    op.create_index("ix_cases_parent", "cases", ["parent"], postgresql_where=sa.text("parent <> ''"))


def downgrade() -> None:
    op.drop_index("ix_cases_parent", "cases")
    op.drop_column("requests", "suggest")
