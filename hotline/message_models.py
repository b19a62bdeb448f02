"""The tables beside the case: messages on their way, what was handled, notices, repeated requests, drafts."""

import datetime as dt
from typing import Any

from sqlalchemy import Index, text
from sqlalchemy.orm import Mapped, mapped_column

from hotline.db import Base
from hotline.privacy import Sealed


class OutboxRow(Base):
    """An event that has to reach its handlers; written in the same commit as the step."""

    __tablename__ = "outbox"
    __table_args__ = (Index("ix_outbox_waiting", "ready_at", "id", postgresql_where=text("done_at IS NULL")),)

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    payload: Mapped[dict[str, Any]]
    created_at: Mapped[dt.datetime]
    ready_at: Mapped[dt.datetime]
    attempts: Mapped[int] = mapped_column(default=0, server_default="0")
    done_at: Mapped[dt.datetime | None]
    error: Mapped[str] = mapped_column(default="", server_default="")


class Handled(Base):
    """A handler that has already taken a message: a repeat does nothing."""

    __tablename__ = "handled"

    message_id: Mapped[int] = mapped_column(primary_key=True)
    handler: Mapped[str] = mapped_column(primary_key=True)


class Notice(Base):
    """A message inside the house to a user or to everyone of a role or department."""

    __tablename__ = "notices"
    __table_args__ = (Index("ix_notices_to", "user", "department", "role", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[dt.datetime]
    user: Mapped[str] = mapped_column(default="")
    department: Mapped[str] = mapped_column(default="")
    role: Mapped[str] = mapped_column(default="")
    case_number: Mapped[str] = mapped_column(default="")
    rung: Mapped[str] = mapped_column(default="")
    text: Mapped[str]
    read_at: Mapped[dt.datetime | None]


class SameRequest(Base):
    """An Idempotency-Key that was used: the same request twice makes one case."""

    __tablename__ = "same_requests"

    key: Mapped[str] = mapped_column(primary_key=True)
    digest: Mapped[str]
    case_id: Mapped[int]
    at: Mapped[dt.datetime]


class Draft(Base):
    """What somebody was typing; nothing typed is ever lost."""

    __tablename__ = "drafts"

    owner: Mapped[str] = mapped_column(primary_key=True)
    form: Mapped[str] = mapped_column(primary_key=True)
    body: Mapped[str] = mapped_column(Sealed)
    at: Mapped[dt.datetime]
