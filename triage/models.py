"""What people corrected, kept as examples for the next training, and by what similar cases are found."""

import datetime as dt
from typing import Any

from sqlalchemy import ForeignKey, Index, Integer
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from hotline.db import Base
from hotline.privacy import Sealed


class Example(Base):
    """One corrected label; the text may hold personal data and is sealed."""

    __tablename__ = "examples"

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[dt.datetime]
    case_number: Mapped[str] = mapped_column(index=True)
    text: Mapped[str] = mapped_column(Sealed)
    suggested: Mapped[str]
    label: Mapped[str]
    department: Mapped[str] = mapped_column(default="", server_default="")
    source: Mapped[str]
    weight: Mapped[float] = mapped_column(default=1.0)


class Likeness(Base):
    """By what a case is found when another one is like it: keyed hashes (`triage.alike`), no words."""

    __tablename__ = "likenesses"
    __table_args__ = (Index("ix_likenesses_marks", "marks", postgresql_using="gin"),)

    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id", ondelete="CASCADE"), primary_key=True)
    received_at: Mapped[dt.datetime]
    marks: Mapped[list[int]] = mapped_column(ARRAY(Integer))


class TopicDay(Base):
    """The hot topics as reckoned for a day (Asia/Shanghai): numbers, words and case numbers, no citizen's text."""

    __tablename__ = "topic_days"

    day: Mapped[dt.date] = mapped_column(primary_key=True)
    made_at: Mapped[dt.datetime]
    looked_at: Mapped[int]
    topics: Mapped[list[Any]]


class ModelSwitch(Base):
    """A model that was proposed, and what became of it: who switched it on or back, and when."""

    __tablename__ = "model_switches"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    proposed_at: Mapped[dt.datetime]
    compared: Mapped[dict[str, Any]]
    state: Mapped[str] = mapped_column(default="proposed", server_default="proposed")
    by: Mapped[str] = mapped_column(default="", server_default="")
    at: Mapped[dt.datetime | None]
