"""What waits for the centre: one list per tab, what is due first stands first; read page by page in SQL.

A list costs what waits (found by state), not what was ever taken in.
"""

import base64
import datetime as dt
from dataclasses import dataclass
from typing import Any

from sqlalchemy import and_, func, or_, select, tuple_
from sqlalchemy.orm import Session, selectinload
from sqlalchemy.sql import ColumnElement, Select, Subquery

from dispatch import catalogue
from dispatch.routing import owner
from hotline import clock, facts, reading
from hotline.errors import BadInput
from hotline.lifecycle import Actor
from hotline.models import Case, ClockRow, Request
from hotline.timing import timing
from hotline.words import Clock, Role, State
from web import finding, suggest
from web.staff import review

SHOWN_RETURNS = 5
SHOWN_IN_RIBBON = 20
RIBBON = dt.timedelta(hours=1)


@dataclass(frozen=True)
class Tab:
    """A list: the states it shows, the clocks that lead it, whose work it is."""

    label: str
    states: tuple[State, ...]
    clocks: tuple[Clock, ...]
    roles: frozenset[Role]
    empty: str


S, C, R = State, Clock, Role
_SENDERS = frozenset({R.DISPATCHER, R.SUPERVISOR})
_REVIEWERS = frozenset({R.REVIEWER, R.SUPERVISOR})
_RECTIFY = (C.RECTIFICATION, C.RECTIFICATION_COMPLEX)
TABS: dict[str, Tab] = {
    "new": Tab("待转办", (S.RECEIVED, S.ACCEPTED), (C.ACCEPT, C.FORWARD), _SENDERS, "没有等待转办的诉求。"),
    "returns": Tab("退单裁定", (S.RETURNING,), (C.ARBITRATION,), _SENDERS, "没有部门申请退单。"),
    "review": Tab("答复审核", (S.REPLIED,), (C.REVIEW,), _REVIEWERS, "没有等待审核的答复。"),
    "requests": Tab("延期/挂起", (), (C.EXTENSION,), frozenset({R.SUPERVISOR}), "没有等待审批的延期或挂起申请。"),
    "redo": Tab("待重办", (S.RECTIFYING,), _RECTIFY, _SENDERS, "没有等待重办的诉求。"),
}  # fmt: skip


def tabs_of(role: Role) -> dict[str, Tab]:
    """The tabs of a role, in order."""
    return {name: tab for name, tab in TABS.items() if role in tab.roles}


def _waiting(tab: Tab) -> ColumnElement[bool]:
    if tab.states:
        return Case.state.in_([state.value for state in tab.states])
    return Case.id.in_(select(Request.case_id).where(_undecided()))


def _undecided() -> ColumnElement[bool]:
    return and_(Request.what.in_([facts.EXTENSION, facts.SUSPENSION]), Request.decided_at.is_(None))


def counts(session: Session, role: Role) -> dict[str, int]:
    """How many wait in each tab of this role."""
    return {
        name: session.scalar(select(func.count()).select_from(Case).where(_waiting(tab))) or 0
        for name, tab in tabs_of(role).items()
    }


def _dues(tab: Tab) -> Subquery:
    """Case → when its leading clock runs out; a case without such a clock counts from when it came in."""
    leading = and_(
        ClockRow.case_id == Case.id, ClockRow.stopped_at.is_(None), ClockRow.clock.in_([c.value for c in tab.clocks])
    )
    due = select(func.min(ClockRow.due_at)).where(leading).correlate(Case).scalar_subquery()
    return (
        select(Case.id.label("id"), func.coalesce(due, Case.received_at).label("due")).where(_waiting(tab)).subquery()
    )


def _narrowed(found: Select[Case, Any], asked: dict[str, str]) -> Select[Case, Any]:
    """Filters of the address: area, channel, urgency, q (number or words)."""
    for name, column in (("area", Case.area), ("channel", Case.channel), ("urgency", Case.urgency)):
        if asked.get(name):
            found = found.where(column == asked[name])
    words = asked.get("q", "").strip()
    if words:
        found = found.where(or_(Case.number == words, finding.asked(words)))
    return found


def page(session: Session, tab: Tab, actor: Actor, asked: dict[str, str], limit: int) -> tuple[list[dict[str, Any]], str | None]:  # fmt: skip  # noqa: E501
    """(rows, cursor of the next page or None). Raises BadInput `bad_cursor`."""
    dues = _dues(tab)
    found = select(Case, dues.c.due).join(dues, dues.c.id == Case.id).options(selectinload(Case.clocks))
    found = _narrowed(found, asked)
    if asked.get("cursor"):
        due, number = _after(asked["cursor"])
        found = found.where(tuple_(dues.c.due, Case.id) > tuple_(due, number))
    rows = list(session.execute(found.order_by(dues.c.due, Case.id).limit(limit + 1)))
    more = _cursor(rows[limit - 1][0], rows[limit - 1][1]) if len(rows) > limit else None
    shown, words = [case for case, _ in rows[:limit]], asked.get("q", "").strip()
    shown = finding.seen(shown, actor, words) if words and not words.isdigit() else shown
    return [_told(case, actor) for case in shown], more


def _told(case: Case, actor: Actor) -> dict[str, Any]:
    said = {
        name: case.suggestion.get(name, "")
        for name in ("category_name", "department", "department_name", "confidence", "reason")
    }
    return reading.brief(case, actor) | {"suggestion": said}


def _cursor(case: Case, due: dt.datetime) -> str:
    return base64.urlsafe_b64encode(f"{due.isoformat()}|{case.id}".encode()).decode()


def _after(cursor: str) -> tuple[dt.datetime, int]:
    try:
        due, _, number = base64.urlsafe_b64decode(cursor.encode()).decode().partition("|")
        return dt.datetime.fromisoformat(due), int(number)
    except ValueError:
        raise BadInput("bad_cursor", "分页标记不对。", {"cursor": "不对"}) from None


def to_fallback(session: Session, actor: Actor, now: dt.datetime) -> list[dict[str, Any]]:
    """What the system itself will send to the fallback owner within the hour, the first of it first (rules.md §3)."""
    early = dt.timedelta(minutes=timing().policy.fallback_minutes_before)
    going = and_(ClockRow.clock == Clock.FORWARD.value, ClockRow.stopped_at.is_(None))
    open_yet = Case.state.in_([S.RECEIVED.value, S.ACCEPTED.value])
    rows = select(Case, ClockRow.due_at).join(ClockRow, ClockRow.case_id == Case.id).where(going, open_yet)
    rows = rows.where(ClockRow.due_at <= now + early + RIBBON).order_by(ClockRow.due_at).limit(SHOWN_IN_RIBBON)
    book, names = catalogue.book(), suggest.names()["department"]
    return [
        {
            "number": case.number,
            "title": reading.words(case, actor, case.title),
            "at": clock.iso(due - early),
            "department_name": names.get(owner(book, case.area), ""),
        }
        for case, due in session.execute(rows)
    ]


def beside(session: Session, case: Case) -> dict[str, Any]:
    """What a decision about this case needs beside its text."""
    return {
        "choices": _choices(case),
        "requests": _requests(session, Request.case_id == case.id, Request.decided_at.is_(None)),
        "returned": _returned(session, case),
        "review": review.beside(session, case, clock.now()) if case.state == State.REPLIED else None,
    }


def _choices(case: Case) -> list[dict[str, Any]]:
    """Up to three categories with department, reason and the words that spoke for them, the surest first.

    Asked again where none could be given at intake.
    """
    kept = case.suggestion.get("top") or suggest.suggest(f"{case.title}\n{case.content}", case.area)["top"]
    chosen = case.suggestion.get("category", "")
    first = [suggest.by_category(chosen, case.area)] if chosen and all(c["category"] != chosen for c in kept) else []
    three = [*first, *kept][:3]
    moved = suggest.words(case.content, [one["category"] for one in three])
    return [one | {"words": moved[one["category"]]} for one in three]


def _returned(session: Session, case: Case) -> list[dict[str, Any]]:
    """Returns of the same category, newest first: who gave what back and why."""
    same = Request.case_id.in_(select(Case.id).where(Case.category == case.category, Case.id != case.id))
    if not case.category:
        return []
    return _requests(session, Request.what == facts.RETURN, same)


def _requests(session: Session, *wanted: ColumnElement[bool]) -> list[dict[str, Any]]:
    rows = select(Request, Case.number).join(Case, Case.id == Request.case_id).where(*wanted)
    found = list(session.execute(rows.order_by(Request.id.desc()).limit(SHOWN_RETURNS)))
    names, people = suggest.names()["department"], reading.people(session, (row.by for row, _ in found))
    return [
        {
            "what": row.what,
            "number": number,
            "department": row.department,
            "department_name": names.get(row.department, row.department),
            "by": row.by,
            "by_name": people.get(row.by, row.by),
            "at": row.at.isoformat(),
            "reason": row.reason,
            "suggest": row.suggest,
            "suggest_name": names.get(row.suggest, row.suggest),
            "days": row.days,
            "verdict": row.verdict,
            "verdict_reason": row.verdict_reason,
        }
        for row, number in found
    ]
