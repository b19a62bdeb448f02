"""Beside a department's list: when the offices are open, and for its head what left the house today."""

import datetime as dt
from typing import Any

from flask import Response, jsonify
from sqlalchemy import func, select

from hotline import clock, db, reading
from hotline.attachment_models import Attachment
from hotline.errors import BadInput
from hotline.lifecycle import Actor
from hotline.models import Case, ReplyRow
from hotline.timing import timing
from hotline.words import DEPARTMENT, Attached, Role
from web import access
from web.errors import when
from web.staff.department import department

MOST_DAYS = 120
MOST_REPLIES = 200


@department.get("/department/hours")
def hours() -> Response:
    """Office hours as `[begin, end]` instants between `from` and `to`, at most 120 days of them."""
    access.staff(*DEPARTMENT)
    begin, end = when("from"), when("to")
    if not begin <= end <= begin + dt.timedelta(days=MOST_DAYS):
        raise BadInput("bad_time", f"时间范围要在 {MOST_DAYS} 天以内。", {"to": "超出范围"})
    calendar = timing().calendar
    days = (clock.local(begin).date() + dt.timedelta(days=n) for n in range(MOST_DAYS + 2))
    spans = [calendar.spans(day) for day in days if day <= clock.local(end).date()]
    items = [[clock.iso(one), clock.iso(other)] for open_ in spans for one, other in open_]
    return jsonify({"items": items, "next": None})


def _said(row: ReplyRow) -> tuple[str, str]:
    """Where the reply stands: a mark and its words."""
    if row.passed_at is not None:
        return "passed", "已通过审核"
    return ("sent_back", "审核退回") if row.sent_back else ("waiting", "等待热线审核")


def _outgoing(row: ReplyRow, case: Case, files: int, actor: Actor) -> dict[str, Any]:
    state, label = _said(row)
    about = {"number": case.number, "title": reading.words(case, actor, case.title), "by": row.by}
    told = {"at": clock.iso(row.at), "solved": row.solved, "facts": row.facts, "public": row.public, "files": files}
    return about | told | {"state": state, "state_label": label}


@department.get("/department/outgoing")
def outgoing() -> Response:
    """The replies that left the head's own house today (Asia/Shanghai), the newest first; he reads, he calls nothing
    back: what was handed in is the centre's to pass or send back."""
    actor = access.staff(Role.HEAD)
    today = clock.local(clock.now()).replace(hour=0, minute=0, second=0, microsecond=0)
    files = (
        select(func.count())
        .where(Attachment.case_id == ReplyRow.case_id, Attachment.department == ReplyRow.department)
        .where(Attachment.round == ReplyRow.round, Attachment.purpose == Attached.REPLY.value)
        .correlate(ReplyRow)
        .scalar_subquery()
    )
    rows = select(ReplyRow, Case, files).join(Case, Case.id == ReplyRow.case_id)
    rows = rows.where(ReplyRow.department == actor.department, ReplyRow.at >= today).order_by(ReplyRow.id.desc())
    with db.session() as session:
        found = session.execute(rows.limit(MOST_REPLIES)).all()
        items = [_outgoing(row, case, count, actor) for row, case, count in found]
    return jsonify({"items": items, "next": None})
