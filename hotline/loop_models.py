"""The tables of the small loops around a case: appeals, reviews that left the rates, what could not be got done."""

import datetime as dt

from sqlalchemy import ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from hotline.db import Base
from hotline.privacy import Sealed


class Appeal(Base):
    """A department's head holds a review for mistaken or malicious; `round` is the service that was reviewed."""

    __tablename__ = "appeals"
    __table_args__ = (
        UniqueConstraint("case_id", "round"),
        Index("ix_appeals_open", "id", postgresql_where=text("ended_at IS NULL")),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"))
    round: Mapped[int]
    department: Mapped[str]
    by: Mapped[str]
    at: Mapped[dt.datetime]
    claim: Mapped[str]
    reason: Mapped[str] = mapped_column(Sealed)
    evidence: Mapped[str] = mapped_column(Sealed)
    decided_at: Mapped[dt.datetime | None]
    decided_by: Mapped[str] = mapped_column(default="", server_default="")
    upheld: Mapped[bool | None]
    verdict_reason: Mapped[str] = mapped_column(Sealed, default="")
    ended_at: Mapped[dt.datetime | None]
    approved_by: Mapped[str] = mapped_column(default="", server_default="")
    granted: Mapped[bool | None]


class Exclusion(Base):
    """A review that leaves the rates: why, who found it, and the second person who approved it (rules.md §4)."""

    __tablename__ = "exclusions"
    __table_args__ = (UniqueConstraint("case_id", "round"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"))
    round: Mapped[int]
    department: Mapped[str]
    why: Mapped[str]
    found_by: Mapped[str]
    approved_by: Mapped[str]
    at: Mapped[dt.datetime]
    appealed: Mapped[bool] = mapped_column(default=False, server_default="false")


class StuckMatter(Base):
    """办不成事: what could not be got done, of which grade, and how it ended (rules.md §8)."""

    __tablename__ = "stuck_matters"
    __table_args__ = (
        Index("ix_stuck_matters_case", "case_id", "id"),
        Index("ix_stuck_matters_open", "id", postgresql_where=text("settled_at IS NULL")),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"))
    grade: Mapped[str]
    item: Mapped[str]
    story: Mapped[str] = mapped_column(Sealed)
    by: Mapped[str]
    at: Mapped[dt.datetime]
    settled_at: Mapped[dt.datetime | None]
    settled_by: Mapped[str] = mapped_column(default="", server_default="")
    result: Mapped[str] = mapped_column(default="", server_default="")
    explanation: Mapped[str] = mapped_column(Sealed, default="")
    referred_to: Mapped[str] = mapped_column(default="", server_default="")


class HandDown(Base):
    """A department gave its case to a unit of its own; `due_at` is its inner deadline, `told_at` when it was over."""

    __tablename__ = "hand_downs"
    __table_args__ = (
        Index("ix_hand_downs_due", "due_at", postgresql_where=text("told_at IS NULL AND due_at IS NOT NULL")),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"), index=True)
    round: Mapped[int]
    department: Mapped[str]
    unit: Mapped[str]
    by: Mapped[str]
    at: Mapped[dt.datetime]
    due_at: Mapped[dt.datetime | None]
    told_at: Mapped[dt.datetime | None]
