"""Experience officers with their reports, and departments' requests to change the item catalogue."""

import sqlalchemy as sa
from alembic import op

import hotline.db
import hotline.privacy

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def _texts(*names: str, default: str | None = None) -> list[sa.Column]:
    return [sa.Column(name, sa.String(), server_default=default, nullable=False) for name in names]


def _sealed(*names: str) -> list[sa.Column]:
    return [sa.Column(name, hotline.privacy.Sealed(), nullable=False) for name in names]


def _at(*names: str, nullable: bool = True) -> list[sa.Column]:
    return [sa.Column(name, hotline.db.Instant(timezone=True), nullable=nullable) for name in names]


def _id(table: str) -> list:
    number = sa.Column("id", sa.BigInteger(), autoincrement=True, nullable=False)
    return [number, sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}"))]


def upgrade() -> None:
    op.create_table(
        "officers", *_id("officers"), *_texts("name", "house"), *_sealed("phone"),
        sa.Column("active", sa.Boolean(), server_default="true", nullable=False),
        *_texts("made_by"), *_at("made_at", nullable=False),
    )
    op.create_table(
        "experiences", *_id("experiences"),
        sa.Column("officer", sa.BigInteger(), nullable=False), *_texts("stage"),
        sa.Column("turn", sa.BigInteger(), server_default="1", nullable=False), sa.Column("day", sa.Date(), nullable=False),
        *_texts("department", "item"), sa.Column("level", sa.BigInteger(), nullable=False), *_sealed("story"),
        *_texts("made_by"), *_at("made_at", nullable=False), *_sealed("problem"), *_texts("summed_by", default=""),
        *_at("summed_at", "due_at", "urged_at"), *_sealed("answer"), *_texts("answered_by", default=""),
        *_at("answered_at"), *_sealed("feedback"), sa.Column("content", sa.Boolean()),
        *_texts("fed_back_by", default=""), *_at("fed_back_at"),
        sa.ForeignKeyConstraint(["officer"], ["officers.id"], name=op.f("fk_experiences_officer")),
    )
    op.create_index("ix_experiences_stage", "experiences", ["stage", "id"])
    op.create_index("ix_experiences_department", "experiences", ["department", "id"])
    op.create_index(
        "ix_experiences_due", "experiences", ["due_at"],
        postgresql_where=sa.text("stage = 'rectifying' AND urged_at IS NULL"),
    )
    op.create_table(
        "item_requests", *_id("item_requests"), *_texts("what", "state", "department", "by"), *_at("at", nullable=False),
        *_texts("code", "title", "body", "reason"), *_texts("decided_by", default=""), *_at("decided_at"),
        *_texts("note", "published_by", default=""), *_at("published_at"),
    )
    op.create_index("ix_item_requests_state", "item_requests", ["state", "id"])
    op.create_index("ix_item_requests_of", "item_requests", ["department", "id"])


def downgrade() -> None:
    for table in ("item_requests", "experiences", "officers"):
        op.drop_table(table)
