"""Calls, who answers them, and whom we still owe a call back."""

import datetime as dt

from sqlalchemy import Index, text
from sqlalchemy.orm import Mapped, mapped_column

from hotline.db import Base
from hotline.privacy import Sealed


class Call(Base):
    """One call offered to the hotline, with all its stamps (rules.md §6). `exit` names why it left the queue."""

    __tablename__ = "calls"
    __table_args__ = (
        Index("ix_calls_invite", "invite_at", "id"),
        Index("ix_calls_waiting", "queue_at", postgresql_where=text("state = 'waiting'")),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    state: Mapped[str]
    caller: Mapped[str] = mapped_column(Sealed)
    caller_index: Mapped[str] = mapped_column(index=True)
    connector: Mapped[str] = mapped_column(default="")
    invite_at: Mapped[dt.datetime]
    answer_at: Mapped[dt.datetime | None]
    notice_end_at: Mapped[dt.datetime | None]
    queue_at: Mapped[dt.datetime | None]
    offer_at: Mapped[dt.datetime | None]
    agent_answer_at: Mapped[dt.datetime | None]
    hangup_at: Mapped[dt.datetime | None]
    agent: Mapped[str] = mapped_column(default="", server_default="")
    token: Mapped[str] = mapped_column(default="", server_default="")
    exit: Mapped[str] = mapped_column(default="", server_default="")
    rating: Mapped[int | None]
    recording: Mapped[str] = mapped_column(default="", server_default="")
    sha256: Mapped[str] = mapped_column(default="", server_default="")
    case_number: Mapped[str] = mapped_column(default="", server_default="")


class AgentSeat(Base):
    """An agent's own status (ready, break, wrap_up, off) apart from the machine's state of his phone."""

    __tablename__ = "agent_seats"

    user: Mapped[str] = mapped_column(primary_key=True)
    status: Mapped[str]
    reason: Mapped[str] = mapped_column(default="", server_default="")
    since: Mapped[dt.datetime]
    state: Mapped[str]
    call: Mapped[str] = mapped_column(default="", server_default="")
    token: Mapped[str] = mapped_column(default="", server_default="")
    idle_since: Mapped[dt.datetime]
    not_before: Mapped[dt.datetime | None]
    missed: Mapped[int] = mapped_column(default=0, server_default="0")


class Callback(Base):
    """Somebody to whom nobody has spoken yet: he is called back (rules.md §6)."""

    __tablename__ = "callbacks"

    id: Mapped[int] = mapped_column(primary_key=True)
    call: Mapped[str] = mapped_column(unique=True)
    caller: Mapped[str] = mapped_column(Sealed)
    caller_index: Mapped[str] = mapped_column(index=True)
    reason: Mapped[str]
    created_at: Mapped[dt.datetime]
    case_number: Mapped[str] = mapped_column(default="", server_default="")
    state: Mapped[str] = mapped_column(default="open", server_default="open", index=True)
    done_by: Mapped[str] = mapped_column(default="", server_default="")
    done_at: Mapped[dt.datetime | None]
    result: Mapped[str] = mapped_column(default="", server_default="")


class EventSeen(Base):
    """A connector's event that was taken: a redelivery does nothing."""

    __tablename__ = "call_events_seen"

    id: Mapped[str] = mapped_column(primary_key=True)
