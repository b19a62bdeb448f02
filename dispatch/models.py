"""Tables of dispatch: the catalogue, alarms, numbered documents, letters."""

import datetime as dt

from sqlalchemy import Index, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from hotline.db import Base
from hotline.privacy import Sealed


class CatalogueRow(Base):
    """Who is responsible for a category in an area (`*`: everywhere), and why."""

    __tablename__ = "catalogue"

    category: Mapped[str] = mapped_column(primary_key=True)
    area: Mapped[str] = mapped_column(primary_key=True)
    lead: Mapped[str]
    co: Mapped[list[str]] = mapped_column(ARRAY(Text), default=list)
    basis: Mapped[str] = mapped_column(default="")


class Fallback(Base):
    """The owner that always exists: the area's government, `*` for the whole city."""

    __tablename__ = "fallbacks"

    area: Mapped[str] = mapped_column(primary_key=True)
    department: Mapped[str]


class Alarm(Base):
    """Something a person has to look at: a broken rule, a dissolved department, a sweep that stood still."""

    __tablename__ = "alarms"
    __table_args__ = (Index("ix_alarms_untaken", "id", postgresql_where=text("taken_at IS NULL")),)

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[dt.datetime]
    code: Mapped[str]
    text: Mapped[str]
    case_number: Mapped[str] = mapped_column(default="")
    taken_by: Mapped[str] = mapped_column(default="", server_default="")
    taken_at: Mapped[dt.datetime | None]


class Paper(Base):
    """A numbered document about a case, as it was written. `key` says for what: no document is written twice."""

    __tablename__ = "papers"
    __table_args__ = (
        UniqueConstraint("series", "year", "serial"),
        Index("ix_papers_department", "department", "id"),
        Index("ix_papers_case", "case_id", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(unique=True)
    kind: Mapped[str]
    series: Mapped[str]
    year: Mapped[int]
    serial: Mapped[int]
    case_id: Mapped[int]
    case_number: Mapped[str]
    department: Mapped[str]
    at: Mapped[dt.datetime]
    reached: Mapped[list[str]] = mapped_column(ARRAY(Text), default=list)
    text: Mapped[str] = mapped_column(Sealed)


class PaperSeries(Base):
    """The last number given in a series and year."""

    __tablename__ = "paper_series"

    series: Mapped[str] = mapped_column(primary_key=True)
    year: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    last: Mapped[int]


class Letter(Base):
    """A message to the outside (SMS, e-mail): written once, sent by the courier. `key` says for what."""

    __tablename__ = "letters"
    __table_args__ = (Index("ix_letters_due", "next_try_at", postgresql_where=text("next_try_at IS NOT NULL")),)

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(unique=True)
    way: Mapped[str]
    address: Mapped[str] = mapped_column(Sealed)
    text: Mapped[str] = mapped_column(Sealed)
    case_number: Mapped[str]
    at: Mapped[dt.datetime]
    tries: Mapped[int] = mapped_column(default=0, server_default="0")
    next_try_at: Mapped[dt.datetime | None]
    sent_at: Mapped[dt.datetime | None]
    error: Mapped[str] = mapped_column(default="", server_default="")
