"""Named experience officers, and what became of each of their reports (体验官, rules.md §8)."""

import datetime as dt

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from hotline.db import Base
from hotline.privacy import Sealed


class Officer(Base):
    """A person who was asked to try services out, by name."""

    __tablename__ = "officers"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    house: Mapped[str]
    phone: Mapped[str] = mapped_column(Sealed, default="")
    active: Mapped[bool] = mapped_column(default=True, server_default="true")
    made_by: Mapped[str]
    made_at: Mapped[dt.datetime]


class Experience(Base):
    """One report through its four stages: 体验评价, 归纳总结, 问题整改, 回访反馈."""

    __tablename__ = "experiences"
    __table_args__ = (
        Index("ix_experiences_stage", "stage", "id"),
        Index("ix_experiences_department", "department", "id"),
        Index("ix_experiences_due", "due_at", postgresql_where=text("stage = 'rectifying' AND urged_at IS NULL")),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    officer: Mapped[int] = mapped_column(ForeignKey("officers.id"))
    stage: Mapped[str]
    turn: Mapped[int] = mapped_column(default=1, server_default="1")  # how often it was sent to be rectified
    day: Mapped[dt.date]
    department: Mapped[str]
    item: Mapped[str]
    level: Mapped[int]
    story: Mapped[str] = mapped_column(Sealed)
    made_by: Mapped[str]
    made_at: Mapped[dt.datetime]
    problem: Mapped[str] = mapped_column(Sealed, default="")
    summed_by: Mapped[str] = mapped_column(default="", server_default="")
    summed_at: Mapped[dt.datetime | None]
    due_at: Mapped[dt.datetime | None]
    urged_at: Mapped[dt.datetime | None]
    answer: Mapped[str] = mapped_column(Sealed, default="")
    answered_by: Mapped[str] = mapped_column(default="", server_default="")
    answered_at: Mapped[dt.datetime | None]
    feedback: Mapped[str] = mapped_column(Sealed, default="")
    content: Mapped[bool | None]
    fed_back_by: Mapped[str] = mapped_column(default="", server_default="")
    fed_back_at: Mapped[dt.datetime | None]
