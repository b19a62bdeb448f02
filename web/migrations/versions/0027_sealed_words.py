"""Free text beside the sealed words of a citizen may name him as well: it is sealed, too."""

from collections.abc import Callable

import sqlalchemy as sa
from alembic import op

from hotline import privacy

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

WORDS = {
    "cases": ("title",),
    "assignments": ("opinion",),
    "requests": ("reason", "verdict_reason"),
    "replies": ("facts", "reason"),
    "callbacks": ("result",),
}
PIECE = 2000


def _turned(table: sa.TableClause, columns: tuple[str, ...], turn: Callable[[str], str]) -> None:
    """Write the columns of every row anew, a piece at a time; what is empty stays empty."""
    connection, last = op.get_bind(), 0
    ahead = sa.select(table).order_by(table.c.id).limit(PIECE)
    values = {column: sa.bindparam(f"new_{column}") for column in columns}
    change = sa.update(table).where(table.c.id == sa.bindparam("row")).values(values)
    while rows := connection.execute(ahead.where(table.c.id > last)).mappings().all():
        told = [{f"new_{c}": turn(row[c]) if row[c] else row[c] for c in columns} | {"row": row["id"]} for row in rows]
        connection.execute(change, told)
        last = rows[-1]["id"]


def _all(turn: Callable[[str], str]) -> None:
    for name, columns in WORDS.items():
        table = sa.table(name, sa.column("id", sa.BigInteger), *(sa.column(column, sa.Text) for column in columns))
        _turned(table, columns, turn)


def upgrade() -> None:
    for name, columns in WORDS.items():
        for column in columns:
            op.alter_column(name, column, type_=sa.Text)
    _all(privacy.encrypt)


def downgrade() -> None:
    _all(privacy.decrypt)
    for name, columns in WORDS.items():
        for column in columns:
            op.alter_column(name, column, type_=sa.String)
