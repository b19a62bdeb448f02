"""Knowledge articles and their revisions."""

import datetime as dt

from sqlalchemy import Index, UniqueConstraint
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


class ItemRequest(Base):
    """A department asks for a change of the item catalogue: asked, confirmed by the centre, published; or refused."""

    __tablename__ = "item_requests"
    __table_args__ = (Index("ix_item_requests_state", "state", "id"), Index("ix_item_requests_of", "department", "id"))

    id: Mapped[int] = mapped_column(primary_key=True)
    what: Mapped[str]
    state: Mapped[str]
    department: Mapped[str]
    by: Mapped[str]
    at: Mapped[dt.datetime]
    code: Mapped[str]
    title: Mapped[str]
    body: Mapped[str]
    reason: Mapped[str]
    decided_by: Mapped[str] = mapped_column(default="", server_default="")
    decided_at: Mapped[dt.datetime | None]
    note: Mapped[str] = mapped_column(default="", server_default="")
    published_by: Mapped[str] = mapped_column(default="", server_default="")
    published_at: Mapped[dt.datetime | None]
