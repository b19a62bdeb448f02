"""Profiles and calendars in versions; every clock says what judged it."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

import hotline.db

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

APPEND_ONLY = """
CREATE FUNCTION rule_versions_are_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'a version of the rules is never changed';
END $$;
CREATE TRIGGER rule_versions_append_only BEFORE UPDATE OR DELETE ON rule_versions
  FOR EACH ROW EXECUTE FUNCTION rule_versions_are_append_only();
"""


def _instant(name: str, *, empty: bool = False) -> sa.Column:
    return sa.Column(name, hotline.db.Instant(timezone=True), nullable=empty)


def _text(name: str, **more: object) -> sa.Column:
    return sa.Column(name, sa.String(), nullable=False, **more)


def _whole(name: str, *, empty: bool = False, **more: object) -> sa.Column:
    return sa.Column(name, sa.BigInteger(), nullable=empty, **more)


def _json(name: str, default: str) -> sa.Column:
    return sa.Column(name, postgresql.JSONB(), server_default=sa.text(f"'{default}'::jsonb"), nullable=False)


def upgrade() -> None:
    op.create_table(
        "rule_versions",
        _whole("id"), _text("what"), _text("name"), _whole("number"), _text("content"), _text("reason"), _text("by"),
        _text("approved_by"), _instant("at"), _instant("valid_from"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rule_versions")),
        sa.UniqueConstraint("what", "name", "number", name=op.f("uq_rule_versions_what_name_number")),
    )
    op.execute(APPEND_ONLY)
    op.create_table(
        "rule_drafts",
        _whole("id"), _text("what"), _text("name"), _whole("base"), _text("content"), _text("reason"),
        _instant("valid_from", empty=True), _text("by"), _instant("at"), _text("state"),
        _whole("version", server_default="1"), _text("decided_by", server_default=""),
        _instant("decided_at", empty=True), _text("decision", server_default=""),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rule_drafts")),
    )
    op.create_index("ix_rule_drafts_state", "rule_drafts", ["state", "id"])
    op.create_table(
        "rule_jobs",
        _whole("id"), _text("what"), _whole("draft_id", empty=True), _text("stamp"),
        _text("against", server_default=""), _whole("total"), _whole("done", server_default="0"),
        _json("after", "[]"), _json("found", "{}"), _instant("started_at"), _instant("ended_at", empty=True),
        _text("outcome", server_default=""),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rule_jobs")),
    )
    op.create_index("ix_rule_jobs_running", "rule_jobs", ["id"], postgresql_where=sa.text("ended_at IS NULL"))
    op.create_index(op.f("ix_rule_jobs_draft_id"), "rule_jobs", ["draft_id"])
    op.add_column("clocks", _text("judged_by", server_default=""))
    op.create_index(
        "ix_clocks_judged", "clocks", ["judged_by", "case_id"], postgresql_where=sa.text("stopped_at IS NULL")
    )
    op.drop_table("judgements")


def downgrade() -> None:
    op.create_table(
        "judgements",
        _whole("id"), _instant("at"), _text("stamp"), _whole("moved"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_judgements")),
    )
    op.drop_index("ix_clocks_judged", table_name="clocks")
    op.drop_column("clocks", "judged_by")
    op.drop_table("rule_jobs")
    op.drop_table("rule_drafts")
    op.drop_table("rule_versions")
    op.execute("DROP FUNCTION rule_versions_are_append_only()")
