"""Appeals against reviews, reviews that left the rates, and what could not be got done."""

import sqlalchemy as sa
from alembic import op

import hotline.db
import hotline.privacy

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None
WIDER = (("ix_revisits_at", "revisits", ["reached", "solved", "satisfaction", "case_id"]), ("ix_ratings_at", "ratings", ["level", "case_id"]))


def _at(name: str, *, nullable: bool = True) -> sa.Column:
    return sa.Column(name, hotline.db.Instant(timezone=True), nullable=nullable)


def _text(name: str, *, default: str | None = None) -> sa.Column:
    return sa.Column(name, sa.String(), server_default=default, nullable=False)


def _sealed(name: str) -> sa.Column:
    return sa.Column(name, hotline.privacy.Sealed(), nullable=False)


def _head(table: str) -> list:
    return [
        sa.Column("id", sa.BigInteger(), autoincrement=True, nullable=False),
        sa.Column("case_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f(f"fk_{table}_case_id")),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
    ]


def upgrade() -> None:
    op.add_column("cases", _text("stuck", default=""))
    op.create_table(
        "appeals", *_head("appeals"),
        sa.Column("round", sa.BigInteger(), nullable=False), _text("department"), _text("by"), _at("at", nullable=False),
        _text("claim"), _sealed("reason"), _sealed("evidence"), _at("decided_at"), _text("decided_by", default=""),
        sa.Column("upheld", sa.Boolean()), _sealed("verdict_reason"), _at("ended_at"), _text("approved_by", default=""),
        sa.Column("granted", sa.Boolean()),
        sa.UniqueConstraint("case_id", "round", name=op.f("uq_appeals_case_id_round")),
    )
    op.create_index("ix_appeals_open", "appeals", ["id"], postgresql_where=sa.text("ended_at IS NULL"))
    op.create_table(
        "exclusions", *_head("exclusions"),
        sa.Column("round", sa.BigInteger(), nullable=False), _text("department"), _text("why"), _text("found_by"),
        _text("approved_by"), _at("at", nullable=False),
        sa.Column("appealed", sa.Boolean(), server_default="false", nullable=False),
        sa.UniqueConstraint("case_id", "round", name=op.f("uq_exclusions_case_id_round")),
    )
    op.create_table(
        "stuck_matters", *_head("stuck_matters"),
        _text("grade"), _text("item"), _sealed("story"), _text("by"), _at("at", nullable=False), _at("settled_at"),
        _text("settled_by", default=""), _text("result", default=""), _sealed("explanation"), _text("referred_to", default=""),
    )
    op.create_index("ix_stuck_matters_case", "stuck_matters", ["case_id", "id"])
    op.create_index("ix_stuck_matters_open", "stuck_matters", ["id"], postgresql_where=sa.text("settled_at IS NULL"))
    op.execute(
        "INSERT INTO exclusions (case_id, round, department, why, found_by, approved_by, at) "
        "SELECT case_id, (facts->>'round')::bigint, facts->>'lead', coalesce(verdict, ''), verdict_by, actor, at FROM ("
        "  SELECT DISTINCT ON (h.case_id, h.facts->>'round') h.*, c.verdict, c.verdict_by FROM history h "
        "  JOIN cases c ON c.id = h.case_id WHERE h.action = 'approve_verdict' AND h.facts @> '{\"excluded\": true}' "
        "  ORDER BY h.case_id, h.facts->>'round', h.seq DESC) approved"
    )
    for name, table, carried in WIDER:
        op.drop_index(name, table_name=table)
        op.create_index(name, table, ["at"], postgresql_include=[*carried, "round"])


def downgrade() -> None:
    for name, table, carried in WIDER:
        op.drop_index(name, table_name=table)
        op.create_index(name, table, ["at"], postgresql_include=carried)
    for table in ("stuck_matters", "exclusions", "appeals"):
        op.drop_table(table)
    op.drop_column("cases", "stuck")
