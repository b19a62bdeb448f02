"""An example knows the department a person decided for."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("examples", sa.Column("department", sa.String(), server_default="", nullable=False))


def downgrade() -> None:
    op.drop_column("examples", "department")
