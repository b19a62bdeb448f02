"""Whether a clock that fell due is paused is counted by index."""

from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

CLOCK = ["started_at", "due_at", "stopped_at", "outcome", "extended", "department", "case_id"]


def upgrade() -> None:
    op.drop_index("ix_clocks_due", "clocks")
    op.create_index("ix_clocks_due", "clocks", ["clock", "due_at"], postgresql_include=[*CLOCK, "paused_at"])


def downgrade() -> None:
    op.drop_index("ix_clocks_due", "clocks")
    op.create_index("ix_clocks_due", "clocks", ["clock", "due_at"], postgresql_include=CLOCK)
