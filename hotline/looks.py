"""Each look at a person who asked not to be known: why, by whom, when. Written before anything is shown, never changed.

A look opens the person for the answer it is asked in, and the files of the case for half an hour (rules.md §7).
"""

import datetime as dt
from typing import Annotated, Any

from pydantic import Field
from sqlalchemy import Index, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from hotline import cases, clock, persons
from hotline.db import Base
from hotline.errors import BadInput, Forbidden
from hotline.given import Given
from hotline.lifecycle import Actor
from hotline.models import Case
from hotline.privacy import Sealed
from hotline.unit import Unit
from hotline.words import Look, Role

OPEN_FOR = dt.timedelta(minutes=30)


class LookGiven(Given):
    """Why: one of the list, and words where the list does not say it."""

    reason: Look
    words: Annotated[str, Field(max_length=500)] = ""


class LookRow(Base):
    """One look. A trigger refuses changes, as at the history."""

    __tablename__ = "looks"
    __table_args__ = (Index("ix_looks_case", "case_number", "id"), Index("ix_looks_by", "by", "id"))

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[dt.datetime]
    case_number: Mapped[str]
    by: Mapped[str]
    role: Mapped[str]
    department: Mapped[str] = mapped_column(default="", server_default="")
    reason: Mapped[str]
    words: Mapped[str] = mapped_column(Sealed, default="")


def look(unit: Unit, case: Case, actor: Actor, given: LookGiven) -> dict[str, Any]:
    """Notes the look, then gives the person with the matter as he told it.

    Raises Forbidden where even a reason does not open it, BadInput `words_missing` for 其他 without words.
    """
    if actor.role is Role.CITIZEN or not persons.may_look(case, actor):
        raise Forbidden("person_closed", "诉求人要求保密，未经其本人同意，不能查看身份。")
    if given.reason is Look.OTHER and not given.words:
        raise BadInput("words_missing", "选“其他”的，请写明查看理由。", {"words": "缺少此项"})
    said = {"reason": given.reason.value, "words": given.words, "department": actor.department}
    who = {"at": unit.now, "by": actor.name, "role": actor.role.value}
    unit.session.add(LookRow(case_number=case.number, **said, **who))
    shown = {"name": case.name, "phone": case.phone, "address": case.address}
    return shown | {"title": case.title, "content": case.content, "until": clock.iso(unit.now + OPEN_FOR)}


def agree(unit: Unit, case: Case, actor: Actor, *, agrees: bool) -> None:
    """The citizen himself lets the departments of his locked case know him, or takes that back.

    Raises Forbidden for anybody else, BadInput `not_confidential` where he is known anyway.
    """
    if actor.role is not Role.CITIZEN:
        raise Forbidden("not_allowed", "只有诉求人本人可以同意公开身份。")
    if not case.confidential or case.anonymous:
        raise BadInput("not_confidential", "这件诉求没有要求保密，或没有留下身份。")
    case.agreed_at = unit.now if agrees else None
    cases.note(unit, case, "agree", {"agrees": agrees}, actor)


def lately(session: Session, case: Case, actor: Actor, now: dt.datetime) -> bool:
    """Whether this reader has stated a reason within the last half hour."""
    mine = (LookRow.case_number == case.number, LookRow.by == actor.name, LookRow.at > now - OPEN_FOR)
    return session.scalar(select(LookRow.id).where(*mine).limit(1)) is not None


def listed(session: Session, case: str, by: str, before: int, most: int) -> list[dict[str, Any]]:
    """Looks at one case or by one person where named, the newest first, older than the id `before` where given."""
    rows = select(LookRow).order_by(LookRow.id.desc()).limit(most)
    rows = rows.where(LookRow.case_number == case) if case else rows
    rows = rows.where(LookRow.by == by) if by else rows
    rows = rows.where(LookRow.id < before) if before else rows
    return [_told(row) for row in session.scalars(rows)]


def _told(row: LookRow) -> dict[str, Any]:
    return {
        "id": row.id,
        "at": clock.iso(row.at),
        "case": row.case_number,
        "by": row.by,
        "role": row.role,
        "role_label": Role(row.role).label,
        "department": row.department,
        "reason": row.reason,
        "reason_label": Look(row.reason).label,
        "words": row.words,
    }
