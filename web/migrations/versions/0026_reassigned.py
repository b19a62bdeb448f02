"""What a verdict on a return sent elsewhere is told apart from first dispatches."""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

BY_VERDICT = """UPDATE assignments SET reassigned = true FROM history WHERE history.action = 'arbitrate'
 AND history.case_id = assignments.case_id AND history.at = assignments.sent_at
 AND history.facts ->> 'redispatched' = assignments.department"""


def upgrade() -> None:
    op.add_column("assignments", sa.Column("reassigned", sa.Boolean(), server_default="false", nullable=False))
    op.execute(BY_VERDICT)
    op.drop_index("ix_history_arbitrate", "history")
    op.drop_index("ix_assignments_sent", "assignments")
    carried = ["again", "reassigned", "status", "department"]
    op.create_index("ix_assignments_sent", "assignments", ["sent_at"], postgresql_include=carried)


def downgrade() -> None:
    op.drop_index("ix_assignments_sent", "assignments")
    op.create_index("ix_assignments_sent", "assignments", ["sent_at"], postgresql_include=["again", "department"])
    arbitrate = sa.text("action = 'arbitrate'")
    op.create_index("ix_history_arbitrate", "history", ["at"], postgresql_include=["case_id"], postgresql_where=arbitrate)
    op.drop_column("assignments", "reassigned")
