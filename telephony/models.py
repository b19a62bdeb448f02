"""Calls, who answers them, and whom we still owe a call back."""

import datetime as dt
from typing import Any

from sqlalchemy import Index, UniqueConstraint, false, text
from sqlalchemy.orm import Mapped, mapped_column

from hotline.db import Base
from hotline.privacy import Sealed


class Call(Base):
    """One call of the hotline, with all its stamps (rules.md §6). `exit` names why it left the queue.

    `direction` is "in", or "out" for a call we make; such a one was never offered and no rate counts it. `rank_at` is
    its place in the queue: when it joined, with its head start; `known` the facts it was reckoned from; `talk` what
    desks show of it (`inside.py`), `tags` what its agent says it was. `callback`, `purpose` and `cause` (how it ended)
    are those of a call we made.
    """

    __tablename__ = "calls"
    __table_args__ = (
        Index("ix_calls_invite", "invite_at", "id"),
        Index("ix_calls_waiting", "queue_at", postgresql_where=text("state = 'waiting'")),
        Index("ix_calls_rank", "skill_group", "rank_at", "id", postgresql_where=text("state = 'waiting'")),
        Index("ix_calls_agent", "agent", "invite_at", postgresql_where=text("agent <> ''")),
        Index("ix_calls_recorded", "invite_at", postgresql_where=text("recording <> ''")),
        Index("ix_calls_open", "connector", postgresql_where=text("state <> 'ended'")),
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
    direction: Mapped[str] = mapped_column(default="in", server_default="in")
    skill_group: Mapped[str] = mapped_column(default="", server_default="")
    rank_at: Mapped[dt.datetime | None]
    wanted_agent: Mapped[str] = mapped_column(default="", server_default="")
    known: Mapped[list[Any]] = mapped_column(default=list, server_default=text("'[]'::jsonb"))
    announced_at: Mapped[dt.datetime | None]
    talk: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default=text("'{}'::jsonb"))
    callback: Mapped[int | None]
    purpose: Mapped[str] = mapped_column(default="", server_default="")
    cause: Mapped[str] = mapped_column(default="", server_default="")
    tags: Mapped[list[Any]] = mapped_column(default=list, server_default=text("'[]'::jsonb"))


class AgentSeat(Base):
    """An agent's own status (ready, break, wrap_up, off) apart from the machine's state of his phone.

    `guest`: the call is a colleague's, who asked him in.
    """

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
    rung_at: Mapped[dt.datetime | None]
    last_call: Mapped[str] = mapped_column(default="", server_default="")
    guest: Mapped[bool] = mapped_column(default=False, server_default=false())


class Callback(Base):
    """Somebody to whom nobody has spoken yet: he is called back (rules.md §6). `rank_at`: the place he keeps;
    `words`: what he wrote where he asked for it on the web."""

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
    result: Mapped[str] = mapped_column(Sealed, default="", server_default="")
    rank_at: Mapped[dt.datetime | None]
    tries: Mapped[int] = mapped_column(default=0, server_default="0")
    words: Mapped[str] = mapped_column(Sealed, default="", server_default="")


class EventSeen(Base):
    """A connector's event that was taken: a redelivery does nothing."""

    __tablename__ = "call_events_seen"

    id: Mapped[str] = mapped_column(primary_key=True)


class CallerMark(Base):
    """What people say of a number: elderly, or a nuisance. It counts once a second person has confirmed a nuisance."""

    __tablename__ = "caller_marks"
    __table_args__ = (UniqueConstraint("caller_index", "mark"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    caller: Mapped[str] = mapped_column(Sealed)
    caller_index: Mapped[str]
    mark: Mapped[str]
    state: Mapped[str] = mapped_column(index=True)
    reason: Mapped[str] = mapped_column(Sealed)
    call: Mapped[str] = mapped_column(default="", server_default="")
    by: Mapped[str]
    at: Mapped[dt.datetime]
    decided_by: Mapped[str] = mapped_column(default="", server_default="")
    decided_at: Mapped[dt.datetime | None]


class CallAct(Base):
    """What a person did with a call or a seat beside speaking: listened, forced a status, played a recording."""

    __tablename__ = "call_acts"
    __table_args__ = (Index("ix_call_acts_agent", "agent", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[dt.datetime]
    by: Mapped[str]
    what: Mapped[str]
    call: Mapped[str] = mapped_column(default="", server_default="", index=True)
    agent: Mapped[str] = mapped_column(default="", server_default="")
    reason: Mapped[str] = mapped_column(Sealed, default="", server_default="")


class QualityCheck(Base):
    """A call drawn for quality review, and what the reviewer found; `score` 0–100 once `at` is set."""

    __tablename__ = "quality_checks"

    id: Mapped[int] = mapped_column(primary_key=True)
    call: Mapped[str] = mapped_column(unique=True)
    agent: Mapped[str] = mapped_column(index=True)
    drawn_at: Mapped[dt.datetime]
    by: Mapped[str] = mapped_column(default="", server_default="")
    at: Mapped[dt.datetime | None]
    score: Mapped[int | None]
    points: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default=text("'{}'::jsonb"))
    note: Mapped[str] = mapped_column(Sealed, default="", server_default="")


class CallCheck(Base):
    """A bad rating of a call that reviews no case: somebody speaks to the caller and finds out (rules.md §5)."""

    __tablename__ = "call_checks"
    __table_args__ = (Index("ix_call_checks_open", "due_at", "id", postgresql_where=text("state = 'open'")),)

    id: Mapped[int] = mapped_column(primary_key=True)
    call: Mapped[str] = mapped_column(unique=True)
    level: Mapped[int]
    at: Mapped[dt.datetime]
    due_at: Mapped[dt.datetime]
    explain: Mapped[str]
    state: Mapped[str]
    verdict: Mapped[str] = mapped_column(default="", server_default="")
    words: Mapped[str] = mapped_column(Sealed, default="")
    by: Mapped[str] = mapped_column(default="", server_default="")
    done_at: Mapped[dt.datetime | None]
    told_at: Mapped[dt.datetime | None]  # when supervisors were told that it is late


class ShiftNote(Base):
    """What the shift leader says to the desks: to one agent, or to all where `to` is empty; shown until `until`."""

    __tablename__ = "shift_notes"
    __table_args__ = (Index("ix_shift_notes_until", "until"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[dt.datetime]
    by: Mapped[str]
    to: Mapped[str] = mapped_column(default="", server_default="")
    text: Mapped[str] = mapped_column(Sealed)
    until: Mapped[dt.datetime]


class ShiftNoteRead(Base):
    """An agent has seen a note of the shift leader."""

    __tablename__ = "shift_notes_read"

    note: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    user: Mapped[str] = mapped_column(primary_key=True)
    at: Mapped[dt.datetime]
