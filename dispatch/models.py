"""The dispatch catalogue as tables."""

import datetime as dt

from sqlalchemy import Text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from hotline.db import Base


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

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[dt.datetime]
    code: Mapped[str]
    text: Mapped[str]
    case_number: Mapped[str] = mapped_column(default="")
    taken_by: Mapped[str] = mapped_column(default="", server_default="")
    taken_at: Mapped[dt.datetime | None]
