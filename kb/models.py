"""Knowledge articles and their revisions."""

import datetime as dt

from sqlalchemy import UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from hotline.db import Base


class Article(Base):
    """What the hotline knows and may say. States: draft, review, published, retired."""

    __tablename__ = "articles"

    code: Mapped[str] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column()
    state: Mapped[str] = mapped_column(index=True)
    title: Mapped[str]
    body: Mapped[str]
    kind: Mapped[str] = mapped_column(default="answer")
    department: Mapped[str] = mapped_column(default="")
    area: Mapped[str] = mapped_column(default="")
    effective: Mapped[dt.date | None]
    expires: Mapped[dt.date | None]
    updated_at: Mapped[dt.datetime]
    updated_by: Mapped[str] = mapped_column(default="")

    __mapper_args__ = {"version_id_col": version, "version_id_generator": False}  # noqa: RUF012 - SQLAlchemy's own spelling


class Revision(Base):
    """What an article said before, and who changed it."""

    __tablename__ = "revisions"
    __table_args__ = (UniqueConstraint("code", "version"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str]
    version: Mapped[int]
    state: Mapped[str]
    title: Mapped[str]
    body: Mapped[str]
    at: Mapped[dt.datetime]
    by: Mapped[str]
