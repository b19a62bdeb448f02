"""Photos and documents, the log of looks at confidential persons, and what the end of retention leaves behind."""

import sqlalchemy as sa
from alembic import op

import hotline.db
import hotline.privacy

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

LOOKS = """
CREATE FUNCTION looks_are_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'looks are append-only';
END $$;
CREATE TRIGGER looks_append_only BEFORE UPDATE OR DELETE ON looks
  FOR EACH ROW EXECUTE FUNCTION looks_are_append_only();
"""
HISTORY = """
CREATE OR REPLACE FUNCTION history_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'UPDATE' AND OLD.seal IS NULL AND NEW.seal IS NOT NULL
     AND to_jsonb(NEW) - 'seal' = to_jsonb(OLD) - 'seal' THEN
    RETURN NEW;
  END IF;
  {more}
  RAISE EXCEPTION 'history is append-only';
END $$;
"""
ERASING = """
  IF TG_OP = 'UPDATE' AND NEW.words = '' AND to_jsonb(NEW) - 'words' = to_jsonb(OLD) - 'words'
     AND EXISTS (SELECT 1 FROM cases WHERE id = OLD.case_id AND anonymised_at IS NOT NULL) THEN
    RETURN NEW;  -- the retention period is over: the words go, their digest and the chain stay
  END IF;
"""


def upgrade() -> None:
    op.add_column("cases", sa.Column("agreed_at", hotline.db.Instant(timezone=True), nullable=True))
    op.add_column("cases", sa.Column("anonymised_at", hotline.db.Instant(timezone=True), nullable=True))
    op.create_index(
        "ix_cases_kept", "cases", ["closed_at"], postgresql_where=sa.text("anonymised_at IS NULL AND closed_at IS NOT NULL")
    )
    op.add_column("callbacks", sa.Column("words", hotline.privacy.Sealed(), server_default="", nullable=False))
    op.add_column("chat_messages", sa.Column("file", sa.String(), server_default="", nullable=False))
    op.create_table(
        "attachments",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("case_id", sa.BigInteger(), nullable=True),
        sa.Column("chat_id", sa.BigInteger(), nullable=True),
        sa.Column("purpose", sa.String(), nullable=False),
        sa.Column("department", sa.String(), server_default="", nullable=False),
        sa.Column("round", sa.BigInteger(), server_default="1", nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("at", hotline.db.Instant(timezone=True), nullable=False),
        sa.Column("name", hotline.privacy.Sealed(), nullable=False),
        sa.Column("type", sa.String(), nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("file", sa.String(), nullable=False),
        sa.Column("released_by", sa.String(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_attachments_case_id")),
        sa.ForeignKeyConstraint(["chat_id"], ["chats.id"], name=op.f("fk_attachments_chat_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attachments")),
    )
    op.create_index(op.f("ix_attachments_case_id"), "attachments", ["case_id"])
    op.create_index(
        "ix_attachments_chat", "attachments", ["chat_id"], postgresql_where=sa.text("chat_id IS NOT NULL")
    )
    op.create_table(
        "looks",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("at", hotline.db.Instant(timezone=True), nullable=False),
        sa.Column("case_number", sa.String(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("department", sa.String(), server_default="", nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("words", hotline.privacy.Sealed(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_looks")),
    )
    op.create_index("ix_looks_case", "looks", ["case_number", "id"])
    op.create_index("ix_looks_by", "looks", ["by", "id"])
    op.execute(LOOKS)
    op.execute(HISTORY.format(more=ERASING))


def downgrade() -> None:
    op.execute(HISTORY.format(more=""))
    op.drop_table("looks")
    op.execute("DROP FUNCTION looks_are_append_only()")
    op.drop_table("attachments")
    op.drop_column("chat_messages", "file")
    op.drop_column("callbacks", "words")
    op.drop_index("ix_cases_kept", table_name="cases")
    op.drop_column("cases", "anonymised_at")
    op.drop_column("cases", "agreed_at")
