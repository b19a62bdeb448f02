"""A department's desk: its own cases by what is due first, and what was there before at the same place."""

import base64
import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Response, jsonify, render_template, request
from sqlalchemy import ColumnElement, DateTime, Text, and_, exists, func, literal, or_, select, type_coerce
from sqlalchemy.orm import Session, selectinload
from sqlalchemy.sql import Select

from hotline import clock, db, reading
from hotline.city_models import Department
from hotline.errors import BadInput
from hotline.facts import EXTENSION
from hotline.ladder import DEPARTMENT_CLOCKS
from hotline.lifecycle import Actor
from hotline.models import Assignment, Case, ClockRow, ReplyRow, Request
from hotline.words import DEPARTMENT, Clock, Delivery, State
from web import access

department = Blueprint("department", __name__)
PAGE = 40
MOST_COUNTED = 999
NEIGHBOURS = 80
SHOWN_NEIGHBOURS = 6
_NEVER = dt.datetime(9999, 1, 1, tzinfo=dt.UTC)
_AT_WORK = [state.value for state in (State.FORWARDED, State.HANDLING, State.RETURNING, State.SUSPENDED)]
_DUTIES = [name.value for name in DEPARTMENT_CLOCKS]
_Where = Callable[[str, dt.datetime], ColumnElement[bool]]


@dataclass(frozen=True)
class Tab:
    """One tab: its name, what it means, and which of the department's parts it holds."""

    label: str
    hint: str
    holds: _Where
    newest_first: bool = False


def _open_clock(code: str) -> ColumnElement[bool]:
    """A running clock of this department's duty on the case."""
    return and_(
        ClockRow.case_id == Case.id,
        ClockRow.department == code,
        ClockRow.stopped_at.is_(None),
        ClockRow.clock.in_(_DUTIES),
    )


def _working(*statuses: Delivery) -> ColumnElement[bool]:
    return and_(Assignment.status.in_([s.value for s in statuses]), Case.state.in_(_AT_WORK))


def _end_of_tomorrow(now: dt.datetime) -> dt.datetime:
    return clock.local(now).replace(hour=0, minute=0, second=0, microsecond=0) + dt.timedelta(days=2)


def _due_soon(code: str, now: dt.datetime) -> ColumnElement[bool]:
    """Also what is due today or overdue: hiding the worst would be no help."""
    soon = exists().where(_open_clock(code), ClockRow.paused_at.is_(None), ClockRow.due_at < _end_of_tomorrow(now))
    return and_(_working(Delivery.DELIVERED, Delivery.SIGNED), soon)


def _late(code: str, now: dt.datetime) -> ColumnElement[bool]:
    """The overdue ones among those."""
    late = exists().where(_open_clock(code), ClockRow.paused_at.is_(None), ClockRow.due_at < now)
    return and_(_working(Delivery.DELIVERED, Delivery.SIGNED), late)


def _to_correct(code: str, _now: dt.datetime) -> ColumnElement[bool]:
    """Asked to be taken back, sent back by the review, or ordered to be done again."""
    sent_back = exists().where(
        ReplyRow.case_id == Case.id,
        ReplyRow.round == Case.round,
        ReplyRow.department == code,
        type_coerce(ReplyRow.sent_back, Text) != "",  # sealed, but empty where nothing was
    )
    again = and_(_working(Delivery.DELIVERED, Delivery.SIGNED), Assignment.again)
    return or_(_working(Delivery.RETURNING), again, and_(_working(Delivery.SIGNED), sent_back))


def _extended(code: str, _now: dt.datetime) -> ColumnElement[bool]:
    """An extension was asked for and is undecided, or was granted and still runs."""
    asked = exists().where(
        Request.case_id == Case.id,
        Request.what == EXTENSION,
        Request.department == code,
        Request.decided_at.is_(None),
    )
    granted = exists().where(_open_clock(code), ClockRow.extended)
    return and_(_working(Delivery.DELIVERED, Delivery.SIGNED), or_(asked, granted))


TABS: dict[str, Tab] = {
    "sign": Tab("待签收", "已送达、还没有签收的诉求", lambda _c, _n: _working(Delivery.SENT, Delivery.DELIVERED)),
    "working": Tab("办理中", "已签收、还没有答复的诉求", lambda _c, _n: _working(Delivery.SIGNED)),
    "tomorrow": Tab("临期/超期", "明天下班前到期的，含今天到期和已超期；■ 后面是已超期的", _due_soon),
    "correct": Tab("退改", "申请退单待裁定、审核退回和重办的诉求", _to_correct),
    "extended": Tab("延期中", "延期待审批和已延期的诉求", _extended),
    "replied": Tab(
        "已答复", "本轮已答复的诉求，新的在前", lambda _c, _n: Assignment.status == Delivery.REPLIED, newest_first=True
    ),
}


def _own(holds: _Where, code: str, now: dt.datetime) -> ColumnElement[bool]:
    return and_(Assignment.department == code, Assignment.round == Case.round, holds(code, now))


def _count(session: Session, holds: _Where, code: str, now: dt.datetime) -> int:
    """At most one more than is shown: the cost does not grow with the years."""
    found = select(Assignment.id).join(Case, Case.id == Assignment.case_id).where(_own(holds, code, now))
    return session.scalar(select(func.count()).select_from(found.limit(MOST_COUNTED + 1).subquery())) or 0


def _page(tab: Tab, code: str, now: dt.datetime, cursor: str) -> Select[Case, dt.datetime, str]:
    due = select(func.min(ClockRow.due_at)).where(_open_clock(code)).correlate(Case).scalar_subquery()
    key = func.coalesce(due, literal(_NEVER, DateTime(timezone=True)))
    rows = select(Case, key, Assignment.status).join(Assignment, Assignment.case_id == Case.id)
    rows = rows.where(_own(tab.holds, code, now)).options(selectinload(Case.clocks), selectinload(Case.places))
    if tab.newest_first:
        before = [Assignment.case_id < _after(cursor)[1]] if cursor else []
        return rows.where(*before).order_by(Assignment.case_id.desc())
    if cursor:
        at, last = _after(cursor)
        rows = rows.where(or_(key > at, and_(key == at, Case.id > last)))
    return rows.order_by(key, Case.id)


def _after(cursor: str) -> tuple[dt.datetime, int]:
    try:
        at, _, last = base64.urlsafe_b64decode(cursor.encode()).decode().partition("|")
        return dt.datetime.fromisoformat(at), int(last)
    except ValueError:
        raise BadInput("bad_cursor", "分页标记不对。", {"cursor": "不对"}) from None


def _cursor(at: dt.datetime, last: int) -> str:
    return base64.urlsafe_b64encode(f"{at.isoformat()}|{last}".encode()).decode()


def _row(case: Case, status: str, actor: Actor) -> dict[str, Any]:
    """The case in a line, with only the clocks that are this department's own."""
    told = reading.brief(case, actor)
    mine = [row for row in told["clocks"] if row["department"] == actor.department and row["clock"] != Clock.RETURN]
    own = {"status": status, "status_label": Delivery(status).label, "confidential": case.confidential}
    return told | own | {"clocks": mine}


@department.get("/department")
def page() -> str:
    """The department's desk."""
    actor = access.staff(*DEPARTMENT)
    with db.session() as session:
        house = session.get(Department, actor.department)
    name = house.name if house else actor.department
    return render_template("staff/department.html", tabs=TABS, house=name)


@department.get("/department/list")
def listed() -> Response:
    """`{items, next, counts, late}` of one tab of the reader's own department, what is due first in front."""
    actor = access.staff(*DEPARTMENT)
    tab = TABS.get(request.args.get("tab", "sign"))
    if tab is None:
        raise BadInput("unknown_tab", "没有这个页签。", {"tab": "没有这个页签"})
    now, code = clock.now(), actor.department
    with db.session() as session:
        rows = session.execute(_page(tab, code, now, request.args.get("cursor", "")).limit(PAGE + 1)).all()
        items = [_row(case, status, actor) for case, _, status in rows[:PAGE]]
        more = _cursor(rows[PAGE - 1][1], rows[PAGE - 1][0].id) if len(rows) > PAGE else None
        counts = {name: _count(session, one.holds, code, now) for name, one in TABS.items()}
        late = _count(session, _late, code, now)
    return jsonify({"items": items, "next": more, "counts": counts, "late": late, "as_of": clock.iso(now)})


def _neighbours(session: Session, case: Case, actor: Actor) -> list[Case]:
    rows = select(Case).where(Case.category == case.category, Case.area == case.area, Case.id < case.id)
    if actor.department:
        own = (Assignment.department == actor.department, Assignment.status != Delivery.RETURNED.value)
        rows = rows.where(exists().where(Assignment.case_id == Case.id, *own))
    rows = rows.options(selectinload(Case.clocks)).order_by(Case.id.desc()).limit(NEIGHBOURS)
    return list(session.scalars(rows))


def _same_place(one: str, other: str) -> bool:
    """The same address, or one written inside the other; addresses are sealed, so they are compared here."""
    a, b = "".join(one.split()), "".join(other.split())
    return bool(a and b) and (a in b or b in a)


@department.get("/department/around/<number>")
def around(number: str) -> Response:
    """Earlier cases the reader may see: the same address first, then the same matter in the same area."""
    with db.session() as session:
        case, actor = access.visible_case(session, number)
        found = [
            (not _same_place(case.address, one.address), -one.id, one) for one in _neighbours(session, case, actor)
        ]
        nearest = sorted(found, key=lambda row: row[:2])[:SHOWN_NEIGHBOURS]
        items = [reading.brief(one, actor) | {"same_place": not elsewhere} for elsewhere, _, one in nearest]
    return jsonify({"items": items, "next": None})
