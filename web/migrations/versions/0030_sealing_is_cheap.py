"""Whether only the seal of a history row changes is seen by comparing the rows as they are, not as JSON."""

from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None

HISTORY = """
CREATE OR REPLACE FUNCTION history_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
{declared}BEGIN
  {sealing}
  IF TG_OP = 'UPDATE' AND NEW.words = '' AND to_jsonb(NEW) - 'words' = to_jsonb(OLD) - 'words'
     AND EXISTS (SELECT 1 FROM cases WHERE id = OLD.case_id AND anonymised_at IS NOT NULL) THEN
    RETURN NEW;  -- the retention period is over: the words go, their digest and the chain stay
  END IF;
  RAISE EXCEPTION 'history is append-only';
END $$;
"""
AS_THEY_ARE = """IF TG_OP = 'UPDATE' AND OLD.seal IS NULL AND NEW.seal IS NOT NULL THEN
    sealed := OLD;
    sealed.seal := NEW.seal;
    IF NEW *= sealed THEN
      RETURN NEW;
    END IF;
  END IF;"""
AS_JSON = """IF TG_OP = 'UPDATE' AND OLD.seal IS NULL AND NEW.seal IS NOT NULL
     AND to_jsonb(NEW) - 'seal' = to_jsonb(OLD) - 'seal' THEN
    RETURN NEW;
  END IF;"""


def upgrade() -> None:
    op.execute(HISTORY.format(declared="DECLARE\n  sealed history%ROWTYPE;\n", sealing=AS_THEY_ARE))


def downgrade() -> None:
    op.execute(HISTORY.format(declared="", sealing=AS_JSON))
