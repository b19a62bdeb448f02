"""Rates are counted by index: covering indexes on the moments they count by, partial ones for rare or open rows."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

CLOCK = ["started_at", "due_at", "stopped_at", "outcome", "extended", "department", "case_id"]
INDEXES = (  # name, table, columns, carried along, only where
    ("ix_cases_lead_of", "cases", ["id"], ["lead"], None),
    ("ix_cases_received", "cases", ["received_at"], ["area", "category"], None),
    ("ix_alarms_untaken", "alarms", ["id"], None, "taken_at IS NULL"),
    ("ix_clocks_due", "clocks", ["clock", "due_at"], CLOCK, None),
    ("ix_clocks_start", "clocks", ["clock", "started_at"], CLOCK,
     "clock IN ('sign', 'rectification', 'rectification_complex')"),
    ("ix_clocks_stop", "clocks", ["clock", "stopped_at"], CLOCK, "clock = 'forward'"),
    ("ix_clocks_late", "clocks", ["clock", "due_at", "id"], None, "stopped_at IS NULL OR stopped_at > due_at"),
    ("ix_assignments_sent", "assignments", ["sent_at"], ["again", "department"], None),
    ("ix_assignments_delivered", "assignments", ["delivered_at"], ["department"], None),
    ("ix_assignments_returned", "assignments", ["returned_at"], ["department"], "returned_at IS NOT NULL"),
    ("ix_revisits_at", "revisits", ["at"], ["reached", "solved", "satisfaction", "case_id"], None),
    ("ix_ratings_at", "ratings", ["at"], ["level", "case_id"], None),
    ("ix_replies_at", "replies", ["at"], ["department"], None),
    ("ix_history_accepted", "history", ["at"], ["case_id"], "facts @> '{\"accepted\": true}'"),
    ("ix_history_direct", "history", ["at"], ["case_id"], "facts @> '{\"direct\": true}'"),
    ("ix_history_closed", "history", ["at"], ["case_id"], "facts @> '{\"closed\": true, \"round\": 1}'"),
    ("ix_history_closed_again", "history", ["at"], ["case_id"],
     "facts @> '{\"closed\": true}' AND NOT facts @> '{\"round\": 1}'"),
    ("ix_history_arbitrate", "history", ["at"], ["case_id"], "action = 'arbitrate'"),
)
BEFORE = (
    ("ix_clocks_due", "clocks", ["clock", "due_at"]),
    ("ix_revisits_at", "revisits", ["at"]),
    ("ix_ratings_at", "ratings", ["at"]),
)


def upgrade() -> None:
    for name, table, _ in BEFORE:
        op.drop_index(name, table_name=table)
    for name, table, columns, carried, where in INDEXES:
        op.create_index(name, table, columns, postgresql_include=carried or [], postgresql_where=where and sa.text(where))


def downgrade() -> None:
    for name, table, *_ in reversed(INDEXES):
        op.drop_index(name, table_name=table)
    for name, table, columns in BEFORE:
        op.create_index(name, table, columns)
