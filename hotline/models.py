"""The tables of the case. Personal data stands in Sealed columns only."""

import datetime as dt
from typing import Any

from sqlalchemy import Boolean, ForeignKey, Index, UniqueConstraint, literal_column, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column, relationship
from sqlalchemy.types import Integer

from hotline.db import Base
from hotline.loop_models import Appeal
from hotline.privacy import Sealed, SealedJson

_NO_FACTS = text("'{}'::jsonb")
COUNTED_STEPS = {  # the history rows that rates count, each by an index of its own
    "accepted": literal_column("""history.facts @> '{"accepted": true}'""", Boolean),
    "direct": literal_column("""history.facts @> '{"direct": true}'""", Boolean),
    "closed": literal_column("""history.facts @> '{"closed": true, "round": 1}'""", Boolean),
    "closed_again": literal_column(
        """history.facts @> '{"closed": true}' AND NOT history.facts @> '{"round": 1}'""", Boolean
    ),
    "send_back": literal_column("history.action = 'send_back'", Boolean),
}


class Case(Base):
    """One matter of one citizen. `version` counts every step; the second of two writers fails."""

    __tablename__ = "cases"
    __table_args__ = (
        Index("ix_cases_state_id", "state", "id"),
        Index("ix_cases_phone", "phone_index", "id"),
        Index("ix_cases_lead", "lead", "id"),
        Index("ix_cases_lead_of", "id", postgresql_include=["lead"]),
        Index("ix_cases_received", "received_at", postgresql_include=["area", "category"]),
        Index("ix_cases_matter", "category", "area", "id"),
        Index("ix_cases_parent", "parent", postgresql_where=text("parent <> ''")),
        Index(
            "ix_cases_kept",
            "closed_at",
            postgresql_where=text("anonymised_at IS NULL AND closed_at IS NOT NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(unique=True)
    version: Mapped[int] = mapped_column()
    query_code: Mapped[str] = mapped_column(Sealed)
    state: Mapped[str]
    round: Mapped[int] = mapped_column(server_default="1", default=1)
    kind: Mapped[str]
    urgency: Mapped[str]
    channel: Mapped[str]
    title: Mapped[str] = mapped_column(Sealed)
    content: Mapped[str] = mapped_column(Sealed)
    name: Mapped[str] = mapped_column(Sealed)
    phone: Mapped[str] = mapped_column(Sealed)
    phone_index: Mapped[str]
    area: Mapped[str]
    address: Mapped[str] = mapped_column(Sealed)
    occurred_at: Mapped[dt.datetime | None]
    confidential: Mapped[bool]
    anonymous: Mapped[bool]
    agreed_at: Mapped[dt.datetime | None]  # a confidential citizen lets the departments know him
    anonymised_at: Mapped[dt.datetime | None]  # the retention period is over: no personal data is left
    received_at: Mapped[dt.datetime]
    accepted_at: Mapped[dt.datetime | None]
    closed_at: Mapped[dt.datetime | None]
    category: Mapped[str] = mapped_column(default="")
    suggestion: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default=_NO_FACTS)
    lead: Mapped[str] = mapped_column(default="", server_default="")
    direct_answer: Mapped[str] = mapped_column(Sealed, default="")
    guidance: Mapped[dict[str, Any]] = mapped_column(SealedJson(dict), default=dict, server_default="")
    verdict: Mapped[str] = mapped_column(default="", server_default="")
    verdict_by: Mapped[str] = mapped_column(default="", server_default="")
    excluded_by: Mapped[str] = mapped_column(default="", server_default="")
    parent: Mapped[str] = mapped_column(default="", server_default="")
    call: Mapped[str] = mapped_column(default="", server_default="", index=True)
    created_by: Mapped[str] = mapped_column(default="")
    stuck: Mapped[str] = mapped_column(default="", server_default="")  # the grade while something cannot be got done

    places: Mapped[list["Assignment"]] = relationship(order_by="Assignment.id", lazy="raise_on_sql")
    clocks: Mapped[list["ClockRow"]] = relationship(order_by="ClockRow.id", lazy="raise_on_sql")
    requests: Mapped[list["Request"]] = relationship(order_by="Request.id", lazy="raise_on_sql")
    replies: Mapped[list["ReplyRow"]] = relationship(order_by="ReplyRow.id", lazy="raise_on_sql")
    revisits: Mapped[list["RevisitRow"]] = relationship(order_by="RevisitRow.id", lazy="raise_on_sql")
    ratings: Mapped[list["Rating"]] = relationship(order_by="Rating.id", lazy="raise_on_sql")
    appeals: Mapped[list[Appeal]] = relationship(order_by=Appeal.id, lazy="raise_on_sql")

    __mapper_args__ = {"version_id_col": version, "version_id_generator": False}  # noqa: RUF012 - SQLAlchemy's own spelling
    written_together = frozenset({"version", "state", "accepted_at", "closed_at", "lead"})


class CaseWords(Base):
    """By which words a case is found: keyed hashes of the pairs of letters in title and content, no words."""

    __tablename__ = "case_words"
    __table_args__ = (Index("ix_case_words_words", "words", postgresql_using="gin"),)

    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id", ondelete="CASCADE"), primary_key=True)
    words: Mapped[list[int]] = mapped_column(ARRAY(Integer))


class Assignment(Base):
    """One department's part in one round of a case; the receipt is `delivered_at`."""

    __tablename__ = "assignments"
    __table_args__ = (
        Index("ix_assignments_department", "department", "status", "case_id"),
        Index("ix_assignments_sent", "sent_at", postgresql_include=["again", "reassigned", "status", "department"]),
        Index("ix_assignments_delivered", "delivered_at", postgresql_include=["department"]),
        Index(
            "ix_assignments_returned",
            "returned_at",
            postgresql_include=["department"],
            postgresql_where=text("returned_at IS NOT NULL"),
        ),
        Index("ix_assignments_to_send", "next_try_at", postgresql_where=text("status = 'sent'")),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"), index=True)
    department: Mapped[str]
    part: Mapped[str]
    status: Mapped[str]
    round: Mapped[int]
    sent_at: Mapped[dt.datetime]
    delivered_at: Mapped[dt.datetime | None]
    signed_at: Mapped[dt.datetime | None]
    contacted_at: Mapped[dt.datetime | None]
    replied_at: Mapped[dt.datetime | None]
    returned_at: Mapped[dt.datetime | None]
    opinion: Mapped[str] = mapped_column(Sealed, default="")
    extensions: Mapped[int] = mapped_column(default=0, server_default="0")
    again: Mapped[bool] = mapped_column(default=False, server_default="false")
    reassigned: Mapped[bool] = mapped_column(default=False, server_default="false")  # by a verdict on a return
    tries: Mapped[int] = mapped_column(default=0, server_default="0")  # of the delivery to the department's own system
    next_try_at: Mapped[dt.datetime | None]

    written_together = frozenset({"status", "delivered_at", "signed_at", "contacted_at", "replied_at", "returned_at"})


_COUNTED_CLOCK = ["started_at", "due_at", "stopped_at", "outcome", "extended", "department", "case_id"]
_BY_START = text("clock IN ('sign', 'rectification', 'rectification_complex')")
_BY_STOP = text("clock = 'forward'")
_LATE = text("stopped_at IS NULL OR stopped_at > due_at")


class ClockRow(Base):
    """A running or ended clock. `next_at` is when its next rung is due: the sweep reads only that index."""

    __tablename__ = "clocks"
    __table_args__ = (
        Index("ix_clocks_next", "next_at", postgresql_where=text("next_at IS NOT NULL")),
        Index("ix_clocks_due", "clock", "due_at", postgresql_include=[*_COUNTED_CLOCK, "paused_at"]),
        Index("ix_clocks_start", "clock", "started_at", postgresql_include=_COUNTED_CLOCK, postgresql_where=_BY_START),
        Index("ix_clocks_stop", "clock", "stopped_at", postgresql_include=_COUNTED_CLOCK, postgresql_where=_BY_STOP),
        Index(
            "ix_clocks_late",
            "clock",
            "due_at",
            "id",
            postgresql_where=text("stopped_at IS NULL OR stopped_at > due_at"),
        ),
        Index("ix_clocks_open_due", "due_at", postgresql_where=text("stopped_at IS NULL")),
        Index("ix_clocks_judged", "judged_by", "case_id", postgresql_where=text("stopped_at IS NULL")),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"), index=True)
    clock: Mapped[str]
    department: Mapped[str] = mapped_column(default="", server_default="")
    round: Mapped[int] = mapped_column(default=1, server_default="1")
    started_at: Mapped[dt.datetime]
    due_at: Mapped[dt.datetime]
    stopped_at: Mapped[dt.datetime | None]
    outcome: Mapped[str] = mapped_column(default="", server_default="")
    paused_at: Mapped[dt.datetime | None]
    provisional: Mapped[bool]
    explain: Mapped[str]
    limit_amount: Mapped[int]
    limit_unit: Mapped[str]
    calendar_version: Mapped[str]
    judged_by: Mapped[str] = mapped_column(
        default="", server_default=""
    )  # the policy's stamp; ended clocks keep theirs
    extended: Mapped[bool] = mapped_column(default=False, server_default="false")
    turn: Mapped[int] = mapped_column(default=0, server_default="0")  # how often the deadline was moved to a later one
    next_rung: Mapped[str] = mapped_column(default="", server_default="")
    next_at: Mapped[dt.datetime | None]

    written_together = frozenset({"stopped_at", "outcome", "next_rung", "next_at"})


class RungRow(Base):
    """A rung that fired, and whom it reached: once per rung and deadline of a clock, which its turn tells."""

    __tablename__ = "rungs"
    __table_args__ = (UniqueConstraint("clock_id", "turn", "rung"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    clock_id: Mapped[int] = mapped_column(ForeignKey("clocks.id"))
    turn: Mapped[int] = mapped_column(default=0, server_default="0")
    case_id: Mapped[int] = mapped_column(index=True)
    rung: Mapped[str]
    due_at: Mapped[dt.datetime]
    fired_at: Mapped[dt.datetime]
    reached: Mapped[list[Any]]


class Request(Base):
    """A request that somebody else decides: extension, suspension or return."""

    __tablename__ = "requests"

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"), index=True)
    what: Mapped[str]
    department: Mapped[str]
    by: Mapped[str]
    at: Mapped[dt.datetime]
    reason: Mapped[str] = mapped_column(Sealed)
    suggest: Mapped[str] = mapped_column(default="", server_default="")  # the house that should have it, of a return
    days: Mapped[int] = mapped_column(default=0, server_default="0")
    decided_at: Mapped[dt.datetime | None]
    decided_by: Mapped[str] = mapped_column(default="", server_default="")
    verdict: Mapped[str] = mapped_column(default="", server_default="")
    verdict_reason: Mapped[str] = mapped_column(Sealed, default="", server_default="")


class ReplyRow(Base):
    """What a department answered: internal and public text apart."""

    __tablename__ = "replies"
    __table_args__ = (Index("ix_replies_at", "at", postgresql_include=["department"]),)

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"), index=True)
    round: Mapped[int]
    department: Mapped[str]
    by: Mapped[str]
    at: Mapped[dt.datetime]
    facts: Mapped[str] = mapped_column(Sealed)
    solved: Mapped[bool]
    reason: Mapped[str] = mapped_column(Sealed)
    internal: Mapped[str] = mapped_column(Sealed)
    public: Mapped[str] = mapped_column(Sealed)
    passed_at: Mapped[dt.datetime | None]
    passed_by: Mapped[str] = mapped_column(default="", server_default="")
    sent_back: Mapped[list[Any]] = mapped_column(SealedJson(list), default=list, server_default="")


class RevisitRow(Base):
    """One try to speak to the citizen, reached or not."""

    __tablename__ = "revisits"
    __table_args__ = (
        Index("ix_revisits_at", "at", postgresql_include=["reached", "solved", "satisfaction", "case_id", "round"]),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"), index=True)
    round: Mapped[int]
    at: Mapped[dt.datetime]
    by: Mapped[str]
    reached: Mapped[bool]
    contacted_by_department: Mapped[bool | None]
    solved: Mapped[bool | None]
    satisfaction: Mapped[int | None]
    words: Mapped[str] = mapped_column(Sealed, default="")
    result: Mapped[str] = mapped_column(default="", server_default="")


class Rating(Base):
    """A citizen's own rating: one per service, that is per round."""

    __tablename__ = "ratings"
    __table_args__ = (
        UniqueConstraint("case_id", "round"),
        Index("ix_ratings_at", "at", postgresql_include=["level", "case_id", "round"]),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"))
    round: Mapped[int]
    level: Mapped[int]
    at: Mapped[dt.datetime]
    channel: Mapped[str]
    anonymous: Mapped[bool]
    words: Mapped[str] = mapped_column(Sealed, default="")


class HistoryRow(Base):
    """Append-only: each row carries the hash of the row before it in its case (a trigger refuses changes)."""

    __tablename__ = "history"
    __table_args__ = (
        UniqueConstraint("case_id", "seq"),
        Index("ix_history_at", "at"),
        *(
            Index(f"ix_history_{name}", "at", postgresql_include=["case_id"], postgresql_where=holds)
            for name, holds in COUNTED_STEPS.items()
        ),
        Index("ix_history_unsealed", "id", postgresql_where=text("seal IS NULL")),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"))
    seq: Mapped[int]
    at: Mapped[dt.datetime]
    action: Mapped[str]
    actor: Mapped[str]
    role: Mapped[str]
    department: Mapped[str]
    before: Mapped[str]
    after: Mapped[str]
    facts: Mapped[dict[str, Any]]
    words: Mapped[str] = mapped_column(Sealed, default="")
    words_digest: Mapped[str] = mapped_column(default="")
    previous: Mapped[str]
    hash: Mapped[str]
    seal: Mapped[int | None]


class Seal(Base):
    """A hash over all history rows since the last seal: a removed case breaks it."""

    __tablename__ = "seals"

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[dt.datetime]
    first: Mapped[int]
    last: Mapped[int]
    rows: Mapped[int]
    previous: Mapped[str]
    hash: Mapped[str]
