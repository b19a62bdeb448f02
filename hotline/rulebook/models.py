"""The tables of the rulebook. A version is never changed and never removed: a trigger refuses it."""

import datetime as dt
from typing import Any

from sqlalchemy import Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from hotline.db import Base


class RuleVersion(Base):
    """One version of a profile (`policy`, by name) or of a year's notice (`calendar`, by year), as TOML text.

    In force is the highest number whose `valid_from` has come.
    """

    __tablename__ = "rule_versions"
    __table_args__ = (UniqueConstraint("what", "name", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    what: Mapped[str]
    name: Mapped[str]
    number: Mapped[int]
    content: Mapped[str]
    reason: Mapped[str]
    by: Mapped[str]
    approved_by: Mapped[str]
    at: Mapped[dt.datetime]
    valid_from: Mapped[dt.datetime]


class RuleDraft(Base):
    """A change that is written, previewed and decided by a second person. `base` is the version it started from."""

    __tablename__ = "rule_drafts"
    __table_args__ = (Index("ix_rule_drafts_state", "state", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    what: Mapped[str]
    name: Mapped[str]
    base: Mapped[int]
    content: Mapped[str]
    reason: Mapped[str]
    valid_from: Mapped[dt.datetime | None]
    by: Mapped[str]
    at: Mapped[dt.datetime]
    state: Mapped[str]
    version: Mapped[int] = mapped_column(default=1, server_default="1")
    decided_by: Mapped[str] = mapped_column(default="", server_default="")
    decided_at: Mapped[dt.datetime | None]
    decision: Mapped[str] = mapped_column(default="", server_default="")


class RuleJob(Base):
    """Work over all open clocks: a draft's preview, or the re-judgement by what is in force; `done` of `total` cases.

    `stamp` names the rules judged by; `found` what was seen so far; `after` how far a preview has come.
    """

    __tablename__ = "rule_jobs"
    __table_args__ = (Index("ix_rule_jobs_running", "id", postgresql_where=text("ended_at IS NULL")),)

    id: Mapped[int] = mapped_column(primary_key=True)
    what: Mapped[str]
    draft_id: Mapped[int | None] = mapped_column(index=True)
    stamp: Mapped[str]
    against: Mapped[str] = mapped_column(default="", server_default="")  # what was in force when a preview began
    total: Mapped[int]
    done: Mapped[int] = mapped_column(default=0, server_default="0")
    after: Mapped[list[Any]] = mapped_column(default=list, server_default=text("'[]'::jsonb"))
    found: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default=text("'{}'::jsonb"))
    started_at: Mapped[dt.datetime]
    ended_at: Mapped[dt.datetime | None]
    outcome: Mapped[str] = mapped_column(default="", server_default="")
