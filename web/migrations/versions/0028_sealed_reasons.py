"""Guidance, why an answer was sent back, and what people write about calls and callers are sealed, too."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from hotline import privacy

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None

JSON = {"cases": ("guidance", "{}"), "replies": ("sent_back", "[]")}
WORDS = {"caller_marks": "reason", "call_acts": "reason", "quality_checks": "note", "shift_notes": "text"}
SEALED = WORDS | {table: column for table, (column, _) in JSON.items()}
PIECE = 2000


def _turn(name: str, column: str, *, seal: bool) -> None:
    """Write the column of every row anew, a piece at a time; what is empty stays empty."""
    table = sa.table(name, sa.column("id", sa.BigInteger), sa.column(column, sa.Text))
    connection, last, words = op.get_bind(), 0, table.c[column]
    ahead = sa.select(table.c.id, words).where(words != "").order_by(table.c.id).limit(PIECE)
    change = sa.update(table).where(table.c.id == sa.bindparam("row")).values({column: sa.bindparam("new")})
    turn = privacy.encrypt if seal else privacy.decrypt
    while rows := connection.execute(ahead.where(table.c.id > last)).all():
        connection.execute(change, [{"new": turn(kept), "row": id_} for id_, kept in rows])
        last = rows[-1].id


def upgrade() -> None:
    for table, (column, empty) in JSON.items():
        plain = f"CASE WHEN {column} = '{empty}'::jsonb THEN '' ELSE {column}::text END"
        op.alter_column(table, column, server_default=None)
        op.alter_column(table, column, type_=sa.Text, postgresql_using=plain)
        op.alter_column(table, column, server_default="")
    for table, column in WORDS.items():
        op.alter_column(table, column, type_=sa.Text)
    for table, column in SEALED.items():
        _turn(table, column, seal=True)


def downgrade() -> None:
    for table, column in SEALED.items():
        _turn(table, column, seal=False)
    for table, column in WORDS.items():
        op.alter_column(table, column, type_=sa.String)
    for table, (column, empty) in JSON.items():
        json = f"(CASE WHEN {column} = '' THEN '{empty}' ELSE {column} END)::jsonb"
        op.alter_column(table, column, server_default=None)
        op.alter_column(table, column, type_=postgresql.JSONB, postgresql_using=json)
        op.alter_column(table, column, server_default=sa.text(f"'{empty}'::jsonb"))
